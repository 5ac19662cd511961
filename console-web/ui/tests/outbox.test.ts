import { describe, expect, it } from 'vitest'
import type { MoveRefusal, Entry } from '@/api/types'
import { enqueue, judge, LATE_MS, made, nextOf, refused, type Waiting, wasMade } from '@/model/outbox'
import { alert, at, NOW } from './alerts'

const ME = 'worker-1'
const item = (id: string, move: Waiting['move'], changes: Partial<Waiting> = {}): Waiting => ({
  id,
  alert: 1,
  place: 'C1',
  move,
  step: 3,
  at: NOW,
  tried: false,
  refusal: null,
  late: `${id} was late`,
  ...changes,
})
const accept = item('a', { move: 'accept' })
const arrive = item('b', { move: 'arrive' })
const ambulance = item('c', { move: 'emergency', outcome: 'called' })
const refusal = (why: MoveRefusal['why']): MoveRefusal => ({ why, state: 'accepted', step: 7, allowed: ['note'], last_move: null })
const moved = (person: string, seconds: number): Entry => ({
  at: at(seconds),
  by: { person, name: person, role: 'grid_worker', from: '' },
  what: 'moved',
  done: { move: 'accept' },
  from: 'dispatched',
  to: 'accepted',
})

describe('the queue', () => {
  it('takes a button that is pressed twice once', () => {
    expect(enqueue([accept], { ...accept, id: 'z' })).toEqual([accept])
  })

  it('builds each move on the one before it', () => {
    const queue = enqueue([accept], arrive)
    expect(queue[1]?.step).toBeNull()
    expect(made(queue, accept, alert(1, { step: 4 }), NOW)).toEqual([{ ...arrive, step: 4 }])
  })

  it('says in the timeline when it was really made, before what follows', () => {
    const queue = enqueue([accept], arrive)
    const [note, next] = made(queue, accept, alert(1, { step: 4 }), NOW + LATE_MS)
    expect(note).toMatchObject({ move: { move: 'note', text: 'a was late' }, step: 4, late: '' })
    expect(next).toMatchObject({ id: 'b', step: null })
  })

  it('refuses what was built on a refused move, but no fact', () => {
    const queue = refused(enqueue(enqueue([accept], arrive), ambulance), accept, refusal('overtaken'))
    expect(queue.map((entry) => entry.refusal?.why ?? null)).toEqual(['overtaken', 'overtaken', null])
    expect(nextOf(queue)).toMatchObject({ id: 'c', step: 7 })
  })
})

describe('an answer', () => {
  it('that is lost is looked for before the move is sent as new', () => {
    expect(judge(accept, { kind: 'unknown' })).toBe('later')
    expect(judge({ ...accept, tried: true }, { kind: 'refused', refusal: refusal('overtaken') })).toBe('look')
    expect(wasMade(accept, ME, [moved(ME, 1)])).toBe(true)
    expect(wasMade(accept, ME, [moved('worker-2', 1), moved(ME, -60)])).toBe(false)
  })

  it('that somebody was first stops a move, but no fact', () => {
    const outcome = { kind: 'refused', refusal: refusal('overtaken') } as const
    expect(judge(accept, outcome)).toBe('refused')
    expect(judge(ambulance, outcome)).toBe('again')
  })
})
