/** Which cameras look at the same place from elsewhere. */
import type { Camera } from '@/api/types'

/** How many neighbours have a key. */
export const NEIGHBOURS = 5

const EARTH_RADIUS_M = 6_371_000
const radians = (degrees: number) => (degrees * Math.PI) / 180

interface Spot {
  lon: number | null
  lat: number | null
}

/** Metres over ground between two points in WGS-84 degrees; null where one of them is not known. */
export function groundDistance(a: Spot, b: Spot): number | null {
  if (a.lon === null || a.lat === null || b.lon === null || b.lat === null) return null
  // Over a street the earth is flat to a millimetre.
  const x = radians(b.lon - a.lon) * Math.cos(radians((a.lat + b.lat) / 2))
  const y = radians(b.lat - a.lat)
  return Math.hypot(x, y) * EARTH_RADIUS_M
}

export interface Near {
  readonly camera: Camera
  readonly metres: number
}

/** The cameras next to one, nearest first. */
export function nearest(from: Spot & { id: string }, cameras: readonly Camera[]): Near[] {
  return cameras
    .flatMap((camera) => {
      const metres = camera.id === from.id || camera.state === 'disabled' ? null : groundDistance(from, camera)
      return metres === null ? [] : [{ camera, metres }]
    })
    .toSorted((a, b) => a.metres - b.metres)
    .slice(0, NEIGHBOURS)
}
