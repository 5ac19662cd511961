/** How large a character must be for the room a screen hangs in. */

export interface Room {
  /** Diagonal of a 16:9 screen in inches. */
  diagonal: number
  /** Distance of the farthest reader in metres. */
  distance: number
}

/** A 汉字 of Noto Sans SC fills this share of its font size. */
const FACE = 0.89
/** Width of a 16:9 screen by its diagonal. */
const WIDTH_BY_DIAGONAL = 0.8716
const MM_PER_INCH = 25.4
/** Half the angle a character must fill to be read without effort: 20 minutes of arc in all. */
const HALF_ANGLE = (10 / 60) * (Math.PI / 180)

/** `u` for a room, in device pixels of a screen that is `widthPx` of them wide. */
export function roomUnit(room: Room, widthPx: number): number {
  const pitchMm = (room.diagonal * MM_PER_INCH * WIDTH_BY_DIAGONAL) / widthPx
  return (2 * room.distance * 1000 * Math.tan(HALF_ANGLE)) / pitchMm / FACE
}

/** `u` for an ordinary window that is read from a desk, in CSS pixels: 18 at 1920×1080. */
export function deskUnit(width: number, height: number): number {
  return Math.max(14, 18 * Math.min(width / 1920, height / 1080))
}

/** The room named by `?diag=55&dist=5` (inches, metres), or null where it is not named or not a room. */
export function parseRoom(search: URLSearchParams): Room | null {
  const diagonal = Number(search.get('diag'))
  const distance = Number(search.get('dist'))
  const fits = diagonal >= 5 && diagonal <= 500 && distance >= 0.3 && distance <= 50
  return fits ? { diagonal, distance } : null
}

/** Below this many `u` of width a screen shows few, large lines. */
export const FAR_WIDTH_U = 60
