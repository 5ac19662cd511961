/** A case as the phone of one person sees it. */
import type { Alert, AlertState, Clock } from '@/api/types'

/**
 * What somebody has to do with a case. `called`: has to answer. `mine`: accepted it. `taken`: somebody else did.
 * `returned`: said no. `cleared`: was called and need not go any more. `told`: only knows of it. `over`: nothing is left to do.
 */
export type Part = 'called' | 'mine' | 'taken' | 'returned' | 'cleared' | 'told' | 'over'

/** An alert on a phone. `cleared`: the last thing the person was told of it is that nobody needs to go. */
export type Case = Alert & { readonly cleared?: boolean }

const DONE: ReadonlySet<AlertState> = new Set(['false', 'reported', 'verified', 'closed'])

export function partOf(alert: Pick<Case, 'state' | 'merged' | 'called' | 'cleared'>, person: string): Part {
  if (DONE.has(alert.state) || alert.merged) return 'over'
  const { accepted, people, returned } = alert.called
  if (accepted) return accepted.person === person ? 'mine' : 'taken'
  if (returned.includes(person)) return 'returned'
  if (alert.cleared) return 'cleared'
  return alert.state === 'dispatched' && people.includes(person) ? 'called' : 'told'
}

/** Whether it concerns the person at all, by the alert alone. */
export function concerns(alert: Pick<Alert, 'called'>, person: string): boolean {
  const { accepted, people, returned } = alert.called
  return accepted?.person === person || people.includes(person) || returned.includes(person)
}

/** Whether the phone rings for it: somebody waits for this person's answer. */
export function rings(alert: Pick<Case, 'state' | 'merged' | 'called' | 'cleared' | 'on_hold' | 'backlog'>, person: string): boolean {
  return partOf(alert, person) === 'called' && !alert.on_hold && !alert.backlog
}

const RANK: Readonly<Record<Part, number>> = { called: 0, mine: 1, told: 2, taken: 3, cleared: 4, returned: 5, over: 6 }

/** What waits for an answer first, then one's own, then the rest; the higher level first, then the newer. */
export function sortCases(alerts: readonly Case[], person: string): Case[] {
  const rank = (alert: Case) => RANK[partOf(alert, person)]
  return alerts.toSorted((a, b) => rank(a) - rank(b) || a.level - b.level || b.id - a.id)
}

/** Which clock runs against the person in a state. */
const AWAITED: Readonly<Partial<Record<AlertState, Clock['clock']>>> = { dispatched: 'accept', accepted: 'arrive', on_scene: 'report' }

/** The clock that is shown large: what comes next, until when, and how long there was for it in all. */
export interface Due {
  readonly clock: 'accept' | 'arrive' | 'report'
  readonly due: number
  readonly span: number
}

export function dueOf(alert: Pick<Alert, 'state' | 'clocks' | 'on_hold' | 'merged'>): Due | null {
  if (alert.on_hold || alert.merged) return null
  const awaited = AWAITED[alert.state]
  const running = alert.clocks.find(({ clock }) => clock === awaited)
  if (!running || (running.clock !== 'accept' && running.clock !== 'arrive' && running.clock !== 'report')) return null
  const due = Date.parse(running.due_at)
  return { clock: running.clock, due, span: due - Date.parse(running.started_at) }
}

/** The four large buttons. */
export const ACTS = ['accept', 'arrive', 'report', 'help'] as const
export type Act = (typeof ACTS)[number]

/** `due`: what is to be done now. `open`: can be done. `waiting`: was done here and is not sent yet. `done`, `shut`. */
export type ActState = 'due' | 'open' | 'waiting' | 'done' | 'shut'

/** How far along the line a state is. */
const PLACE: Readonly<Record<AlertState, number>> = {
  pending: 0,
  confirmed: 0,
  dispatched: 1,
  accepted: 2,
  on_scene: 3,
  reported: 4,
  verified: 5,
  false: 6,
  closed: 6,
}
const LINE = ['accept', 'arrive', 'report'] as const

/**
 * How each of the four buttons stands, with what was done here and is not sent yet counted in: who is without a network
 * goes on all the same.
 */
export function actStates(
  alert: Pick<Case, 'state' | 'merged' | 'called' | 'cleared' | 'times'>,
  person: string,
  waiting: ReadonlySet<string>,
): Record<Act, ActState> {
  const part = partOf(alert, person)
  const answers = part === 'called' || part === 'mine' || (part === 'told' && alert.state === 'dispatched')
  let place = PLACE[alert.state]
  const states: Record<Act, ActState> = { accept: 'shut', arrive: 'shut', report: 'shut', help: part === 'over' ? 'shut' : 'open' }
  LINE.forEach((act, index) => {
    const isDone = place > index + 1
    if (isDone) states[act] = part === 'mine' || part === 'over' ? 'done' : 'shut'
    else if (!answers || place !== index + 1) states[act] = 'shut'
    else if (waiting.has(act)) {
      states[act] = 'waiting'
      place += 1
    } else if (waiting.has('return')) states[act] = 'shut'
    // Who was only told may take it, and is not pressed to.
    else states[act] = part === 'told' ? 'open' : 'due'
  })
  // Only what has a time was done by somebody; a case that was closed early has steps that nobody went.
  if (!alert.times.accepted && states.accept === 'done') states.accept = 'shut'
  if (!alert.times.on_scene && states.arrive === 'done') states.arrive = 'shut'
  if (!alert.times.reported && states.report === 'done') states.report = 'shut'
  return states
}

/** When a step was gone, in server milliseconds. */
export function doneAt(alert: Pick<Alert, 'times'>, act: Act): number | null {
  const { accepted, on_scene: onScene, reported } = alert.times
  const time = { accept: accepted, arrive: onScene, report: reported, help: null }[act]
  return time ? Date.parse(time) : null
}

/** Whether the case can be given back: 退单. */
export function canReturn(alert: Pick<Case, 'state' | 'merged' | 'called' | 'cleared'>, person: string): boolean {
  const part = partOf(alert, person)
  return part === 'called' || (part === 'mine' && alert.state === 'accepted')
}
