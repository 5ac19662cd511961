import { describe, expect, it } from 'vitest'
import type { Camera, Grids } from '@/api/types'
import { gridBounds, gridCentre, hotGrids, markFeatures, namedLevel } from '@/areas/wall/map/features'
import { loadBoard, standings } from '@/model/board'
import { alert, NOW } from './alerts'

const square = (x: number, y: number, side: number) => [
  [x, y],
  [x + side, y],
  [x + side, y + side],
  [x, y + side],
  [x, y],
]

describe('the map', () => {
  it('writes a grid’s name in the middle of its largest part', () => {
    expect(gridCentre({ type: 'Polygon', coordinates: [square(120, 30, 2)] })).toEqual([121, 31])
    const parts = [[square(0, 0, 1)], [square(10, 10, 4)]]
    expect(gridCentre({ type: 'MultiPolygon', coordinates: parts })).toEqual([12, 12])
  })

  it('shows all grids', () => {
    const feature = (x: number) => ({
      type: 'Feature' as const,
      geometry: { type: 'Polygon' as const, coordinates: [square(x, 30, 1)] },
      properties: { code: String(x), name: '', level: 'base' as const, parent: null },
    })
    const grids: Grids = { type: 'FeatureCollection', features: [feature(120), feature(125)] }
    expect(gridBounds(grids)).toEqual([120, 30, 126, 31])
  })

  it('names the deepest grids of which all can be named', () => {
    const grids = (level: 'street' | 'community' | 'base', count: number) =>
      Array.from({ length: count }, (_, index) => ({
        type: 'Feature' as const,
        geometry: { type: 'Polygon' as const, coordinates: [square(index, 30, 1)] },
        properties: { code: `${level}${index}`, name: '', level, parent: null },
      }))
    const street = (communities: number, bases: number): Grids => ({
      type: 'FeatureCollection',
      features: [...grids('street', 1), ...grids('community', communities), ...grids('base', bases)],
    })
    expect(namedLevel(street(2, 4))).toBe('base')
    expect(namedLevel(street(13, 143))).toBe('community')
    expect(namedLevel(street(80, 900))).toBe('street')
  })

  it('marks a camera by its state, or by the highest level of its open alerts', () => {
    const camera = (id: string, lon: number | null) =>
      ({ id, short_name: id, lon, lat: 30, state: 'silent' }) as Camera
    const [one, two] = [alert(1), alert(2, { level: 1, camera: alert(1).camera })]
    const list = standings(loadBoard(2, [one, two]), NOW)
    const marks = markFeatures([camera('cam-1', 120), camera('cam-9', 121), camera('nowhere', null)], list, one)
    expect(marks.features.map(({ properties }) => properties)).toEqual([
      { image: 'level-1', order: 19, name: 'cam-1' },
      { image: 'camera-silent', order: 0, name: '' },
    ])
  })

  it('highlights the grids that answer', () => {
    const list = standings(loadBoard(3, [alert(1), alert(2, { level: 1 }), alert(3, { grid: null })]), NOW)
    expect([...hotGrids(list, alert(1))]).toEqual([['001', { level: 1, current: true }]])
  })
})
