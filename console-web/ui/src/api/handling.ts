/** What a duty officer asks of the server and does with an alert. */
import { ACT, api, ApiError } from './client'
import type { Alert, Handover, Made, Move, MoveKind, OnDuty, Queue, RefusedWhy, Scope } from './types'

/** The server did not allow a move: the state has changed, or somebody was first. */
export class MoveRefused extends Error {
  constructor(
    readonly why: RefusedWhy,
    /** The number of moves there are now. */
    readonly step: number,
    readonly allowed: readonly MoveKind[],
    readonly lastMove: Made | null,
  ) {
    super(`the move was refused: ${why}`)
    this.name = 'MoveRefused'
  }
}

const WHYS: readonly RefusedWhy[] = ['overtaken', 'own_case', 'role', 'state']

/** The refusal that a 409 carries; its parameters are not described by the OpenAPI document. */
function refusal(params: Record<string, unknown>): MoveRefused {
  return new MoveRefused(
    WHYS.find((why) => why === params.why) ?? 'state',
    typeof params.step === 'number' ? params.step : 0,
    Array.isArray(params.allowed) ? (params.allowed as MoveKind[]) : [],
    (params.last_move as Made | null | undefined) ?? null,
  )
}

/**
 * Makes a move in the name of `by`. With `step`, the number of moves the person knew of, it is refused where another was made
 * meanwhile. It is sent even while the page is being closed.
 */
export async function makeMove(id: number, move: Move, by: string, step: number | null): Promise<Alert> {
  const { data, error, response } = await api.POST('/api/alerts/{id}/moves', {
    params: { path: { id } },
    body: { ...move, by, step },
    keepalive: true,
  })
  if (data) return data
  if (error?.error?.code === 'move_refused') throw refusal(error.error.params)
  throw new ApiError(response.status)
}

/** What waits to be judged, in the order in which to take it. */
export async function fetchQueue(): Promise<Queue> {
  const { data, response } = await api.GET('/api/queue')
  if (!data) throw new ApiError(response.status)
  return data
}

/** Who is on duty now, post by post. */
export async function fetchDuty(): Promise<OnDuty> {
  const { data, response } = await api.GET('/api/duty')
  if (!data) throw new ApiError(response.status)
  return data
}

/** The newest alerts, handled or not; `limit` is 1 to 500. */
export async function fetchNewest(limit: number): Promise<Alert[]> {
  const { data, response } = await api.GET('/api/alerts', { params: { query: { limit } } })
  if (!data) throw new ApiError(response.status)
  return data.alerts
}

/** Silences a camera or a grid until a moment, RFC 3339. */
export async function makeSilence(by: string, scope: Scope, reason: string, until: string): Promise<void> {
  const { response } = await api.POST('/api/silences', { body: { by, scope, reason, until } })
  if (!response.ok) throw new ApiError(response.status)
}

/** Ends a silence before its time. */
export async function liftSilence(id: string, by: string): Promise<void> {
  const { response } = await api.POST('/api/silences/{id}/lifting', { params: { path: { id } }, body: { by }, ...ACT })
  if (!response.ok) throw new ApiError(response.status)
}

/** The hand-over sheet of the shift that is on at the shift lead's post, or at a named seat. */
export async function fetchHandover(seat: string | null): Promise<Handover> {
  const query = seat === null ? {} : { post: 'seat' as const, name: seat }
  const { data, response } = await api.GET('/api/handover', { params: { query } })
  if (!data) throw new ApiError(response.status)
  return data
}
