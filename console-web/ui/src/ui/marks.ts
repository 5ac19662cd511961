/** Shapes that carry meaning, in a box of 12 × 12: drawn as SVG in the page and on canvas for the map. */

export interface Stroke {
  readonly d: string
  readonly paint: 'fill' | 'stroke'
  readonly dash?: readonly number[]
}

export const MARK_BOX = 12

const RING = 'M6 1a5 5 0 1 0 .001 0z'

export const LEVEL_SHAPES: Readonly<Record<1 | 2 | 3 | 4, string>> = {
  1: 'M6 .4 11.6 6 6 11.6 .4 6z',
  2: 'M6 .9 11.8 11H.2z',
  3: 'M1.3 1.3h9.4v9.4H1.3z',
  4: 'M6 .9a5.1 5.1 0 1 0 .001 0z',
}

export type CameraShape =
  | 'blind'
  | 'connecting'
  | 'degraded'
  | 'disabled'
  | 'ok'
  | 'silent'
  | 'unauthorised'
  | 'unknown'
  | 'unreachable'

/** Grey always: a camera's state is told by shape. A working camera recedes, a lost one stands out. */
export const CAMERA_SHAPES: Readonly<Record<CameraShape, { tone: string; strokes: readonly Stroke[] }>> = {
  ok: { tone: 'recede', strokes: [{ d: 'M6 3a3 3 0 1 0 .001 0z', paint: 'fill' }] },
  connecting: { tone: 'text-3', strokes: [{ d: 'M6 3.2a2.8 2.8 0 1 0 .001 0z', paint: 'stroke' }] },
  degraded: {
    tone: 'text-2',
    strokes: [
      { d: RING, paint: 'stroke' },
      { d: 'M6 1a5 5 0 0 0 0 10z', paint: 'fill' },
    ],
  },
  // An eye, struck out.
  blind: {
    tone: 'text-1',
    strokes: [
      { d: 'M.9 6C3.6 1.9 8.4 1.9 11.1 6 8.4 10.1 3.6 10.1.9 6z', paint: 'stroke' },
      { d: 'M2.2 11 9.8 1', paint: 'stroke' },
    ],
  },
  // A screen with nothing on it.
  silent: {
    tone: 'text-1',
    strokes: [
      { d: 'M.9 2.2h10.2v7.6H.9z', paint: 'stroke' },
      { d: 'M3.6 6h4.8', paint: 'stroke' },
    ],
  },
  unreachable: {
    tone: 'text-1',
    strokes: [
      { d: RING, paint: 'stroke' },
      { d: 'M3.5 3.5l5 5m0-5l-5 5', paint: 'stroke' },
    ],
  },
  unauthorised: {
    tone: 'text-1',
    strokes: [
      { d: RING, paint: 'stroke' },
      { d: 'M3 6h6', paint: 'stroke' },
    ],
  },
  unknown: { tone: 'text-3', strokes: [{ d: RING, paint: 'stroke', dash: [2.2, 1.7] }] },
  disabled: { tone: 'text-3', strokes: [{ d: 'M2 2h8v8H2z', paint: 'stroke' }] },
}

export const STROKE_WIDTH = 1.4
