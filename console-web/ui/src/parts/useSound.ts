/** Sounds new alerts, as long as somebody lets it. */
import { computed, onScopeDispose, ref, watch, type Ref } from 'vue'
import type { Standing } from '@/model/board'
import { playBurst } from '@/media/voice'
import { dueBurst, MUTE_MS, sirenBurst } from '@/model/sound'

/** `off`: the browser gives no sound until somebody clicks; `muted`: for `left` milliseconds more. */
export type Sound = { kind: 'off' } | { kind: 'on' } | { kind: 'muted'; left: number }

export function useSound(
  list: Readonly<Ref<readonly Standing[]>>,
  now: Readonly<Ref<number>>,
  /** The chain from the cameras to this screen is broken somewhere. */
  broken: Readonly<Ref<boolean>>,
) {
  const context = new AudioContext()
  const running = ref(context.state === 'running')
  const mutedAt = ref<number | null>(null)
  let played = ''

  context.onstatechange = () => (running.value = context.state === 'running')
  onScopeDispose(() => void context.close())

  const sound = computed<Sound>(() => {
    if (!running.value) return { kind: 'off' }
    const left = mutedAt.value === null ? 0 : mutedAt.value + MUTE_MS - now.value
    return left > 0 ? { kind: 'muted', left } : { kind: 'on' }
  })

  watch([list, now], () => {
    const since = mutedAt.value
    // Somebody in mortal danger is heard through a mute.
    if (since !== null && list.value.some((item) => item.level === 1 && item.announcing && item.announced > since)) {
      mutedAt.value = null
    }
    const burst = broken.value ? sirenBurst(now.value) : dueBurst(list.value, now.value)
    if (!burst || burst.key === played) return
    played = burst.key
    if (sound.value.kind === 'on') playBurst(context, burst.level)
  })

  /** Asks the browser for sound if it gives none, else mutes for two minutes or ends the mute. */
  function toggle(): void {
    if (!running.value) void context.resume()
    else mutedAt.value = sound.value.kind === 'muted' ? null : now.value
  }

  return { sound, toggle }
}
