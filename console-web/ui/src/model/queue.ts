/** What stands in the queue of a desk, in which order, and what of it is looked for. */
import type { Alert, GridRef, Queue } from '@/api/types'
import { isFinal } from './handling'
import { levelOf, type Level } from './levels'

/** What somebody looks for; empty and null let everything through. */
export interface Search {
  readonly text: string
  readonly level: Level | null
  readonly kind: Alert['kind'] | null
}

export const NO_SEARCH: Search = { text: '', level: null, kind: null }

/** An alert in the queue, or the head of a group of them in a flood. */
export type Row =
  | { readonly row: 'alert'; readonly alert: Alert; readonly nested: boolean }
  | { readonly row: 'group'; readonly grid: GridRef | null; readonly level: Level; readonly count: number }

/** The parts of the queue: what waits for a judgement, what is being handled, what is on hold. */
export interface Sections {
  readonly waiting: readonly Row[]
  readonly handled: readonly Alert[]
  readonly held: readonly Alert[]
}

/** Whether an alert is what somebody looks for: every word stands somewhere in its place or is its number. */
export function matches(alert: Alert, { text, level, kind }: Search): boolean {
  if (level !== null && levelOf(alert) !== level) return false
  if (kind !== null && alert.kind !== kind) return false
  const place = [alert.camera.name, alert.camera.short_name, alert.camera.id, ...alert.grid_path.map(({ name }) => name)]
  const where = place.join('\n').toLowerCase()
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return words.every((word) => where.includes(word) || word.replace('#', '') === String(alert.id))
}

/**
 * The queue as the server orders it, with what the server did not yet count among it at the end: an alert that is
 * told by the socket is never missing until the queue has been asked for again.
 */
export function sections(queue: Queue | undefined, alerts: ReadonlyMap<number, Alert>, search: Search): Sections {
  const open = [...alerts.values()].filter((alert) => !isFinal(alert) && matches(alert, search))
  const free = open.filter((alert) => !alert.on_hold && !alert.merged)
  const waits = new Map(free.filter((alert) => isWaiting(alert)).map((alert) => [alert.id, alert]))
  const waiting: Row[] = []
  for (const { grid, alerts: ids } of queue?.entries ?? []) {
    const members = ids.flatMap((id) => waits.get(id) ?? [])
    const [first] = members
    if (!first) continue
    const grouped = members.length > 1
    if (grouped) waiting.push({ row: 'group', grid, level: levelOf(first), count: members.length })
    for (const alert of members) {
      waiting.push({ row: 'alert', alert, nested: grouped })
      waits.delete(alert.id)
    }
  }
  for (const alert of [...waits.values()].toSorted(byUrgency)) waiting.push({ row: 'alert', alert, nested: false })
  return {
    waiting,
    handled: free.filter((alert) => !isWaiting(alert)).toSorted(byUrgency),
    held: open.filter((alert) => alert.on_hold || alert.merged).toSorted(byUrgency),
  }
}

/** Nobody has said yet whether it is real. */
export function isWaiting(alert: Alert): boolean {
  return alert.judged === null && alert.state !== 'reported' && alert.state !== 'verified' && !isFinal(alert)
}

function byUrgency(a: Alert, b: Alert): number {
  return a.level - b.level || Date.parse(a.opened_at) - Date.parse(b.opened_at) || a.id - b.id
}

/** Every alert of the queue in the order of the page. */
export function inOrder({ waiting, handled, held }: Sections): Alert[] {
  return [...waiting.flatMap((row) => (row.row === 'alert' ? [row.alert] : [])), ...handled, ...held]
}

/** The first alert that waits and is not `current` nor among those just judged here; null where nothing waits. */
export function nextWaiting(list: Sections, current: number | null, judged: ReadonlySet<number>): number | null {
  const ids = list.waiting.flatMap((row) => (row.row === 'alert' && !judged.has(row.alert.id) ? [row.alert.id] : []))
  return ids.find((id) => id !== current) ?? null
}
