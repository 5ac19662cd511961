import { describe, expect, it } from 'vitest'
import type { Camera, Outage } from '@/api/types'
import {
  CAMERA_STATES,
  camerasOf,
  faultKey,
  fitFaults,
  isFaulty,
  isWatching,
  nextStepKey,
  outageKey,
  singleFaults,
} from '@/model/cameras'
import { CAMERA_SHAPES } from '@/ui/marks'
import { at } from './alerts'

const camera = (id: string, state: Camera['state'], since = -60) => ({ id, state, since: at(since) }) as Camera
const outage = (name: string, ids: string[]): Outage => ({
  scope: { kind: 'host', name },
  since: at(-60),
  of: ids.length,
  cameras: ids,
})
const ids = (cameras: readonly Camera[]) => cameras.map(({ id }) => id).join(' ')
const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `c${from + n}`)

describe('a camera’s state', () => {
  it('has a mark of its own that does not rely on colour', () => {
    const marks = CAMERA_STATES.map((state) => JSON.stringify(CAMERA_SHAPES[state].strokes))
    expect(new Set(marks).size).toBe(CAMERA_STATES.length)
  })

  it('says whether somebody is watched, and whether it is a fault', () => {
    const states = (holds: (camera: Camera) => boolean) => CAMERA_STATES.filter((state) => holds(camera('a', state)))
    expect(states(isWatching)).toEqual(['ok', 'degraded'])
    expect(states(isFaulty)).toEqual(['degraded', 'blind', 'silent', 'unreachable', 'unauthorised', 'unknown'])
  })

  it('is told by its cause, and by itself where there is none or one this page does not know', () => {
    expect(faultKey({ state: 'blind', cause: 'black' })).toBe('wall.cause.black')
    expect(nextStepKey({ state: 'blind', cause: 'black' })).toBe('wall.causeNext.black')
    expect(faultKey({ state: 'unknown', cause: null })).toBe('common.camera.unknown')
    expect(nextStepKey({ state: 'unknown', cause: null })).toBe('wall.stateNext.unknown')
    const newer = { state: 'silent', cause: 'something new' } as unknown as Camera
    expect(faultKey(newer)).toBe('common.camera.silent')
    expect(nextStepKey(newer)).toBe('wall.stateNext.other')
  })
})

describe('faults', () => {
  it('come worst first, then newest, without what is in order', () => {
    const list = [
      camera('poor', 'degraded', -1),
      camera('fine', 'ok'),
      camera('old', 'unreachable', -90),
      camera('off', 'disabled'),
      camera('new', 'blind', -5),
      camera('lapsed', 'unknown', -1),
      camera('starting', 'connecting'),
    ]
    expect(ids(singleFaults(list, []))).toBe('new old lapsed poor')
  })

  it('of an outage are told by the outage alone', () => {
    const list = [...numbered(1, 4), 'other'].map((id) => camera(id, 'unreachable'))
    const lost = outage('10.0.0.7', numbered(1, 4))
    expect(ids(singleFaults(list, [lost]))).toBe('other')
    expect(ids(camerasOf(lost, list))).toBe('c1 c2 c3 c4')
    expect(outageKey(lost)).toBe('host 10.0.0.7')
  })

  it('fill the lines there are, outages first, and the last line counts what is left', () => {
    const single = (count: number) => numbered(1, count).map((id) => camera(id, 'silent'))
    const lost = [outage('a', numbered(20, 35)), outage('b', numbered(40, 43)), outage('c', numbered(50, 59))]
    const fit = (outages: Outage[], cameras: Camera[], lines: number) => {
      const fitted = fitFaults(outages, cameras, lines)
      return [fitted.outages.length, fitted.cameras.length, fitted.rest]
    }
    expect(fit([], single(6), 6)).toEqual([0, 6, 0])
    expect(fit([], single(7), 6)).toEqual([0, 5, 2])
    expect(fit(lost.slice(0, 1), single(4), 6)).toEqual([1, 4, 0])
    expect(fit(lost.slice(0, 1), single(5), 6)).toEqual([1, 3, 2])
    expect(fit(lost, [], 6)).toEqual([3, 0, 0])
    expect(fit(lost, single(1), 6)).toEqual([2, 1, 10])
    expect(fit(lost, [], 3)).toEqual([1, 0, 14])
  })
})
