/** The alerts on a screen, as a pure function of what the server said. */
import type { Alert, ServerMessage } from '@/api/types'
import { ANNOUNCE_MS, HIGHLIGHT_MS, LEVELS, levelOf, LINGER_MS, type Level } from './levels'

/** How many ended alerts are kept. */
export const RECENT = 5

/** When this screen learned something about an alert, in server milliseconds. */
export interface Heard {
  /** It became new or rose to a higher level. */
  announced: number
  /** It ended while this screen was watching; null if it had ended before. */
  ended: number | null
}

export interface Board {
  /** The newest change that is on the board. */
  readonly seq: number
  readonly alerts: ReadonlyMap<number, Alert>
  readonly heard: ReadonlyMap<number, Heard>
}

type AlertMessage = Extract<ServerMessage, { type: 'alert' }>

/**
 * A board from a full load that is true as of `seq`. What the screen had heard about alerts that are
 * still there is taken over from `before`, so that nothing announces itself twice.
 */
export function loadBoard(seq: number, alerts: readonly Alert[], before?: Board): Board {
  const heard = (alert: Alert): Heard => {
    const told = Date.parse(alert.raised_at ?? alert.opened_at)
    const known = before?.heard.get(alert.id)
    // A rise that happened while this screen was cut off is news all the same.
    return { announced: Math.max(told, known?.announced ?? 0), ended: known?.ended ?? null }
  }
  return prune({
    seq,
    alerts: new Map(alerts.map((alert) => [alert.id, alert])),
    heard: new Map(alerts.map((alert) => [alert.id, heard(alert)])),
  })
}

/** The board after one change; the same board if the change is already on it. */
export function applyChange(board: Board, message: AlertMessage, now: number): Board {
  const { alert } = message
  if (message.seq <= board.seq) return board
  const known = board.alerts.get(alert.id)
  // A load can be newer than the changes that follow it: its two halves are asked for one by one.
  if (known && message.seq <= known.seq) return { ...board, seq: message.seq }
  const heard = board.heard.get(alert.id)
  const rose = known !== undefined && alert.level < known.level
  const woke = known !== undefined && isSilent(known) && !isSilent(alert)
  return prune({
    seq: message.seq,
    alerts: new Map(board.alerts).set(alert.id, alert),
    heard: new Map(board.heard).set(alert.id, {
      announced: heard && !rose && !woke ? heard.announced : now,
      ended: isOver(alert) ? (heard?.ended ?? now) : null,
    }),
  })
}

/** Nothing happens there any more, or somebody has answered for it. */
function isOver(alert: Alert): boolean {
  return alert.ended_at !== null || alert.state === 'false' || alert.state === 'closed'
}

/** A silence holds it: it neither flashes nor sounds. */
function isSilent(alert: Alert): boolean {
  return (alert.on_hold?.silence ?? null) !== null
}

/** The last ended alerts, newest end first. */
export function recentlyEnded(board: Board): Alert[] {
  return [...board.alerts.values()]
    .filter(isOver)
    .toSorted((a, b) => Date.parse(b.ended_at ?? b.last_seen_at) - Date.parse(a.ended_at ?? a.last_seen_at))
    .slice(0, RECENT)
}

/** Drops ended alerts beyond the last few: a wall runs for months. */
function prune(board: Board): Board {
  const kept = new Set(recentlyEnded(board).map((alert) => alert.id))
  const stays = ([id]: [number, unknown]) => {
    const alert = board.alerts.get(id)
    return alert !== undefined && (!isOver(alert) || kept.has(id))
  }
  return {
    seq: board.seq,
    alerts: new Map([...board.alerts].filter(stays)),
    heard: new Map([...board.heard].filter(stays)),
  }
}

/** How an alert stands on the screen at a moment. */
export interface Standing {
  readonly alert: Alert
  readonly level: Level
  readonly over: boolean
  /** Held by a silence. */
  readonly silent: boolean
  /** Arrived in the last 2 s. */
  readonly fresh: boolean
  /** Flashes and sounds. */
  readonly announcing: boolean
  readonly announced: number
}

/**
 * Open alerts and those that ended less than 10 s ago: highest level first, then newest first; silenced ones last.
 * The order of two alerts never changes while their levels stay.
 */
export function standings(board: Board, now: number): Standing[] {
  return [...board.alerts.values()]
    .map((alert) => stand(board, alert, now))
    .filter(({ alert, over }) => !over || lingers(board, alert.id, now))
    .toSorted((a, b) => Number(a.silent) - Number(b.silent) || a.level - b.level || b.alert.id - a.alert.id)
}

function lingers(board: Board, id: number, now: number): boolean {
  const ended = board.heard.get(id)?.ended
  return ended !== null && ended !== undefined && now - ended < LINGER_MS
}

/** How one alert stands, on the board or not. */
export function stand(board: Board, alert: Alert, now: number): Standing {
  const announced = board.heard.get(alert.id)?.announced ?? 0
  const over = isOver(alert)
  const silent = !over && isSilent(alert)
  const age = now - announced
  return {
    alert,
    level: levelOf(alert),
    over,
    silent,
    fresh: !over && !silent && age < HIGHLIGHT_MS,
    announcing: !over && !silent && alert.judged === null && age < ANNOUNCE_MS,
    announced,
  }
}

/** How many alerts are open at each level, those that are silenced left out. */
export function countByLevel(list: readonly Standing[]): Record<Level, number> {
  const counts: Record<Level, number> = { 1: 0, 2: 0, 3: 0, 4: 0 }
  for (const { level, over, silent } of list) if (!over && !silent) counts[level] += 1
  return counts
}

/** The levels that occur in `list`, highest first, with their counts. */
export function levelsIn(list: readonly Standing[]): { level: Level; count: number }[] {
  const counts = countByLevel(list)
  return LEVELS.map((level) => ({ level, count: counts[level] })).filter(({ count }) => count > 0)
}
