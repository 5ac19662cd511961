import { describe, expect, it } from 'vitest'
import { applyChange, loadBoard } from '@/model/board'
import { amountOf, courseOf, forecastOf, formatAmount, isDoubtful, newestPicture, peakOf } from '@/model/crowd'
import { alert, at, crowd, NOW } from './alerts'

describe('a crowd', () => {
  it('is told per m² only where the ground is known', () => {
    expect(amountOf(crowd())).toEqual({ key: 'wall.crowd.amount.per_square_metre', params: { amount: '4.2' } })
    expect(peakOf(crowd()).params).toEqual({ amount: '4.4' })
    const gathering = crowd({ unit: 'heads', amount: 23 })
    expect(amountOf(gathering)).toEqual({ key: 'wall.crowd.amount.heads', params: { amount: '23' } })
    expect(formatAmount(5, 'per_square_metre')).toBe('5.0')
  })

  it('is forecast in minutes, and not while nobody sees it', () => {
    expect(forecastOf(crowd())?.params).toEqual({ minutes: 3, level: '5.0' })
    const soon = crowd({ forecast: { per_minute: 2, next_level: 5, next_level_s: 29, fast: true } })
    expect(forecastOf(soon)?.key).toBe('wall.crowd.forecastSoon.per_square_metre')
    expect(forecastOf(crowd({ held_back: 'moved' }))).toBeNull()
    expect(forecastOf(crowd({ forecast: null }))).toBeNull()
  })

  it('is doubtful where there are doubts', () => {
    expect(isDoubtful({ crowd: crowd() })).toBe(true)
    expect(isDoubtful({ crowd: crowd({ doubts: [] }) })).toBe(false)
    expect(isDoubtful({ crowd: null })).toBe(false)
  })

  it('shows the picture of its last rise', () => {
    expect(newestPicture(alert(1, { crowd: crowd() })).url).toBe('/1.jpg')
    expect(newestPicture(alert(1)).url).toBe('/s.jpg')
    const pending = { state: 'pending' as const, url: null, error: null }
    const course = [{ level: 'danger' as const, at: at(0), snapshot: pending }]
    expect(newestPicture(alert(1, { crowd: crowd({ course }) })).url).toBe('/s.jpg')
  })
})

describe('the course', () => {
  it('is that of the levels or of the person', () => {
    expect(courseOf(alert(1, { crowd: crowd() })).map(({ key }) => key)).toEqual([
      'wall.crowd.level.attention',
      'wall.crowd.level.warning',
    ])
    const transitions = [{ at: at(-40), to: 'down' as const, because: 'lies_where_stood' as const, share: 1, score: 0.4 }]
    expect(courseOf(alert(1, { transitions }))).toEqual([{ at: at(-40), key: 'wall.fallState.down' }])
    expect(courseOf(alert(1))).toEqual([])
  })
})

describe('a rise', () => {
  it('announces itself again, also when the screen learns of it by loading', () => {
    const before = loadBoard(1, [alert(1, { level: 3, opened_at: at(-300) })])
    const risen = alert(1, { seq: 2, level: 2, opened_at: at(-300), raised_at: at(-2) })
    expect(loadBoard(2, [risen], before).heard.get(1)?.announced).toBe(NOW - 2_000)
    const heard = applyChange(before, { type: 'alert', seq: 2, change: 'updated', alert: risen }, NOW)
    expect(heard.heard.get(1)?.announced).toBe(NOW)
    const fallen = alert(1, { seq: 3, level: 3, opened_at: at(-300), raised_at: at(-2) })
    const later = applyChange(heard, { type: 'alert', seq: 3, change: 'updated', alert: fallen }, NOW + 9_000)
    expect(later.heard.get(1)?.announced).toBe(NOW)
  })
})
