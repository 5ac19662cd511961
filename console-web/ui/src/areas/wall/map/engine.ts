/** MapLibre, and everything that knows it. Loaded only when the map is shown. */
import type { FeatureCollection } from 'geojson'
import { Map as MapLibre, setWorkerUrl, type GeoJSONSource } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import 'maplibre-gl/dist/maplibre-gl.css'
import type { Grids } from '@/api/types'
import { gridBounds, type HotGrids } from './features'
import { markImages } from './images'
import { gridStyle } from './style'

setWorkerUrl(workerUrl)

export interface MapLook {
  /** `--u` in CSS pixels. */
  unit: number
  far: boolean
  /** What the map is called for those who do not see it. */
  title: string
}

export interface MapEngine {
  setMarks: (marks: FeatureCollection) => void
  setHot: (hot: HotGrids) => void
  remove: () => void
}

/** Draws the grids into `container`. Throws where the browser has no WebGL. */
export function createEngine(container: HTMLElement, grids: Grids, look: MapLook): MapEngine {
  const { unit, far, title } = look
  const map = new MapLibre({
    container,
    style: gridStyle(grids, unit, far),
    bounds: gridBounds(grids),
    fitBoundsOptions: { padding: unit * 1.5 },
    interactive: false,
    attributionControl: false,
    fadeDuration: 0,
    // Names are drawn with the screen's own fonts: there is no font server.
    localIdeographFontFamily: getComputedStyle(container).fontFamily,
    locale: { 'Map.Title': title },
  })
  for (const { name, image, pixelRatio } of markImages(unit)) map.addImage(name, image, { pixelRatio })
  map.on('resize', () => map.fitBounds(gridBounds(grids), { padding: unit * 1.5, animate: false }))

  let ready = false
  let marks: FeatureCollection = { type: 'FeatureCollection', features: [] }
  let hot: HotGrids = new Map()

  const showMarks = () => void map.getSource<GeoJSONSource>('marks')?.setData(marks)
  const showHot = () => {
    map.removeFeatureState({ source: 'grids' })
    for (const [code, state] of hot) map.setFeatureState({ source: 'grids', id: code }, state)
  }
  map.once('load', () => {
    ready = true
    showMarks()
    showHot()
    container.dataset.ready = 'true'
  })
  return {
    // The wall says what is so once a second; the map is drawn only when that is news.
    setMarks(next) {
      const same = JSON.stringify(next) === JSON.stringify(marks)
      marks = next
      if (ready && !same) showMarks()
    },
    setHot(next) {
      const same = JSON.stringify([...next]) === JSON.stringify([...hot])
      hot = next
      if (ready && !same) showHot()
    },
    remove: () => map.remove(),
  }
}
