import { describe, expect, it } from 'vitest'
import type { Alert, Queue } from '@/api/types'
import { inOrder, matches, nextWaiting, NO_SEARCH, sections } from '@/model/queue'
import { alert, at } from './alerts'

const by = { person: 'p', name: 'P', role: 'duty_officer' as const, from: '' }
const map = (...alerts: Alert[]) => new Map(alerts.map((one) => [one.id, one]))
const queue = (...groups: number[][]): Queue => ({
  flood: groups.some(({ length }) => length > 1),
  opened_lately: groups.flat().length,
  entries: groups.map((alerts) => ({ level: 2, opened_at: at(-30), grid: null, alerts })),
})
const rows = (list: ReturnType<typeof sections>) => list.waiting.map((row) => (row.row === 'alert' ? row.alert.id : `group of ${row.count}`))

describe('the queue', () => {
  it('stands in the order of the server, with what it does not know yet at the end', () => {
    const list = sections(queue([2], [1]), map(alert(1), alert(2), alert(3)), NO_SEARCH)
    expect(rows(list)).toEqual([2, 1, 3])
  })

  it('shows every alert of a group below its head', () => {
    const list = sections(queue([3], [1, 2]), map(alert(1), alert(2), alert(3)), NO_SEARCH)
    expect(rows(list)).toEqual([3, 'group of 2', 1, 2])
  })

  it('parts what waits from what is handled, held or over', () => {
    const done = alert(2, { state: 'dispatched', judged: { real: true, by, at: at(0), reason: null } })
    const held = alert(3, { on_hold: { reason: 'market', until: at(60), left: [], silence: 's' } })
    const list = sections(queue([1], [2]), map(alert(1), done, held, alert(4, { state: 'false' })), NO_SEARCH)
    expect(inOrder(list).map(({ id }) => id)).toEqual([1, 2, 3])
    expect([list.handled.length, list.held.length]).toEqual([1, 1])
  })

  it('goes on to what waits and was not judged a moment ago', () => {
    const list = sections(queue([1], [2], [3]), map(alert(1), alert(2), alert(3)), NO_SEARCH)
    expect(nextWaiting(list, 1, new Set())).toBe(2)
    expect(nextWaiting(list, 1, new Set([1, 2]))).toBe(3)
    expect(nextWaiting(list, 1, new Set([1, 2, 3]))).toBeNull()
  })
})

describe('a search', () => {
  it('finds by place, grid and number, every word of it', () => {
    const one = alert(17, { grid_path: [{ code: '1', name: '运河街道', level: 'street' }] })
    expect(matches(one, { ...NO_SEARCH, text: 'camera 运河' })).toBe(true)
    expect(matches(one, { ...NO_SEARCH, text: '#17' })).toBe(true)
    expect(matches(one, { ...NO_SEARCH, text: 'camera nowhere' })).toBe(false)
  })

  it('keeps to a level and a kind', () => {
    expect(matches(alert(1), { ...NO_SEARCH, level: 2, kind: 'fall' })).toBe(true)
    expect(matches(alert(1), { ...NO_SEARCH, level: 1 })).toBe(false)
    expect(matches(alert(1), { ...NO_SEARCH, kind: 'crowd' })).toBe(false)
  })
})
