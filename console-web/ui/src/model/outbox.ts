/** Moves that were made on the phone and wait to be sent, as pure functions: what is next, and what an answer does to the rest. */
import type { Alert, MoveBody, MoveOutcome, MoveRefusal, Entry } from '@/api/types'

/** A move that a phone makes: everything of the API's move but who and from which step. */
export type PhoneMove = Extract<
  MoveBody,
  { move: 'accept' | 'arrive' | 'report' | 'return' | 'note' | 'emergency' | 'escalate' }
> extends infer Body
  ? Body extends unknown
    ? Omit<Body, 'by' | 'step'>
    : never
  : never

/** One move that waits. */
export interface Waiting {
  readonly id: string
  readonly alert: number
  /** What the place is called, for whoever reads of it later. */
  readonly place: string
  readonly move: PhoneMove
  /** The number of moves the person knew of; null: whatever the move before it in this queue leads to. */
  readonly step: number | null
  /** When it was made, in server milliseconds. */
  readonly at: number
  /** It was sent at least once, and nobody knows whether it arrived. */
  readonly tried: boolean
  readonly refusal: MoveRefusal | null
  /** Said in the timeline where it is sent much later than it was made. */
  readonly late: string
}

/** From here on a move was made long before it was sent, and the timeline says when. */
export const LATE_MS = 15_000

/** The phone's idea of the server's time may be off by so much. */
const CLOCK_SLACK_MS = 5_000

/** A remark or a call for an ambulance is a fact: nobody can be quicker with it. */
export function isFact(move: PhoneMove): boolean {
  return move.move === 'note' || move.move === 'emergency'
}

/** The queue with one more; a second press of the same button adds nothing. */
export function enqueue(queue: readonly Waiting[], item: Waiting): readonly Waiting[] {
  const same = (known: Waiting) =>
    known.alert === item.alert && known.refusal === null && JSON.stringify(known.move) === JSON.stringify(item.move)
  if (queue.some(same)) return queue
  const follows = queue.some((known) => known.alert === item.alert && known.refusal === null)
  return [...queue, follows ? { ...item, step: null } : item]
}

/** What is sent next: the oldest that was not refused. */
export function nextOf(queue: readonly Waiting[]): Waiting | undefined {
  return queue.find(({ refusal }) => refusal === null)
}

export function replace(queue: readonly Waiting[], item: Waiting): readonly Waiting[] {
  return queue.map((known) => (known.id === item.id ? item : known))
}

export function without(queue: readonly Waiting[], ids: ReadonlySet<string>): readonly Waiting[] {
  return queue.filter(({ id }) => !ids.has(id))
}

/** The queue after an item was made, with the remark that it was made earlier where that is long ago. */
export function made(queue: readonly Waiting[], item: Waiting, alert: Pick<Alert, 'step'>, now: number): readonly Waiting[] {
  const rest = queue
    .filter(({ id }) => id !== item.id)
    .map((other) => (other.alert === item.alert && other.step === null ? { ...other, step: alert.step } : other))
  if (now - item.at < LATE_MS || item.late === '') return rest
  const note: Waiting = {
    ...item,
    id: `${item.id}/late`,
    move: { move: 'note', text: item.late },
    step: alert.step,
    at: now,
    tried: false,
    late: '',
  }
  return [note, ...rest.map((other) => (other.alert === item.alert ? { ...other, step: null } : other))]
}

/** The queue after an item was refused: what was built on it is refused with it, facts are not. */
export function refused(queue: readonly Waiting[], item: Waiting, refusal: MoveRefusal): readonly Waiting[] {
  return queue.map((other) => {
    if (other.alert !== item.alert || other.refusal) return other
    if (other.id === item.id) return { ...other, refusal }
    return isFact(other.move) ? { ...other, step: refusal.step } : { ...other, refusal }
  })
}

/** Whether the timeline tells that the server has an item already: its answer was lost on the way back. */
export function wasMade(item: Waiting, person: string, entries: readonly Entry[]): boolean {
  const wanted = Object.entries(item.move)
  return entries.some((entry) => {
    if (entry.what !== 'moved' || entry.by.person !== person) return false
    if (Date.parse(entry.at) < item.at - CLOCK_SLACK_MS) return false
    const done: Readonly<Record<string, unknown>> = { ...entry.done }
    return wanted.every(([key, value]) => done[key] === value)
  })
}

/** What to do after an answer: keep it, ask the timeline, or go on. */
export function judge(item: Waiting, outcome: MoveOutcome): 'made' | 'later' | 'look' | 'again' | 'refused' {
  if (outcome.kind === 'made') return 'made'
  if (outcome.kind === 'unknown') return 'later'
  if (item.tried) return 'look'
  return outcome.refusal.why === 'overtaken' && isFact(item.move) ? 'again' : 'refused'
}
