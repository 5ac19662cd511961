/** Short names for what the server's OpenAPI document describes. */
import type { FeatureCollection, MultiPolygon, Polygon } from 'geojson'
import type { components } from './schema'

type Schemas = components['schemas']

export type Actor = Schemas['Actor']
export type Alert = Schemas['Alert']
export type AlertState = Schemas['AlertState']
export type CallReason = Schemas['CallReason']
export type Camera = Schemas['Camera']
export type CameraCause = Schemas['Cause']
export type CameraDetail = Schemas['CameraDetail']
export type CameraState = Schemas['CameraState']
export type Clock = Schemas['Clock']
export type Crowd = Schemas['Crowd']
export type Delivery = Schemas['Delivery']
export type DeliveryState = Schemas['DeliveryState']
export type Entry = Schemas['Entry']
export type Evidence = Schemas['Evidence']
export type GridLevel = GridRef['level']
export type GridRef = Schemas['GridRef']
export type Handover = Schemas['HandoverBody']
export type Made = Schemas['Made']
export type Move = Schemas['Move']
export type MoveBody = Schemas['MoveBody']
export type MoveKind = Schemas['MoveKind']
export type OnDuty = Schemas['OnDuty']
export type Outage = Schemas['Outage']
export type Person = Schemas['Person']
export type Post = Schemas['Post']
export type Problem = Schemas['Problem']
export type Queue = Schemas['Queue']
export type QueueEntry = Schemas['QueueEntry']
/** Why a move was refused; the document does not describe the parameters of errors. */
export type RefusedWhy = 'overtaken' | 'own_case' | 'role' | 'state'
export type Rung = Schemas['LadderRung']
export type Scope = Schemas['Scope']
export type Silence = Schemas['Silence']
export type Stream = Schemas['Stream']

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
