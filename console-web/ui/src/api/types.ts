/** Short names for what the server's OpenAPI document describes. */
import type { FeatureCollection, MultiPolygon, Polygon } from 'geojson'
import type { components } from './schema'

type Schemas = components['schemas']

export type Alert = Schemas['Alert']
export type Camera = Schemas['Camera']
export type CameraCause = Schemas['Cause']
export type CameraDetail = Schemas['CameraDetail']
export type CameraState = Schemas['CameraState']
export type Crowd = Schemas['Crowd']
export type Evidence = Schemas['Evidence']
export type GridRef = Schemas['GridRef']
export type GridLevel = GridRef['level']
export type Outage = Schemas['Outage']
export type Problem = Schemas['Problem']
export type Rung = Schemas['LadderRung']
export type Silence = Schemas['Silence']
export type Stream = Schemas['Stream']

/** The grid tree's polygons as `GET /api/grids` gives them. */
export type Grids = FeatureCollection<
  Polygon | MultiPolygon,
  { code: string; name: string; level: GridLevel; parent: string | null }
>

/** One message of `GET /api/events`. */
export type ServerMessage = Schemas['ServerMessage']
