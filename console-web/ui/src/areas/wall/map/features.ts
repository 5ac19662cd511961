/** What the map shows, as GeoJSON made from what the wall knows. Pure. */
import type { FeatureCollection, Point, Polygon, Position } from 'geojson'
import type { Alert, Camera, Grids } from '@/api/types'
import type { Standing } from '@/model/board'
import type { Level } from '@/model/levels'

export interface MarkProperties {
  /** Name of the image: a camera's state or an alert's level. */
  image: string
  /** Higher is drawn above. */
  order: number
  /** Written beside the mark; empty for cameras without an alert. */
  name: string
}

/** One point a camera that has a position; with an open alert it is the mark of its level instead. */
export function markFeatures(
  cameras: readonly Camera[],
  list: readonly Standing[],
  current: Alert | null,
): FeatureCollection<Point, MarkProperties> {
  const levels = new Map<string, Level>()
  for (const { alert, level, over, silent } of list) {
    const known = levels.get(alert.camera.id)
    if (!over && !silent && (known === undefined || level < known)) levels.set(alert.camera.id, level)
  }
  return {
    type: 'FeatureCollection',
    features: cameras.flatMap((camera) => {
      if (typeof camera.lon !== 'number' || typeof camera.lat !== 'number') return []
      const level = levels.get(camera.id)
      const chosen = camera.id === current?.camera.id
      const properties: MarkProperties = {
        image: level ? `level-${level}` : `camera-${camera.state}`,
        order: (level ? 10 - level : 0) + (chosen ? 10 : 0),
        name: level ? camera.short_name : '',
      }
      return [{ type: 'Feature', geometry: { type: 'Point', coordinates: [camera.lon, camera.lat] }, properties }]
    }),
  }
}

/** By code the grids that answer for an open alert: the highest level, and whether it is the alert in the middle. */
export type HotGrids = ReadonlyMap<string, { level: Level; current: boolean }>

export function hotGrids(list: readonly Standing[], current: Alert | null): HotGrids {
  const hot = new Map<string, { level: Level; current: boolean }>()
  for (const { alert, level, over, silent } of list) {
    if (over || silent || !alert.grid) continue
    const known = hot.get(alert.grid.code)
    hot.set(alert.grid.code, {
      level: known && known.level < level ? known.level : level,
      current: (known?.current ?? false) || alert.id === current?.id,
    })
  }
  return hot
}

/** The outer ring of a grid's largest part. */
function largestRing(geometry: Grids['features'][number]['geometry']): Position[] {
  const polygons: Polygon['coordinates'][] = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
  const rings = polygons.flatMap(([outer]) => (outer ? [outer] : []))
  return rings.toSorted((a, b) => Math.abs(ringMoments(b).area) - Math.abs(ringMoments(a).area))[0] ?? []
}

/** Twice-signed area and its first moments, relative to the ring's first corner for precision. */
function ringMoments(ring: readonly Position[]): { area: number; x: number; y: number } {
  const [x0 = 0, y0 = 0] = ring[0] ?? []
  const sums = { area: 0, x: 0, y: 0 }
  ring.forEach((corner, index) => {
    const next = ring[index + 1] ?? ring[0] ?? corner
    const [ax, ay] = [(corner[0] ?? 0) - x0, (corner[1] ?? 0) - y0]
    const [bx, by] = [(next[0] ?? 0) - x0, (next[1] ?? 0) - y0]
    const cross = ax * by - bx * ay
    sums.area += cross
    sums.x += (ax + bx) * cross
    sums.y += (ay + by) * cross
  })
  return sums
}

/** The centre of mass of a grid, where its name is written: longitude and latitude. */
export function gridCentre(geometry: Grids['features'][number]['geometry']): Position {
  const ring = largestRing(geometry)
  const [x0 = 0, y0 = 0] = ring[0] ?? []
  const { area, x, y } = ringMoments(ring)
  return area === 0 ? [x0, y0] : [x0 + x / (3 * area), y0 + y / (3 * area)]
}

/** One point a grid, for its name. */
export function nameFeatures(grids: Grids): FeatureCollection<Point, { name: string; level: string }> {
  return {
    type: 'FeatureCollection',
    features: grids.features.map(({ geometry, properties: { name, level } }) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: gridCentre(geometry) },
      properties: { name, level },
    })),
  }
}

/** More names than this cannot be read on a wall's map. */
const NAMES_MAX = 24

/** The deepest level of which every grid can be named on the map. */
export function namedLevel(grids: Grids): 'street' | 'community' | 'base' {
  const count = (level: string) => grids.features.filter(({ properties }) => properties.level === level).length
  if (count('base') > 0 && count('base') <= NAMES_MAX) return 'base'
  return count('community') > 0 && count('community') <= NAMES_MAX ? 'community' : 'street'
}

/** West, south, east, north of all grids. */
export function gridBounds(grids: Grids): [number, number, number, number] {
  const bounds: [number, number, number, number] = [180, 90, -180, -90]
  for (const { geometry } of grids.features) {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates
    for (const [x = 0, y = 0] of polygons.flat(2)) {
      bounds[0] = Math.min(bounds[0], x)
      bounds[1] = Math.min(bounds[1], y)
      bounds[2] = Math.max(bounds[2], x)
      bounds[3] = Math.max(bounds[3], y)
    }
  }
  return bounds
}
