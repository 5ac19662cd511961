import { describe, expect, it } from 'vitest'
import type { Camera } from '@/api/types'
import { loadBoard, standings } from '@/model/board'
import { countByState, mergeCameras } from '@/model/cameras'
import { createServerClock, formatElapsed, formatMoment, formatTime } from '@/model/clock'
import { neighbour, selected } from '@/model/selection'
import { dueBurst } from '@/model/sound'
import { deskUnit, parseRoom, roomUnit } from '@/ui/room'
import { alert, at, NOW } from './alerts'

describe('the clock', () => {
  it.each([
    [-5, '00:00'],
    [0, '00:00'],
    [59_999, '00:59'],
    [61_000, '01:01'],
    [3_599_000, '59:59'],
    [3_600_000, '1:00:00'],
    [36_061_000, '10:01:01'],
  ])('writes %d ms as %s', (ms, text) => expect(formatElapsed(ms)).toBe(text))

  it('writes the time of day in 24 hours', () => {
    expect(formatTime(Date.parse('2026-03-01T16:05:09Z'), 'Asia/Shanghai')).toBe('00:05:09')
  })

  it('names the day of a moment that is more than a day ago', () => {
    const moment = Date.parse('2026-03-01T16:05:09Z')
    expect(formatMoment(moment, moment + 86_399_000, 'Asia/Shanghai')).toBe('00:05:09')
    expect(formatMoment(moment, moment + 86_400_000, 'Asia/Shanghai')).toBe('03-02 00:05')
  })

  it('runs on the server’s time, whatever the screen’s own clock says', () => {
    let monotonic = 1_000
    const clock = createServerClock(
      () => monotonic,
      () => 0,
    )
    clock.sync('2026-03-01T08:00:00Z')
    monotonic += 2_500
    expect(clock.now()).toBe(NOW + 2_500)
    clock.sync('no time at all')
    expect(clock.now()).toBe(NOW + 2_500)
  })
})

describe('cameras', () => {
  const camera = (id: string, state: Camera['state']) => ({ id, state }) as Camera

  it('are merged by id', () => {
    const merged = mergeCameras([camera('a', 'ok'), camera('b', 'ok')], [camera('b', 'silent'), camera('c', 'ok')])
    expect(merged.map(({ id, state }) => `${id} ${state}`)).toEqual(['a ok', 'b silent', 'c ok'])
  })

  it('are counted, the states everybody looks for always', () => {
    expect(countByState([camera('a', 'ok'), camera('b', 'disabled')])).toEqual([
      { state: 'ok', count: 1 },
      { state: 'silent', count: 0 },
      { state: 'unreachable', count: 0 },
      { state: 'disabled', count: 1 },
    ])
  })
})

describe('the selection', () => {
  const list = standings(loadBoard(3, [alert(1), alert(2), alert(3)]), NOW)

  it('follows the top of the stack unless somebody chose', () => {
    expect(selected(list, null, NOW)?.alert.id).toBe(3)
    expect(selected(list, { id: 1, until: NOW + 1 }, NOW)?.alert.id).toBe(1)
    expect(selected(list, { id: 1, until: NOW }, NOW)?.alert.id).toBe(3)
    expect(selected(list, { id: 9, until: NOW + 1 }, NOW)?.alert.id).toBe(3)
    expect(selected([], null, NOW)).toBeNull()
  })

  it('steps through the stack and stays at its ends', () => {
    expect(neighbour(list, 3, 1)).toBe(2)
    expect(neighbour(list, 1, 1)).toBe(1)
    expect(neighbour(list, 3, -1)).toBe(3)
    expect(neighbour([], null, 1)).toBeNull()
  })
})

describe('sound', () => {
  const heard = (level: number, age: number) =>
    dueBurst(standings(loadBoard(1, [alert(1, { level, opened_at: at(-age) })]), NOW), NOW)

  it('repeats by the ladder', () => {
    expect(heard(1, 7)?.key).toBe(heard(1, 7)?.key)
    expect(heard(1, 9)?.key).toMatch(/\/1$/)
    expect(heard(2, 13)?.key).toMatch(/\/1$/)
    expect(heard(3, 31)?.key).toMatch(/\/1$/)
  })

  it('ends after a minute, and level 4 is silent on the wall', () => {
    expect(heard(2, 60)).toBeNull()
    expect(heard(4, 1)).toBeNull()
  })

  it('is that of the highest level', () => {
    const board = loadBoard(2, [alert(1, { opened_at: at(-1) }), alert(2, { level: 1, opened_at: at(-5) })])
    expect(dueBurst(standings(board, NOW), NOW)?.level).toBe(1)
  })
})

describe('the screen', () => {
  it.each([
    [55, 5, 1920, 52],
    [55, 5, 3840, 103],
    [65, 5, 3840, 87],
    [86, 5, 3840, 66],
    [55, 3, 1920, 31],
  ])('of %d inches read from %d m over %d px has u = %d', (diagonal, distance, width, unit) => {
    expect(Math.round(roomUnit({ diagonal, distance }, width))).toBe(unit)
  })

  it('falls back to a desk', () => {
    expect(deskUnit(1920, 1080)).toBe(18)
    expect(deskUnit(1366, 768)).toBe(14)
    expect(parseRoom(new URLSearchParams('diag=55&dist=5'))).toEqual({ diagonal: 55, distance: 5 })
    expect(parseRoom(new URLSearchParams('diag=55'))).toBeNull()
    expect(parseRoom(new URLSearchParams('diag=x&dist=5'))).toBeNull()
  })
})
