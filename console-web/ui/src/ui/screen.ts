/** Applies room.ts to this window and keeps it applied. */
import { ref, type Ref } from 'vue'
import { deskUnit, FAR_WIDTH_U, parseRoom, roomUnit } from './room'

const far = ref(false)
const unit = ref(16)

/** `u` in the hand, in CSS pixels. */
const HAND_UNIT = 16

/** Sets `--u` and the density on the document, now and whenever the window changes. `hand`: a phone, whatever its size. */
export function followScreen(hand: boolean): void {
  if (hand) {
    document.documentElement.style.setProperty('--u', `${HAND_UNIT}px`)
    document.documentElement.dataset.density = 'hand'
    return
  }
  const room = parseRoom(new URLSearchParams(location.search))
  const apply = () => {
    const dpr = window.devicePixelRatio
    unit.value = room
      ? roomUnit(room, window.screen.width * dpr) / dpr
      : deskUnit(window.innerWidth, window.innerHeight)
    far.value = window.innerWidth / unit.value < FAR_WIDTH_U
    const root = document.documentElement
    root.style.setProperty('--u', `${unit.value}px`)
    root.dataset.density = far.value ? 'far' : 'near'
  }
  apply()
  window.addEventListener('resize', apply)
}

/** Whether the screen is read from far, and `u` in CSS pixels. */
export function useScreen(): { far: Readonly<Ref<boolean>>; unit: Readonly<Ref<number>> } {
  return { far, unit }
}
