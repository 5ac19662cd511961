/** Camera states, counted and ordered for the screen. */
import type { Camera, CameraState } from '@/api/types'

/** Every state in the order it is listed. */
export const CAMERA_STATES = [
  'ok',
  'connecting',
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
