/** Who can be called for an alert, and how far each has been reached. */
import type { Alert, Delivery, Person, Rung } from '@/api/types'

export type Reached = Delivery['state'] | 'returned' | null

/** Somebody on duty or called, with the furthest that a message about the alert has come to them. */
export interface OnCall {
  readonly id: string
  readonly name: string
  readonly phone: string | null
  /** The rung; null for somebody who was called beside the ladder. */
  readonly rung: Rung['name'] | null
  readonly reached: Reached
  /** When it came so far. */
  readonly at: string | null
}

/** A line of the panel: somebody, or so many of a rung of whom nobody was told anything. */
export type CallLine = { readonly line: 'person'; readonly person: OnCall } | { readonly line: 'pool'; readonly rung: Rung['name']; readonly count: number }

/** A rung with more people than this is a pool: whoever of it was told nothing is a number. */
const POOL = 3

/** The lines for people in their order; a patrol pool of a dozen does not hide the police post behind it. */
export function callLines(people: readonly OnCall[]): CallLine[] {
  const lines: CallLine[] = []
  for (const person of people) {
    const free = people.filter(({ rung, reached }) => rung !== null && rung === person.rung && reached === null)
    if (person.rung === null || person.reached !== null || free.length <= POOL) lines.push({ line: 'person', person })
    else if (free[0] === person) lines.push({ line: 'pool', rung: person.rung, count: free.length })
  }
  return lines
}

/** How far a delivery has come, in order; what failed or is not needed any more says less than one that is under way. */
const ORDER: readonly Delivery['state'][] = ['cancelled', 'failed', 'queued', 'sent', 'delivered', 'seen', 'accepted']

const timeOf = (delivery: Delivery) =>
  ({
    queued: delivery.created_at,
    sent: delivery.sent_at,
    delivered: delivery.delivered_at,
    seen: delivery.seen_at,
    accepted: delivery.accepted_at,
    failed: delivery.created_at,
    cancelled: delivery.created_at,
  })[delivery.state]

function furthest(deliveries: readonly Delivery[], person: string): Delivery | undefined {
  return deliveries
    .filter(({ recipient }) => recipient === person)
    .toSorted((a, b) => ORDER.indexOf(b.state) - ORDER.indexOf(a.state) || b.id - a.id)[0]
}

/** The people of the ladder in the order in which they are called, then whoever was told beside it. */
export function onCall(
  alert: Pick<Alert, 'called'>,
  ladder: readonly Rung[],
  deliveries: readonly Delivery[],
  people: ReadonlyMap<string, Person>,
): OnCall[] {
  const rungs = ladder.flatMap((rung) => rung.people.map(({ id, name }) => ({ id, name, rung: rung.name as OnCall['rung'] })))
  const onLadder = new Set(rungs.map(({ id }) => id))
  const told = [...new Set([...alert.called.people, ...deliveries.map(({ recipient }) => recipient)])]
    // A channel to a group or a system is nobody who answers.
    .filter((id) => !onLadder.has(id) && people.has(id))
    .map((id) => ({ id, name: people.get(id)?.name ?? id, rung: null }))
  return [...rungs, ...told].map((who): OnCall => {
    const delivery = furthest(deliveries, who.id)
    const phone = people.get(who.id)?.phone ?? null
    if (alert.called.accepted?.person === who.id) return { ...who, phone, reached: 'accepted', at: delivery?.accepted_at ?? null }
    if (alert.called.returned.includes(who.id)) return { ...who, phone, reached: 'returned', at: null }
    return { ...who, phone, reached: delivery?.state ?? null, at: delivery ? timeOf(delivery) : null }
  })
}
