/** The REST half of the server, typed by its own OpenAPI document. */
import createClient from 'openapi-fetch'
import type { paths } from './schema'
import type { Alert, Camera, CameraDetail, Delivery, Grids, MoveBody, MoveOutcome, MoveRefusal, Person, Rung, Entry } from './types'

export const api = createClient<paths>({ baseUrl: '/' })

/** How long a move waits for its answer: on a weak network a lost one must not look like one on its way. */
const MOVE_PATIENCE_MS = 12_000

/** A request the server did not answer with success. Holds the status only: no server text is shown. */
export class ApiError extends Error {
  constructor(readonly status: number) {
    super(`the server answered ${status}`)
    this.name = 'ApiError'
  }
}

export interface AlertPage {
  seq: number
  server_now: string
  alerts: Alert[]
}

/** Alerts about which something is left to do, newest first, whether what they are about goes on or not. */
export async function fetchOpenAlerts(limit: number): Promise<AlertPage> {
  const { data, response } = await api.GET('/api/alerts', { params: { query: { open: true, limit } } })
  if (!data) throw new ApiError(response.status)
  return data
}

/** Alerts whose cause goes on, or is over, newest first; `limit` is 1 to 500. */
export async function fetchAlerts(lasting: boolean, limit: number): Promise<AlertPage> {
  const { data, response } = await api.GET('/api/alerts', { params: { query: { lasting, limit } } })
  if (!data) throw new ApiError(response.status)
  return data
}

/** One alert. */
export async function fetchAlert(id: number): Promise<Alert> {
  const { data, response } = await api.GET('/api/alerts/{id}', { params: { path: { id } } })
  if (!data) throw new ApiError(response.status)
  return data
}

/** What was sent about an alert, to whom, and how far each message has come: what the duty desk sees of it. */
export async function fetchDeliveries(id: number): Promise<Delivery[]> {
  const { data, response } = await api.GET('/api/alerts/{id}/deliveries', { params: { path: { id } } })
  if (!data) throw new ApiError(response.status)
  return data.deliveries
}

/** What happened to an alert, oldest first. */
export async function fetchTimeline(id: number): Promise<Entry[]> {
  const { data, response } = await api.GET('/api/alerts/{id}/timeline', { params: { path: { id } } })
  if (!data) throw new ApiError(response.status)
  return data.entries
}

/** Everybody who works with alerts. */
export async function fetchPeople(): Promise<Person[]> {
  const { data, response } = await api.GET('/api/people')
  if (!data) throw new ApiError(response.status)
  return data.people
}

/**
 * Makes a move. Whether it was made, was refused, or whether nobody knows: then it has to be asked for again. Where the
 * network gives nothing, it is unknown too: the answer may have been lost on its way back.
 */
export async function makeMove(id: number, body: MoveBody): Promise<MoveOutcome> {
  try {
    const { data, error, response } = await api.POST('/api/alerts/{id}/moves', {
      params: { path: { id } },
      body,
      signal: AbortSignal.timeout(MOVE_PATIENCE_MS),
    })
    if (data) return { kind: 'made', alert: data }
    if (response.status >= 500 || response.status === 429) return { kind: 'unknown' }
    const params = (error?.error.params ?? {}) as Partial<MoveRefusal>
    return {
      kind: 'refused',
      refusal: {
        why: params.why ?? null,
        state: params.state ?? null,
        step: params.step ?? null,
        allowed: Array.isArray(params.allowed) ? params.allowed : [],
        last_move: params.last_move ?? null,
      },
    }
  } catch {
    return { kind: 'unknown' }
  }
}

/** The server's key for pushes, null where it sends none. */
export async function fetchPushKey(): Promise<string | null> {
  const { data, response } = await api.GET('/api/push')
  if (!data) throw new ApiError(response.status)
  return data.public_key
}

/** Asks that whatever the person is called for is pushed to this browser; gives its id. */
export async function addBrowser(person: string, subscription: PushSubscriptionJSON): Promise<string> {
  const { data, response } = await api.POST('/api/push/browsers', {
    body: { by: person, subscription: subscription as Record<string, never> },
  })
  if (!data) throw new ApiError(response.status)
  return data.id
}

/** Forgets this browser as the person's. */
export async function removeBrowser(person: string, id: string): Promise<void> {
  const { response } = await api.POST('/api/push/browsers/{id}/removal', { params: { path: { id } }, body: { by: person } })
  if (!response.ok && response.status !== 404) throw new ApiError(response.status)
}

/** Every camera with its state. */
export async function fetchCameras(): Promise<{ server_now: string; cameras: Camera[] }> {
  const { data, response } = await api.GET('/api/cameras')
  if (!data) throw new ApiError(response.status)
  return data
}

/** One camera with what it sends. */
export async function fetchCamera(id: string): Promise<CameraDetail> {
  const { data, response } = await api.GET('/api/cameras/{id}', { params: { path: { id } } })
  if (!data) throw new ApiError(response.status)
  return data
}

/** The server does nothing for a page that does not say this, even where there is no body. */
export const ACT = { headers: { 'Content-Type': 'application/json' } }

/** Asks for an attempt at once; what comes of it is told by the socket. */
export async function retryCamera(id: string): Promise<void> {
  const { response } = await api.POST('/api/cameras/{id}/retry', { params: { path: { id } }, ...ACT })
  if (!response.ok) throw new ApiError(response.status)
}

/** Says that a camera looks where it is meant to look. */
export async function acceptView(id: string): Promise<void> {
  const { response } = await api.POST('/api/cameras/{id}/accept-view', { params: { path: { id } }, ...ACT })
  if (!response.ok) throw new ApiError(response.status)
}

/** Who is called for an alert in a grid now, rung after rung. */
export async function fetchLadder(code: string): Promise<Rung[]> {
  const { data, response } = await api.GET('/api/grids/{code}/ladder', { params: { path: { code } } })
  if (!data) throw new ApiError(response.status)
  return data.rungs
}

/** The polygons of the grid tree. */
export async function fetchGrids(): Promise<Grids> {
  const { data, response } = await api.GET('/api/grids')
  if (!data) throw new ApiError(response.status)
  // GeoJSON is described by RFC 7946, not by the OpenAPI document.
  return data as unknown as Grids
}
