/** The marks of ui/marks.ts as images for the map. */
import { CAMERA_SHAPES, LEVEL_SHAPES, MARK_BOX, STROKE_WIDTH, type Stroke } from '@/ui/marks'
import { token } from './style'

export interface MarkImage {
  name: string
  image: ImageData
  pixelRatio: number
}

/** A mark `size` CSS pixels wide. */
function draw(strokes: readonly Stroke[], colour: string, size: number, ratio: number, edge?: string): ImageData {
  const pixels = Math.ceil(size * ratio)
  const canvas = new OffscreenCanvas(pixels, pixels)
  const context = canvas.getContext('2d')
  if (!context) throw new Error('this browser draws nothing on a canvas')
  context.scale(pixels / MARK_BOX, pixels / MARK_BOX)
  context.lineWidth = STROKE_WIDTH
  for (const { d, paint, dash } of strokes) {
    const path = new Path2D(d)
    context.setLineDash([...(dash ?? [])])
    context.fillStyle = colour
    context.strokeStyle = colour
    if (paint === 'fill') context.fill(path)
    else context.stroke(path)
    if (!edge) continue
    context.lineWidth = 0.7
    context.strokeStyle = edge
    context.stroke(path)
  }
  return context.getImageData(0, 0, pixels, pixels)
}

/** Every image the map needs: camera states 12 px and alert levels 24 px wide at u = 16. */
export function markImages(unit: number): MarkImage[] {
  const pixelRatio = window.devicePixelRatio
  const cameras = Object.entries(CAMERA_SHAPES).map(([state, { tone, strokes }]) => ({
    name: `camera-${state}`,
    image: draw(strokes, token(tone), unit * 0.75, pixelRatio),
    pixelRatio,
  }))
  const levels = Object.entries(LEVEL_SHAPES).map(([level, d]) => ({
    name: `level-${level}`,
    image: draw([{ d, paint: 'fill' }], token(`level-${level}`), unit * 1.5, pixelRatio, token('canvas')),
    pixelRatio,
  }))
  return [...cameras, ...levels]
}
