import { describe, expect, it } from 'vitest'
import type { Alert, Clock, Person } from '@/api/types'
import { allows, isOfficer, medianHandling, nextClock, stillStands, undoMs } from '@/model/handling'
import { alert, at, NOW } from './alerts'

const by = (role: 'duty_officer' | 'system'): NonNullable<Alert['judged']>['by'] => ({ person: 'p', name: 'P', role, from: '' })
const judged = (id: number, seconds: number, changes: Partial<Alert> = {}): Alert =>
  alert(id, { opened_at: at(-60), judged: { real: true, by: by('duty_officer'), at: at(-60 + seconds), reason: null }, ...changes })

describe('what an officer may do', () => {
  it('follows the line of states', () => {
    expect(allows(alert(1), 'confirm')).toBe(true)
    expect(allows(alert(1), 'reassign')).toBe(false)
    expect(allows(alert(1, { state: 'dispatched' }), 'dispatch')).toBe(false)
    expect(allows(alert(1, { state: 'dispatched' }), 'reassign')).toBe(true)
    expect(allows(alert(1, { state: 'closed' }), 'dismiss')).toBe(false)
  })

  it('confirms in parallel what the system dispatched, once', () => {
    expect(allows(alert(1, { state: 'accepted' }), 'confirm')).toBe(true)
    expect(allows(judged(1, 5, { state: 'accepted' }), 'confirm')).toBe(false)
  })

  it('is little while an alert is on hold or merged', () => {
    const held = alert(1, { on_hold: { reason: 'market', until: at(60), left: [], silence: 's' } })
    expect(allows(held, 'dispatch')).toBe(false)
    expect(allows(held, 'dismiss')).toBe(true)
    const merged = alert(1, { merged: { into: 2, at: at(0), left: [] } })
    expect(allows(merged, 'dismiss')).toBe(false)
    expect(allows(merged, 'unmerge')).toBe(true)
  })
})

describe('taking back', () => {
  it('waits for everything of an alert that is not red', () => {
    for (const move of ['confirm', 'dismiss', 'dispatch'] as const) expect(undoMs({ level: 2 }, move)).toBe(5_000)
  })

  it('never delays help for a red alert, and always delays its end', () => {
    expect(undoMs({ level: 1 }, 'dispatch')).toBe(0)
    expect(undoMs({ level: 1 }, 'confirm')).toBe(0)
    expect(undoMs({ level: 1 }, 'dismiss')).toBe(5_000)
  })

  it('does not take back facts', () => {
    expect(undoMs({ level: 4 }, 'note')).toBe(0)
    expect(undoMs({ level: 4 }, 'emergency')).toBe(0)
  })

  it('sends a confirmation again where nobody judged meanwhile, and nothing else', () => {
    expect(stillStands({ move: 'confirm' }, ['confirm', 'dismiss'])).toBe(true)
    expect(stillStands({ move: 'confirm' }, ['dismiss'])).toBe(false)
    expect(stillStands({ move: 'dismiss', reason: 'a bag' }, ['dismiss'])).toBe(false)
  })
})

it('names the clock that runs out first, and no supervision', () => {
  const clock = (kind: 'accept' | 'arrive', seconds: number): Clock => ({ clock: kind, started_at: at(0), due_at: at(seconds), fired_at: null })
  const supervise: Clock = { clock: 'supervise', level: 1, started_at: at(0), due_at: at(1), fired_at: null }
  expect(nextClock([supervise, clock('arrive', 90), clock('accept', 60)])?.clock).toBe('accept')
  expect(nextClock([supervise])).toBeNull()
})

describe('the median time to judge', () => {
  it('is the one at the nearest rank, of what people judged in this shift', () => {
    const others = [judged(4, 1, { drill: true }), judged(5, 1, { judged: { real: true, by: by('system'), at: at(-59), reason: null } }), judged(6, 1, { opened_at: at(-13 * 3600) }), alert(7)]
    expect(medianHandling([judged(1, 30), judged(2, 8), judged(3, 12), ...others], NOW)).toEqual({ ms: 12_000, count: 3 })
  })

  it('is unknown before the first judgement', () => {
    expect(medianHandling([alert(1)], NOW)).toBeNull()
  })
})

it('lets officers and shift leads act who work here', () => {
  const person = (role: 'duty_officer' | 'grid_worker', active = true): Person => ({ id: 'p', name: 'P', phone: null, roles: [{ role, grid: '1' }], active })
  expect(isOfficer(person('duty_officer'))).toBe(true)
  expect(isOfficer(person('duty_officer', false))).toBe(false)
  expect(isOfficer(person('grid_worker'))).toBe(false)
})
