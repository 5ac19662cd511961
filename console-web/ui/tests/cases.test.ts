import { describe, expect, it } from 'vitest'
import type { Alert } from '@/api/types'
import { actStates, canReturn, concerns, dueOf, partOf, rings, sortCases } from '@/model/cases'
import { alert, at, NOW } from './alerts'

const ME = 'worker-1'
const actor = (person: string) => ({ person, name: person, role: 'grid_worker' as const, from: '' })
const called = (...people: string[]): Alert['called'] => ({ ...alert(1).called, steps: 1, people })
const dispatched = (changes: Partial<Alert> = {}) => alert(1, { state: 'dispatched', called: called(ME), ...changes })
const accepted = (by: string, state: Alert['state'] = 'accepted') =>
  alert(1, {
    state,
    called: { ...called(ME), accepted: actor(by) },
    times: { ...alert(1).times, accepted: at(-5), on_scene: state === 'accepted' ? null : at(-3) },
  })
const NOTHING: ReadonlySet<string> = new Set()

describe('the part in a case', () => {
  it('is to answer until somebody does', () => {
    expect(partOf(dispatched(), ME)).toBe('called')
    expect(partOf(accepted(ME), ME)).toBe('mine')
    expect(partOf(accepted('worker-2'), ME)).toBe('taken')
    expect(partOf(dispatched({ called: { ...called(ME), returned: [ME] } }), ME)).toBe('returned')
    expect(partOf(dispatched({ called: called('worker-2') }), ME)).toBe('told')
    expect(partOf({ ...dispatched(), cleared: true }, ME)).toBe('cleared')
    expect(partOf(accepted(ME, 'reported'), ME)).toBe('over')
  })

  it('concerns who was called, accepted or returned it', () => {
    expect(concerns(dispatched(), ME)).toBe(true)
    expect(concerns(dispatched({ called: called('worker-2') }), ME)).toBe(false)
  })

  it('rings only for who has to answer now', () => {
    expect(rings(dispatched(), ME)).toBe(true)
    expect(rings(accepted('worker-2'), ME)).toBe(false)
    expect(rings(dispatched({ backlog: true }), ME)).toBe(false)
    expect(rings(dispatched({ on_hold: { reason: 'x', until: at(60), left: [], silence: null } }), ME)).toBe(false)
  })

  it('puts what waits for an answer first', () => {
    const later = { ...accepted('worker-2'), id: 9, level: 1 }
    expect(sortCases([later, dispatched()], ME).map(({ id }) => id)).toEqual([1, 9])
  })
})

describe('the clock', () => {
  const clock = (name: 'accept' | 'arrive') => ({ clock: name, started_at: at(-20), due_at: at(40), fired_at: null })

  it('is that of the next step', () => {
    expect(dueOf(dispatched({ clocks: [clock('arrive'), clock('accept')] }))).toEqual({ clock: 'accept', due: NOW + 40_000, span: 60_000 })
    expect(dueOf({ ...accepted(ME), clocks: [clock('arrive')] })?.clock).toBe('arrive')
  })

  it('is none where nothing is awaited', () => {
    expect(dueOf(dispatched())).toBeNull()
    expect(dueOf({ ...accepted(ME, 'reported'), clocks: [clock('accept')] })).toBeNull()
  })
})

describe('the four buttons', () => {
  it('offer one step at a time, and help always', () => {
    expect(actStates(dispatched(), ME, NOTHING)).toEqual({ accept: 'due', arrive: 'shut', report: 'shut', help: 'open' })
    expect(actStates(accepted(ME), ME, NOTHING)).toEqual({ accept: 'done', arrive: 'due', report: 'shut', help: 'open' })
    expect(actStates(accepted(ME, 'on_scene'), ME, NOTHING)).toEqual({ accept: 'done', arrive: 'done', report: 'due', help: 'open' })
  })

  it('go on over what is not sent yet', () => {
    const states = actStates(dispatched(), ME, new Set(['accept', 'arrive']))
    expect(states).toEqual({ accept: 'waiting', arrive: 'waiting', report: 'due', help: 'open' })
  })

  it('are shut for who returned it, or was not the first', () => {
    expect(actStates(dispatched(), ME, new Set(['return'])).accept).toBe('shut')
    expect(actStates(accepted('worker-2'), ME, NOTHING)).toEqual({ accept: 'shut', arrive: 'shut', report: 'shut', help: 'open' })
  })

  it('invite who was only told, and send nobody who was called off', () => {
    expect(actStates(dispatched({ called: called('worker-2') }), ME, NOTHING).accept).toBe('open')
    expect(actStates({ ...dispatched(), cleared: true }, ME, NOTHING).accept).toBe('shut')
    expect(rings({ ...dispatched(), cleared: true }, ME)).toBe(false)
  })

  it('let a case be returned until somebody is there', () => {
    expect(canReturn(dispatched(), ME)).toBe(true)
    expect(canReturn(accepted(ME), ME)).toBe(true)
    expect(canReturn(accepted(ME, 'on_scene'), ME)).toBe(false)
    expect(canReturn(accepted('worker-2'), ME)).toBe(false)
  })
})
