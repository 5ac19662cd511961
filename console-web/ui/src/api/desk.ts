/** Everything that is open, in the order in which to take it, kept up to date by the session's socket. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { computed, onScopeDispose } from 'vue'
import { isFinal } from '@/model/handling'
import { fetchDeliveries, fetchOpenAlerts, fetchPeople, fetchTimeline } from './client'
import { fetchDuty, fetchQueue } from './handling'
import { untilLoaded, useSession } from './session'
import type { Alert } from './types'

const OPEN = ['open']
const QUEUE = ['queue']

/** The most open alerts one load asks for; the server allows no more. */
const OPEN_LIMIT = 500
/** Changes that come together are one question. */
const GATHER_MS = 200
/** How far messages have come is not told by the socket. */
const DELIVERIES_MS = 4_000
/** Shifts change. */
const DUTY_MS = 60_000

/** How many handled alerts are kept for whoever still looks at them: a desk is open for weeks. */
const HANDLED_KEPT = 50

interface Open {
  readonly alerts: ReadonlyMap<number, Alert>
}

/** Asks again every so often, until the scope ends. */
function repeat(ask: () => unknown, everyMs: number): void {
  const timer = window.setInterval(() => void ask(), everyMs)
  onScopeDispose(() => window.clearInterval(timer))
}

/** The session of a desk: what every page has, and all open alerts, the queue, people and posts. */
export function useDesk() {
  const cache = useQueryCache()
  let gathering = 0

  const open = untilLoaded(
    useQuery({
      key: OPEN,
      query: async (): Promise<Open> => {
        const { alerts } = await fetchOpenAlerts(OPEN_LIMIT)
        // What the socket told while this was on its way is newer.
        const known = cache.getQueryData<Open>(OPEN)?.alerts
        const newest = (alert: Alert) => {
          const before = known?.get(alert.id)
          return before && before.seq > alert.seq ? before : alert
        }
        return { alerts: new Map(alerts.map((alert) => [alert.id, newest(alert)])) }
      },
    }),
  )
  const queue = untilLoaded(useQuery({ key: QUEUE, query: fetchQueue }))
  const people = untilLoaded(useQuery({ key: ['people'], query: fetchPeople }))
  const duty = untilLoaded(useQuery({ key: ['duty'], query: fetchDuty }))

  const askQueue = () => {
    window.clearTimeout(gathering)
    gathering = window.setTimeout(() => void queue.refetch(), GATHER_MS)
  }
  /** Takes over an alert as the server has it now. */
  const take = (alert: Alert) => {
    cache.setQueryData<Open>(OPEN, (known) => {
      const before = known?.alerts.get(alert.id)
      if (before && before.seq > alert.seq) return { alerts: known?.alerts ?? new Map() }
      const alerts = new Map(known?.alerts)
      // Told last stands last, so that the handled ones that go are the oldest.
      alerts.delete(alert.id)
      alerts.set(alert.id, alert)
      const handled = [...alerts.values()].filter(isFinal)
      for (const { id } of handled.slice(0, Math.max(0, handled.length - HANDLED_KEPT))) alerts.delete(id)
      return { alerts }
    })
    askQueue()
  }
  const reload = () => {
    void open.refetch()
    askQueue()
  }

  const session = useSession({ onAlert: ({ alert }) => take(alert), onResync: reload })
  repeat(duty.refetch, DUTY_MS)
  // A silence that ends, or a flood that ebbs, changes the queue without a change of an alert.
  repeat(queue.refetch, DUTY_MS)
  onScopeDispose(() => window.clearTimeout(gathering))

  const alerts = computed<ReadonlyMap<number, Alert>>(() => open.data.value?.alerts ?? new Map())
  return { ...session, open, alerts, queue, people, duty, take }
}

/** What happened to one alert and what was sent about it; asked for again with every change of it. */
export function useCase(id: number) {
  const timeline = untilLoaded(useQuery({ key: ['timeline', id], query: () => fetchTimeline(id), staleTime: 0, refetchOnMount: true }))
  const deliveries = untilLoaded(
    useQuery({ key: ['deliveries', id], query: () => fetchDeliveries(id), staleTime: 0, refetchOnMount: true }),
  )
  repeat(deliveries.refetch, DELIVERIES_MS)
  const refresh = () => {
    void timeline.refetch()
    void deliveries.refetch()
  }
  return { timeline, deliveries, refresh }
}
