/** The map's style, made from our polygons and our tokens alone: no tiles, no fonts, no other origin. */
import type { FeatureCollection } from 'geojson'
import type { ExpressionSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl'
import type { Grids } from '@/api/types'
import { namedLevel, nameFeatures } from './features'

/** The value of a colour token. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--color-${name}`).trim()
}

const EMPTY: FeatureCollection = { type: 'FeatureCollection', features: [] }
const level: ExpressionSpecification = ['coalesce', ['feature-state', 'level'], 0]

/** A colour by the level of the alert a grid answers for, or `none`. */
function byLevel(name: 'level' | 'tint', none: string): ExpressionSpecification {
  return [
    'match',
    level,
    1,
    token(`${name}-1`),
    2,
    token(`${name}-2`),
    3,
    token(`${name}-3`),
    4,
    token(`${name}-4`),
    none,
  ]
}

function byGrid<Value extends string | number>(street: Value, community: Value, base: Value): ExpressionSpecification {
  return ['match', ['get', 'level'], 'street', street, 'community', community, base]
}

function gridLayers(unit: number): LayerSpecification[] {
  const leaf: ExpressionSpecification = ['in', ['get', 'level'], ['literal', ['base', 'micro']]]
  return [
    { id: 'canvas', type: 'background', paint: { 'background-color': token('canvas') } },
    {
      id: 'grid-fill',
      type: 'fill',
      source: 'grids',
      filter: leaf,
      paint: { 'fill-color': byLevel('tint', token('panel')), 'fill-antialias': false },
    },
    {
      id: 'grid-line',
      type: 'line',
      source: 'grids',
      layout: { 'line-join': 'round', 'line-sort-key': byGrid(3, 2, 1) },
      paint: {
        'line-color': byGrid(token('text-3'), token('line-ui'), token('line')),
        'line-width': byGrid(unit * 0.16, unit * 0.1, unit * 0.07),
      },
    },
    {
      id: 'grid-hot',
      type: 'line',
      source: 'grids',
      filter: leaf,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': byLevel('level', token('line')),
        'line-width': ['case', ['boolean', ['feature-state', 'current'], false], unit * 0.3, unit * 0.14],
        'line-opacity': ['case', ['>', level, 0], 1, 0],
      },
    },
  ]
}

function nameLayers(grids: Grids, unit: number, far: boolean): LayerSpecification[] {
  const halo = { 'text-halo-color': token('canvas'), 'text-halo-width': unit * 0.1 }
  return [
    {
      id: 'grid-name',
      type: 'symbol',
      source: 'names',
      filter: ['==', ['get', 'level'], namedLevel(grids)],
      layout: {
        'text-field': ['get', 'name'],
        'text-size': unit * 0.8,
        'text-max-width': 8,
        // A name gives way to a mark rather than go.
        'text-variable-anchor': ['center', 'top', 'bottom', 'left', 'right'],
        'text-radial-offset': 0.9,
      },
      paint: { 'text-color': token('text-2'), ...halo },
    },
    {
      id: 'marks',
      type: 'symbol',
      source: 'marks',
      layout: {
        'icon-image': ['get', 'image'],
        'icon-allow-overlap': true,
        'icon-ignore-placement': false,
        'symbol-sort-key': ['get', 'order'],
        // Read from far, the map is small: the cards beside it name the places.
        'text-field': far ? '' : ['get', 'name'],
        'text-size': unit,
        'text-variable-anchor': ['top', 'bottom', 'left', 'right'],
        'text-radial-offset': 0.9,
        'text-optional': true,
        'text-max-width': 10,
      },
      paint: { 'text-color': token('text-1'), ...halo },
    },
  ]
}

/** The whole style; `unit` is `--u` in CSS pixels. */
export function gridStyle(grids: Grids, unit: number, far: boolean): StyleSpecification {
  return {
    version: 8,
    sources: {
      grids: { type: 'geojson', data: grids, promoteId: 'code' },
      names: { type: 'geojson', data: nameFeatures(grids) },
      marks: { type: 'geojson', data: EMPTY },
    },
    layers: [...gridLayers(unit), ...nameLayers(grids, unit, far)],
  }
}
