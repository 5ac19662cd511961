/** Rings and vibrates as long as somebody waits for an answer. */
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import type { Alert } from '@/api/types'
import { playBurst } from '@/media/voice'
import { levelOf } from '@/model/levels'

/** From one burst to the next. */
const EVERY_MS = 4_000
/** Silence is temporary: who has not answered is rung up again. */
export const HUSH_MS = 30_000
const SHAKE_MS = [500, 150, 500, 150, 500]

/** `ringing`: the alert it rings for, null for silence. */
export function useRing(ringing: Readonly<Ref<Alert | null>>, now: Readonly<Ref<number>>) {
  const context = new AudioContext()
  const running = ref(context.state === 'running')
  const hushedAt = ref<number | null>(null)
  let played = ''

  context.onstatechange = () => (running.value = context.state === 'running')
  // A browser gives sound only after somebody touched the page: any touch will do.
  const wake = () => void context.resume()
  window.addEventListener('pointerdown', wake)
  onScopeDispose(() => {
    window.removeEventListener('pointerdown', wake)
    stopShaking()
    void context.close()
  })

  const stopShaking = () => navigator.userActivation?.hasBeenActive && navigator.vibrate?.(0)
  /** How long it is still hushed, in milliseconds. */
  const hushed = computed(() => (hushedAt.value === null ? 0 : Math.max(0, hushedAt.value + HUSH_MS - now.value)))

  watch([ringing, now], () => {
    const alert = ringing.value
    if (!alert || hushed.value > 0) {
      if (played) stopShaking()
      played = ''
      return
    }
    const burst = `${alert.id}/${Math.floor(now.value / EVERY_MS)}`
    if (burst === played) return
    played = burst
    const level = levelOf(alert)
    playBurst(context, level === 4 ? 3 : level)
    // Before the first touch browsers refuse it, with a warning each time.
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(SHAKE_MS)
  })
  // Another alert breaks the hush.
  watch(
    () => ringing.value?.id,
    () => (hushedAt.value = null),
  )

  return { running, hushed, hush: () => (hushedAt.value = now.value), wake }
}

export type Ring = ReturnType<typeof useRing>
