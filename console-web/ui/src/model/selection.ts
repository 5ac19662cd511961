/** Which alert stands in the middle of the wall. */
import type { Standing } from './board'

/** A choice is forgotten after this long without a key or a click: a wall has no one standing at it. */
export const PIN_MS = 120_000

/** The alert somebody chose, and until when the choice holds. */
export interface Pin {
  readonly id: number
  readonly until: number
}

/** The chosen alert while the choice holds and the alert is on the wall, else the top of the stack. */
export function selected(list: readonly Standing[], pin: Pin | null, now: number): Standing | null {
  const pinned = pin && now < pin.until ? list.find(({ alert }) => alert.id === pin.id) : undefined
  return pinned ?? list[0] ?? null
}

/** The id `step` places below (above, if negative) the current one; stays at the ends. */
export function neighbour(list: readonly Standing[], current: number | null, step: 1 | -1): number | null {
  const index = list.findIndex(({ alert }) => alert.id === current)
  const next = Math.min(list.length - 1, Math.max(0, index + step))
  return list[next]?.alert.id ?? null
}
