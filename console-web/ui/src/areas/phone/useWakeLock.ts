/** Keeps the screen on while there is something to do. */
import { onScopeDispose, watch, type Ref } from 'vue'

export function useWakeLock(wanted: Readonly<Ref<boolean>>): void {
  let lock: WakeLockSentinel | null = null
  const release = () => {
    void lock?.release()
    lock = null
  }
  const follow = async () => {
    if (!wanted.value) return release()
    if (lock && !lock.released) return undefined
    if (document.visibilityState !== 'visible' || !navigator.wakeLock) return undefined
    // Refused where the battery is low: the screen then goes dark as it does otherwise.
    lock = await navigator.wakeLock.request('screen').catch(() => null)
    return undefined
  }
  const again = () => void follow()
  watch(wanted, again, { immediate: true })
  // The browser takes it away whenever the page is hidden.
  document.addEventListener('visibilitychange', again)
  onScopeDispose(() => {
    document.removeEventListener('visibilitychange', again)
    release()
  })
}
