/** The server's time, for everything on a page that counts. */
import { onScopeDispose, ref, type Ref } from 'vue'
import { createServerClock } from '@/model/clock'

export const serverClock = createServerClock(
  () => performance.now(),
  () => Date.now(),
)

/** The server's time in milliseconds, stepping once a second, on the second. */
export function useNow(): { now: Readonly<Ref<number>>; refresh: () => void } {
  const now = ref(serverClock.now())
  let timer = 0
  const refresh = () => {
    now.value = serverClock.now()
    window.clearTimeout(timer)
    timer = window.setTimeout(refresh, 1000 - (now.value % 1000) + 5)
  }
  refresh()
  onScopeDispose(() => window.clearTimeout(timer))
  return { now, refresh }
}
