/** Camera states, counted and ordered for the screen. */
import type { Camera, CameraCause, CameraState, Outage } from '@/api/types'

/** Every state in the order it is listed. */
export const CAMERA_STATES = [
  'ok',
  'degraded',
  'connecting',
  'blind',
  'silent',
  'unreachable',
  'unauthorised',
  'unknown',
  'disabled',
] as const satisfies readonly CameraState[]

/** The states that are always counted on the strip, so that eyes find them in the same place. */
const ALWAYS: ReadonlySet<CameraState> = new Set(['ok', 'silent', 'unreachable'])

export function countByState(cameras: readonly Camera[]): { state: CameraState; count: number }[] {
  return CAMERA_STATES.map((state) => ({
    state,
    count: cameras.filter((camera) => camera.state === state).length,
  })).filter(({ state, count }) => count > 0 || ALWAYS.has(state))
}

/** Cameras after a message that carries only those whose state changed. */
export function mergeCameras(known: readonly Camera[], changed: readonly Camera[]): Camera[] {
  const byId = new Map(known.map((camera) => [camera.id, camera]))
  for (const camera of changed) byId.set(camera.id, camera)
  return [...byId.values()]
}

/** Whether its pictures can be judged. */
export function isWatching(camera: Pick<Camera, 'state'>): boolean {
  return camera.state === 'ok' || camera.state === 'degraded'
}

/** How far a fault goes: what sees nothing comes before what is not known, and that before what sees badly. */
const SEVERITY: Readonly<Record<CameraState, number>> = {
  unreachable: 3,
  unauthorised: 3,
  silent: 3,
  blind: 3,
  unknown: 2,
  degraded: 1,
  connecting: 0,
  disabled: 0,
  ok: 0,
}

export function isFaulty(camera: Pick<Camera, 'state'>): boolean {
  return SEVERITY[camera.state] > 0
}

const began = (camera: Camera) => (camera.since ? Date.parse(camera.since) : 0)

/** The worst first, then the newest. */
function byUrgency(a: Camera, b: Camera): number {
  return SEVERITY[b.state] - SEVERITY[a.state] || began(b) - began(a) || a.id.localeCompare(b.id)
}

/** Cameras with a fault of their own; those of an outage are told by the outage. */
export function singleFaults(cameras: readonly Camera[], outages: readonly Outage[]): Camera[] {
  const told = new Set(outages.flatMap((outage) => outage.cameras))
  return cameras.filter((camera) => isFaulty(camera) && !told.has(camera.id)).toSorted(byUrgency)
}

/** The cameras of an outage, as far as they are known here. */
export function camerasOf(outage: Outage, cameras: readonly Camera[]): Camera[] {
  const members = new Set(outage.cameras)
  return cameras.filter(({ id }) => members.has(id))
}

/** What names an outage for as long as it lasts. */
export function outageKey({ scope }: Outage): string {
  return `${scope.kind} ${scope.name}`
}

/** An outage takes two lines, a camera one. */
const OUTAGE_LINES = 2

/** What fits into so many lines, outages first; where not all fits, the last line is left for the number of the rest. */
export function fitFaults(outages: readonly Outage[], cameras: readonly Camera[], lines: number) {
  const fits = (left: number) => {
    const whole = outages.slice(0, Math.floor(left / OUTAGE_LINES))
    return { outages: whole, cameras: cameras.slice(0, left - whole.length * OUTAGE_LINES) }
  }
  const count = ({ outages: some, cameras: single }: { outages: readonly Outage[]; cameras: readonly Camera[] }) =>
    some.reduce((sum, outage) => sum + outage.cameras.length, single.length)
  const all = count({ outages, cameras })
  const shown = fits(lines)
  if (count(shown) === all) return { ...shown, rest: 0 }
  const fewer = fits(lines - 1)
  return { ...fewer, rest: all - count(fewer) }
}

const CAUSES: Readonly<Record<CameraCause, true>> = {
  name_not_found: true,
  refused: true,
  timed_out: true,
  wrong_credentials: true,
  not_trusted: true,
  no_such_stream: true,
  busy: true,
  transport_refused: true,
  refused_to_play: true,
  protocol_error: true,
  no_video: true,
  closed: true,
  no_data: true,
  no_key_picture: true,
  not_decodable: true,
  unstable: true,
  packet_loss: true,
  not_looked_at: true,
  long_group: true,
  black: true,
  frozen: true,
  covered: true,
  blurred: true,
  moved: true,
}
/** Every cause. */
export const CAMERA_CAUSES = Object.keys(CAUSES) as CameraCause[]
const SELF_EXPLAINING: ReadonlySet<CameraState> = new Set(['ok', 'connecting', 'disabled', 'unknown'])

/** In a word or two what is wrong with a camera: its cause, or its state where that says all. */
export function faultKey({ state, cause }: Pick<Camera, 'state' | 'cause'>): string {
  return cause && cause in CAUSES ? `wall.cause.${cause}` : `common.camera.${state}`
}

/** What is wrong with a camera and the next step, in a sentence. */
export function nextStepKey({ state, cause }: Pick<Camera, 'state' | 'cause'>): string {
  if (cause && cause in CAUSES) return `wall.causeNext.${cause}`
  return `wall.stateNext.${SELF_EXPLAINING.has(state) ? state : 'other'}`
}
