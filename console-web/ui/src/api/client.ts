/** The REST half of the server, typed by its own OpenAPI document. */
import createClient from 'openapi-fetch'
import type { paths } from './schema'
import type { Alert, Camera, CameraDetail, Grids, Rung } from './types'

export const api = createClient<paths>({ baseUrl: '/' })

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
