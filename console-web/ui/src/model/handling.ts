/** What a duty officer may do with an alert, as the server's rules have it, and how long it may be taken back. */
import type { Actor, Alert, AlertState, Clock, Move, MoveKind, Person } from '@/api/types'
import { levelOf } from './levels'

const AT_WORK: readonly AlertState[] = ['dispatched', 'accepted', 'on_scene', 'reported']

/** The states from which a move leads on; what is missing here is made from any, or not at the desk. */
const FROM: Readonly<Partial<Record<MoveKind, readonly AlertState[]>>> = {
  confirm: ['pending', ...AT_WORK],
  dismiss: ['pending', 'confirmed', ...AT_WORK],
  dispatch: ['pending', 'confirmed'],
  reassign: AT_WORK,
  escalate: ['dispatched', 'accepted', 'on_scene'],
  supervise: ['pending', 'confirmed', 'dispatched', 'accepted', 'on_scene'],
  verify: ['reported'],
  close: ['verified', 'confirmed'],
  reopen: ['false', 'verified', 'closed'],
  merge: ['pending', 'confirmed', 'dispatched', 'accepted', 'on_scene'],
}
const WHILE_HELD: ReadonlySet<MoveKind> = new Set(['dismiss', 'note', 'emergency', 'resume'])
const WHILE_MERGED: ReadonlySet<MoveKind> = new Set(['note', 'emergency', 'unmerge'])

/** Whether nothing is left to do about it. */
export function isFinal({ state }: Pick<Alert, 'state'>): boolean {
  return state === 'false' || state === 'closed'
}

/** Whether an officer may make this move now. The server has the last word. */
export function allows(alert: Alert, move: MoveKind): boolean {
  if (alert.merged) return WHILE_MERGED.has(move)
  if (alert.on_hold && !WHILE_HELD.has(move)) return false
  switch (move) {
    case 'note':
    case 'emergency':
      return true
    case 'confirm':
      return alert.judged === null && (FROM.confirm ?? []).includes(alert.state)
    case 'resume':
      return alert.on_hold !== null
    case 'proceed':
      return alert.backlog && !isFinal(alert)
    case 'supervise':
      return alert.supervision < 3 && (FROM.supervise ?? []).includes(alert.state)
    default:
      return FROM[move]?.includes(alert.state) ?? false
  }
}

/** How long a move can be taken back before it is sent. */
export const UNDO_MS = 5_000

/**
 * How long a move waits for somebody to take it back.
 *
 * Of a red alert (a long lie, the worst crowds) everything that brings help is sent at once: from judgement to
 * acceptance there are 90 s in all, and somebody who is called in vain costs less than five seconds of somebody who lies
 * there. Judging it false stops the help that is on its way, so that waits, of a red alert above all. Remarks and what
 * came of a call are facts: they are sent at once and stay.
 */
export function undoMs(alert: Pick<Alert, 'level'>, move: MoveKind): number {
  if (move === 'note' || move === 'emergency') return 0
  return levelOf(alert) === 1 && move !== 'dismiss' ? 0 : UNDO_MS
}

/**
 * Whether a refused move is sent again by itself: saying that an alert is real contradicts nothing that anybody did
 * meanwhile, as long as nobody has judged it.
 */
export function stillStands(move: Move, allowed: readonly MoveKind[]): boolean {
  return move.move === 'confirm' && allowed.includes('confirm')
}

/** The clocks that a person is waited for, the one that runs out first before the others. */
export function nextClock(clocks: readonly Clock[]): Clock | null {
  const waiting = clocks.filter(({ clock }) => clock !== 'supervise' && clock !== 'resume')
  return waiting.toSorted((a, b) => Date.parse(a.due_at) - Date.parse(b.due_at))[0] ?? null
}

/** Who may act at a desk: officers and shift leads who work here at present. */
export function isOfficer({ active, roles }: Pick<Person, 'active' | 'roles'>): boolean {
  return active && (roles ?? []).some(({ role }) => role === 'duty_officer' || role === 'shift_lead')
}

export function isLead({ roles }: Pick<Person, 'roles'>): boolean {
  return (roles ?? []).some(({ role }) => role === 'shift_lead')
}

/** Whether a person did it, and not the system by itself. */
export function isPerson(actor: Pick<Actor, 'role'>): boolean {
  return actor.role !== 'system'
}

/** How far back handling times are counted: a shift. */
const SHIFT_MS = 12 * 3600 * 1000

/** The median of the times from opening to a person's judgement in the last shift, in ms; drills are practice and count in none. */
export function medianHandling(alerts: readonly Alert[], now: number): { ms: number; count: number } | null {
  const times = alerts
    .filter(({ drill, judged, opened_at: opened }) => !drill && judged && isPerson(judged.by) && now - Date.parse(opened) < SHIFT_MS)
    .map(({ judged, opened_at: opened }) => Date.parse(judged?.at ?? opened) - Date.parse(opened))
    .toSorted((a, b) => a - b)
  // The nearest rank, as in the reports.
  const ms = times[Math.ceil(times.length / 2) - 1]
  return ms === undefined ? null : { ms, count: times.length }
}
