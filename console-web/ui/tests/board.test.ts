import { describe, expect, it } from 'vitest'
import type { Alert } from '@/api/types'
import { applyChange, countByLevel, loadBoard, RECENT, recentlyEnded, standings } from '@/model/board'
import { alert, at, NOW } from './alerts'

const change = (seq: number, changed: Alert) =>
  ({ type: 'alert', seq, change: 'updated', alert: { ...changed, seq } }) as const
const ids = (list: { alert: Alert }[]) => list.map((standing) => standing.alert.id)

describe('a board', () => {
  it('takes changes in order of seq', () => {
    const board = applyChange(loadBoard(1, [alert(1)]), change(2, alert(1, { level: 1 })), NOW)
    expect(board.seq).toBe(2)
    expect(board.alerts.get(1)?.level).toBe(1)
  })

  it('ignores a change it already has', () => {
    const board = loadBoard(5, [alert(1)])
    expect(applyChange(board, change(5, alert(2)), NOW)).toBe(board)
    expect(applyChange(board, change(4, alert(2)), NOW)).toBe(board)
  })

  it('does not go back to an older state of an alert that was loaded newer', () => {
    const board = applyChange(loadBoard(3, [alert(1, { seq: 9, level: 1 })]), change(4, alert(1)), NOW)
    expect(board.seq).toBe(4)
    expect(board.alerts.get(1)?.level).toBe(1)
  })

  it('is replaced by a full load after a resync, also by one with smaller numbers', () => {
    const before = loadBoard(900, [alert(1), alert(2)])
    const board = loadBoard(3, [alert(2), alert(3)], before)
    expect(board.seq).toBe(3)
    expect([...board.alerts.keys()]).toEqual([2, 3])
  })

  it('does not announce an alert again after a full load', () => {
    const live = applyChange(loadBoard(0, []), change(1, alert(1, { opened_at: at(-3600) })), NOW)
    const loaded = loadBoard(2, [alert(1, { opened_at: at(-3600) })], live)
    expect(loaded.heard.get(1)?.announced).toBe(NOW)
  })

  it('keeps only the last few ended alerts', () => {
    const ended = Array.from({ length: RECENT + 3 }, (_, i) =>
      alert(i + 1, { ended_at: at(-100 + i), end_reason: 'upright' }),
    )
    const board = loadBoard(99, [...ended, alert(50)])
    expect(board.alerts.size).toBe(RECENT + 1)
    expect(board.heard.size).toBe(RECENT + 1)
    expect(recentlyEnded(board).map(({ id }) => id)).toEqual([8, 7, 6, 5, 4])
  })
})

describe('standings', () => {
  it('sort by level, then newest first', () => {
    const board = loadBoard(4, [alert(1), alert(2, { level: 1 }), alert(3), alert(4, { level: 3 })])
    expect(ids(standings(board, NOW))).toEqual([2, 3, 1, 4])
  })

  it('keep an ended alert for 10 s, grey and silent', () => {
    const ended = alert(1, { ended_at: at(-5), end_reason: 'gone' })
    const board = applyChange(loadBoard(1, [alert(1)]), change(2, ended), NOW)
    expect(standings(board, NOW + 9_999)[0]).toMatchObject({ over: true, announcing: false })
    expect(standings(board, NOW + 10_000)).toEqual([])
  })

  it('leave out what had ended before the page was opened', () => {
    const board = loadBoard(1, [alert(1, { ended_at: at(-1), end_reason: 'gone' })])
    expect(standings(board, NOW)).toEqual([])
  })

  it('highlight a new alert for 2 s and announce it for a minute', () => {
    const board = applyChange(loadBoard(0, []), change(1, alert(1)), NOW)
    expect(standings(board, NOW + 1_999)[0]).toMatchObject({ fresh: true, announcing: true })
    expect(standings(board, NOW + 2_000)[0]).toMatchObject({ fresh: false, announcing: true })
    expect(standings(board, NOW + 60_000)[0]).toMatchObject({ fresh: false, announcing: false })
  })

  it('announce an alert again when its level rises, not when it is updated', () => {
    const board = loadBoard(1, [alert(1, { opened_at: at(-300) })])
    expect(standings(applyChange(board, change(2, alert(1)), NOW), NOW)[0]?.announcing).toBe(false)
    expect(standings(applyChange(board, change(2, alert(1, { level: 1 })), NOW), NOW)[0]?.announcing).toBe(true)
  })

  it('count open alerts by level', () => {
    const board = loadBoard(3, [alert(1), alert(2), alert(3, { level: 9 })])
    expect(countByLevel(standings(board, NOW))).toEqual({ 1: 1, 2: 2, 3: 0, 4: 0 })
  })
})
