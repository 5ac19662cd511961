/** What a silence is about, in the names of the place. */
import type { Camera, Grids, Silence } from '@/api/types'

/** The camera's or the grid's name; its id or code where it is not known. */
export function silencedPlace(silence: Silence, cameras: readonly Camera[], grids: Grids | null): string {
  const { camera, grid } = silence.scope
  const cameraName = camera === null ? null : (cameras.find(({ id }) => id === camera)?.short_name ?? camera)
  const known = grids?.features.find(({ properties }) => properties.code === grid)
  const gridName = grid === null ? null : (known?.properties.name ?? grid)
  return [gridName, cameraName].filter((name) => name !== null).join(' · ')
}
