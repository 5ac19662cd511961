import { describe, expect, it } from 'vitest'
import type { Silence } from '@/api/types'
import { applyChange, countByLevel, loadBoard, standings } from '@/model/board'
import { silencedPlace } from '@/model/silences'
import { alert, at, NOW } from './alerts'

const hold = { reason: 'market day', until: at(600), left: [], silence: '7' }
const ids = (list: { alert: { id: number } }[]) => list.map((standing) => standing.alert.id)

describe('an alert that a silence holds', () => {
  const board = loadBoard(3, [alert(1, { opened_at: at(0) }), alert(2, { level: 1, on_hold: hold, opened_at: at(0) })])

  it('stands last, is not counted and keeps quiet', () => {
    const list = standings(board, NOW)
    expect(ids(list)).toEqual([1, 2])
    expect(list[1]).toMatchObject({ silent: true, fresh: false, announcing: false })
    expect(countByLevel(list)).toEqual({ 1: 0, 2: 1, 3: 0, 4: 0 })
  })

  it('announces itself when the silence is over', () => {
    const later = NOW + 600_000
    const woken = { type: 'alert', seq: 9, change: 'moved', alert: alert(2, { level: 1, seq: 9 }) } as const
    const [first] = standings(applyChange(board, woken, later), later)
    expect(first).toMatchObject({ silent: false, announcing: true, announced: later })
    expect(first?.alert.id).toBe(2)
  })
})

describe('a silence', () => {
  const by = { person: 'p', name: 'P', role: 'duty_officer', from: '' } as const
  const of = (scope: Partial<Silence['scope']>): Silence => ({
    id: '7',
    scope: { camera: null, grid: null, kind: null, ...scope },
    reason: 'market day',
    by,
    from: at(0),
    until: at(600),
  })

  it('is told by the names of the place, or by its code where it has none', () => {
    expect(silencedPlace(of({ camera: 'cam-9' }), [], null)).toBe('cam-9')
    expect(silencedPlace(of({ grid: '11', camera: 'cam-9' }), [], null)).toBe('11 · cam-9')
  })
})
