import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, type EffectScope } from 'vue'
import { makeMove, MoveRefused } from '@/api/handling'
import type { Alert } from '@/api/types'
import { useActs } from '@/areas/desk/useActs'
import { alert } from './alerts'

vi.mock('@/api/handling', async (original) => ({ ...(await original<typeof import('@/api/handling')>()), makeMove: vi.fn<typeof makeMove>() }))
const sent = vi.mocked(makeMove)

let scope: EffectScope
let hide: () => void = () => undefined
const done = vi.fn<(alert: Alert) => void>()
const open = () => {
  const acts = scope.run(() => useActs(done))
  if (!acts) throw new Error('the scope is over')
  return acts
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('window', { setTimeout, clearTimeout, addEventListener: (_: string, run: () => void) => (hide = run), removeEventListener: () => undefined })
  scope = effectScope()
  sent.mockReset().mockImplementation((id) => Promise.resolve(alert(id)))
})
afterEach(() => {
  scope.stop()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a decision', () => {
  it('is sent after 5 s, with what the person knew of', async () => {
    const acts = open()
    acts.begin(alert(7, { step: 3 }), { move: 'confirm' }, 'officer')
    await vi.advanceTimersByTimeAsync(4_900)
    expect(sent).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(200)
    expect(sent.mock.calls).toEqual([[7, { move: 'confirm' }, 'officer', 3]])
  })

  it('is never sent once it was taken back', async () => {
    const acts = open()
    acts.begin(alert(7), { move: 'dispatch', to: null }, 'officer')
    expect(acts.undo()).toBe(7)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).not.toHaveBeenCalled()
    expect(acts.undo()).toBeNull()
  })

  it('that brings help to a red alert is sent at once', () => {
    open().begin(alert(7, { level: 1 }), { move: 'dispatch', to: null }, 'officer')
    expect(sent).toHaveBeenCalledTimes(1)
  })

  it('is sent once, in its order, where another one of the same alert follows or the page goes away', async () => {
    sent.mockRejectedValue(new MoveRefused('state', 1, [], null))
    const acts = open()
    acts.begin(alert(7), { move: 'confirm' }, 'officer')
    acts.begin(alert(7), { move: 'dismiss', reason: 'a bag' }, 'officer')
    hide()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent.mock.calls.map(([, { move }]) => move)).toEqual(['confirm', 'dismiss'])
  })
})

describe('two moves of one alert', () => {
  const steps = () => sent.mock.calls.map(([, { move }, , step]) => [move, step])
  beforeEach(() => {
    sent.mockImplementation((id, _, __, step) => new Promise((resolve) => setTimeout(() => resolve(alert(id, { level: 1, step: (step ?? 0) + 1 })), 300)))
  })

  it('do not overtake one another, decided before the first was sent', async () => {
    const acts = open()
    acts.begin(alert(7), { move: 'confirm' }, 'officer')
    acts.begin(alert(7), { move: 'dispatch', to: null }, 'officer')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(steps()).toEqual([['confirm', 0], ['dispatch', 1]])
  })

  it('do not overtake one another, both sent at once', async () => {
    const acts = open()
    acts.begin(alert(7, { level: 1 }), { move: 'confirm' }, 'officer')
    acts.begin(alert(7, { level: 1 }), { move: 'dispatch', to: null }, 'officer')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(steps()).toEqual([['confirm', 0], ['dispatch', 1]])
  })
})

describe('somebody who was first', () => {
  const first = { move: 'dispatch' as const, by: { person: 'o3', name: 'Officer 3', role: 'duty_officer' as const, from: '' }, at: '2026-03-01T08:00:00Z' }

  it('is told, and nothing is sent again', async () => {
    sent.mockRejectedValue(new MoveRefused('overtaken', 1, ['dismiss'], first))
    const acts = open()
    acts.begin(alert(7), { move: 'dismiss', reason: 'a bag' }, 'officer')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(sent).toHaveBeenCalledTimes(1)
    expect(acts.acts.value.map(({ state }) => state)).toEqual([{ is: 'refused', why: 'overtaken', first }])
  })

  it('does not hinder a confirmation, which contradicts nobody', async () => {
    sent.mockRejectedValueOnce(new MoveRefused('overtaken', 4, ['confirm'], first))
    const acts = open()
    acts.begin(alert(7), { move: 'confirm' }, 'officer')
    await vi.advanceTimersByTimeAsync(5_100)
    expect(sent.mock.calls.map(([, , , step]) => step)).toEqual([0, 4])
    expect(done).toHaveBeenCalled()
  })
})
