/** What was decided here: sent after a while in which it can be taken back, or at once. */
import { computed, onScopeDispose, shallowRef } from 'vue'
import { makeMove, MoveRefused } from '@/api/handling'
import type { Alert, Made, Move } from '@/api/types'
import { stillStands, undoMs } from '@/model/handling'

/** For so long it is said that a move arrived. */
const SAID_MS = 3_000

/** How a move stands: it can be taken back, is on its way, arrived, was refused, or the server was not reached. */
export type ActState =
  | { readonly is: 'waiting'; readonly ms: number }
  | { readonly is: 'sending' }
  | { readonly is: 'sent' }
  | { readonly is: 'refused'; readonly why: string; readonly first: Made | null }
  | { readonly is: 'failed' }

export interface Act {
  readonly key: number
  /** The alert as the person saw it. */
  readonly alert: Alert
  readonly move: Move
  readonly by: string
  readonly state: ActState
}

/** These say whether an alert is real. */
const JUDGING: ReadonlySet<Move['move']> = new Set(['confirm', 'dismiss', 'dispatch'])
/** These contradict nothing that others do meanwhile. */
const FREE: ReadonlySet<Move['move']> = new Set(['note', 'emergency'])

/** `done` is given every alert as it is after a move. */
export function useActs(done: (alert: Alert) => void) {
  const acts = shallowRef<readonly Act[]>([])
  const timers = new Map<number, number>()
  /** What is on its way, by alert: two moves of one alert go one after the other. */
  const onTheWay = new Map<number, Promise<void>>()
  let count = 0

  const find = (key: number) => acts.value.find((act) => act.key === key)
  const set = (key: number, state: ActState) => {
    acts.value = acts.value.map((act) => (act.key === key ? { ...act, state } : act))
  }
  const later = (key: number, ms: number, run: () => void) => {
    window.clearTimeout(timers.get(key))
    timers.set(key, window.setTimeout(run, ms))
  }
  function drop(key: number): void {
    window.clearTimeout(timers.get(key))
    timers.delete(key)
    acts.value = acts.value.filter((act) => act.key !== key)
  }

  function send(key: number): void {
    const act = find(key)
    if (!act) return
    // Sent before its time, it is not sent again at its time.
    window.clearTimeout(timers.get(key))
    set(key, { is: 'sending' })
    const { id } = act.alert
    const before = onTheWay.get(id)
    const mine = before ? before.then(() => attempt(key)) : attempt(key)
    onTheWay.set(id, mine)
    void mine.then(() => onTheWay.get(id) === mine && onTheWay.delete(id))
  }

  /** One's own move was made: it is no surprise to those that were decided before it arrived. */
  function know(act: Act, now: Alert): void {
    if (now.step !== act.alert.step + 1) return
    const follows = (other: Act) => other.alert.id === now.id && other.alert.step === act.alert.step
    acts.value = acts.value.map((other) => (follows(other) ? { ...other, alert: now } : other))
  }

  async function attempt(key: number, step?: number): Promise<void> {
    const act = find(key)
    if (!act) return
    const known = FREE.has(act.move.move) ? null : (step ?? act.alert.step)
    try {
      const now = await makeMove(act.alert.id, act.move, act.by, known)
      know(act, now)
      done(now)
      set(key, { is: 'sent' })
      later(key, SAID_MS, () => drop(key))
    } catch (error) {
      if (!(error instanceof MoveRefused)) set(key, { is: 'failed' })
      else if (step === undefined && stillStands(act.move, error.allowed)) await attempt(key, error.step)
      else set(key, { is: 'refused', why: error.why, first: error.lastMove })
    }
  }

  /** Does something with an alert in the name of `by`; what still waits for the same alert is sent first. */
  function begin(alert: Alert, move: Move, by: string): void {
    for (const act of acts.value) if (act.alert.id === alert.id && act.state.is === 'waiting') send(act.key)
    count += 1
    const key = count
    const ms = undoMs(alert, move.move)
    acts.value = [...acts.value, { key, alert, move, by, state: ms > 0 ? { is: 'waiting', ms } : { is: 'sending' } }]
    if (ms > 0) later(key, ms, () => send(key))
    else send(key)
  }

  /** Takes back the newest move that still waits, and says of which alert it was. */
  function undo(): number | null {
    const act = acts.value.findLast(({ state }) => state.is === 'waiting')
    if (!act) return null
    drop(act.key)
    return act.alert.id
  }

  // A page that goes away takes no decision with it.
  const flush = () => {
    for (const act of acts.value) if (act.state.is === 'waiting') send(act.key)
  }
  window.addEventListener('pagehide', flush)
  onScopeDispose(() => {
    window.removeEventListener('pagehide', flush)
    flush()
    for (const timer of timers.values()) window.clearTimeout(timer)
  })

  /** The moves that were decided here and are not on the server yet, by alert. */
  const pending = computed(
    () => new Map(acts.value.filter(({ state }) => state.is === 'waiting' || state.is === 'sending').map((act) => [act.alert.id, act.move])),
  )
  const judged = computed(() => new Set([...pending.value].filter(([, { move }]) => JUDGING.has(move)).map(([id]) => id)))

  return { acts, pending, judged, begin, undo, drop, retry: send }
}
