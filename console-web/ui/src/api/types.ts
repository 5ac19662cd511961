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
export type Delivery = Schemas['Delivery']
export type DeliveryState = Schemas['DeliveryState']
export type Evidence = Schemas['Evidence']
export type GridRef = Schemas['GridRef']
export type GridLevel = GridRef['level']
export type AlertState = Schemas['AlertState']
export type CallReason = Schemas['CallReason']
export type Clock = Schemas['Clock']
export type MoveBody = Schemas['MoveBody']
export type MoveKind = Schemas['MoveKind']
export type Outage = Schemas['Outage']
export type Person = Schemas['Person']
export type Problem = Schemas['Problem']
export type Rung = Schemas['LadderRung']
export type Silence = Schemas['Silence']
export type Stream = Schemas['Stream']
export type TimelineEntry = Schemas['Entry']

/** Why a move was refused, as the parameters of `move_refused` say it; a refusal of another kind says nothing. */
export interface MoveRefusal {
  why: 'state' | 'overtaken' | 'own_case' | 'role' | null
  state: AlertState | null
  step: number | null
  allowed: MoveKind[]
  last_move: Schemas['Made'] | null
}

/** What came of a move. `unknown`: nobody knows whether the server has it. */
export type MoveOutcome = { kind: 'made'; alert: Alert } | { kind: 'refused'; refusal: MoveRefusal } | { kind: 'unknown' }

/** The grid tree's polygons as `GET /api/grids` gives them. */
export type Grids = FeatureCollection<
  Polygon | MultiPolygon,
  { code: string; name: string; level: GridLevel; parent: string | null }
>

/** One message of `GET /api/events`. */
export type ServerMessage = Schemas['ServerMessage']
