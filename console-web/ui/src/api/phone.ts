/** What the phone of one person knows: its cases, kept up to date by the socket, and what it sends. */
import { computed, onScopeDispose, reactive, readonly, ref, shallowRef } from 'vue'
import { concerns, sortCases, type Case } from '@/model/cases'
import { backoffDelay } from './backoff'
import { fetchAlert, fetchOpenAlerts } from './client'
import { browserEnvironment, LiveSocket, type LiveStatus } from './live'
import { serverClock, useNow } from './now'
import { useOutbox } from './outbox'
import { keep, readKept } from './storage'
import type { Alert, Delivery, ServerMessage } from './types'

/** The most open alerts one load asks for; the server allows no more. */
const OPEN_LIMIT = 500
/** How many alerts are remembered of which the person was only told. */
const TOLD_MAX = 100
/** How many cases the list holds at most: what is over leaves first. */
const CASES_MAX = 50
/** How long after a change what is known is put away for the next start. */
const KEEP_AFTER_MS = 500

/** What was known when the page was closed, for a start without a network. */
interface Kept {
  at: number
  told: number[]
  cleared: number[]
  cases: Alert[]
}

/** Opens the session of a person's phone; it ends with the component that asked for it. */
export function usePhone(person: string) {
  const drawer = `phone/${person}`
  const { now, refresh } = useNow()
  const status = ref<LiveStatus>('connecting')
  const live = reactive({
    status,
    /** Up to when everything on the page is known to be true, in server milliseconds; null before the first time. */
    asOf: null as number | null,
    /** When a canary last came all the way, in server milliseconds. */
    proven: null as number | null,
    /** The server was updated: the page is of before. */
    outdated: false,
  })
  const alerts = shallowRef<ReadonlyMap<number, Alert>>(new Map())
  const loaded = ref(false)
  const told = new Set<number>()
  /** The last thing the person was told of these is that nobody needs to go. */
  const cleared = shallowRef<ReadonlySet<number>>(new Set())
  const newest = shallowRef<Delivery | null>(null)
  let seq = 0
  let version: string | null = null

  const mine = (alert: Alert) => concerns(alert, person) || told.has(alert.id)
  const cases = computed(() => {
    const known = [...alerts.value.values()].map((alert): Case => ({ ...alert, cleared: cleared.value.has(alert.id) }))
    return sortCases(known, person).slice(0, CASES_MAX)
  })

  let keeping = 0
  const keepSoon = () => {
    window.clearTimeout(keeping)
    keeping = window.setTimeout(() => {
      const kept: Kept = { at: live.asOf ?? now.value, told: [...told].slice(-TOLD_MAX), cleared: [...cleared.value].slice(-TOLD_MAX), cases: cases.value }
      void keep(drawer, kept)
    }, KEEP_AFTER_MS)
  }

  /** Takes over an alert as the server told it, unless something newer is known. */
  const take = (alert: Alert) => {
    const known = alerts.value.get(alert.id)
    if (!mine(alert) || (known && known.seq >= alert.seq)) return
    alerts.value = new Map(alerts.value).set(alert.id, alert)
    keepSoon()
  }

  const wake = readKept<Kept>(drawer).then((kept) => {
    if (!kept) return
    for (const id of kept.told) told.add(id)
    cleared.value = new Set([...(kept.cleared ?? []), ...cleared.value])
    if (loaded.value) return
    alerts.value = new Map([...kept.cases.map((alert): [number, Alert] => [alert.id, alert]), ...alerts.value])
    live.asOf ??= kept.at
  })

  const load = async () => {
    const page = await fetchOpenAlerts(OPEN_LIMIT)
    serverClock.sync(page.server_now)
    refresh()
    const open = new Map(page.alerts.map((alert) => [alert.id, alert]))
    // What was open here and is not any more was closed meanwhile: it is asked for, so that the page can say so.
    const gone = [...alerts.value.values()].filter(({ id }) => !open.has(id))
    const closed = await Promise.all(gone.map((alert) => fetchAlert(alert.id).catch(() => alert)))
    alerts.value = new Map([...page.alerts.filter(mine), ...closed].map((alert) => [alert.id, alert]))
    seq = page.seq
    loaded.value = true
    live.asOf = now.value
    keepSoon()
  }

  const socket = new LiveSocket(
    { seq: () => seq, onMessage: (message) => receive(message), onStatus: (next) => (status.value = next) },
    browserEnvironment(person),
  )

  const receive = (message: ServerMessage) => {
    if ('server_now' in message) serverClock.sync(message.server_now)
    refresh()
    live.asOf = now.value
    // Heard again after the browser had said that there is no network.
    if (navigator.onLine) status.value = 'live'
    switch (message.type) {
      case 'hello':
        live.outdated ||= version !== null && version !== message.version
        version = message.version
        void outbox.flush()
        break
      case 'alert':
        seq = Math.max(seq, message.seq)
        take(message.alert)
        break
      case 'canary':
        live.proven = Date.parse(message.at)
        break
      case 'delivery':
        receiveDelivery(message.delivery)
        break
      case 'resync':
        socket.stop()
        begin()
        break
      default:
        break
    }
  }

  const receiveDelivery = (delivery: Delivery) => {
    socket.say({ delivered: delivery.id })
    newest.value = delivery
    if (delivery.alert === null) return
    told.add(delivery.alert)
    const { why } = delivery.notice
    const others = [...cleared.value].filter((id) => id !== delivery.alert)
    cleared.value = new Set(why.told === 'call' && why.reason === 'all_clear' ? [...others, delivery.alert] : others)
    keepSoon()
    if (alerts.value.has(delivery.alert)) return
    fetchAlert(delivery.alert).then(take, () => undefined)
  }

  const outbox = useOutbox(person, () => serverClock.now(), take)

  let attempt = 0
  let timer = 0
  /** Loads, again and again until it works, and goes on from there by the socket. */
  const begin = () => {
    window.clearTimeout(timer)
    load().then(
      () => {
        attempt = 0
        socket.start()
      },
      () => {
        status.value = 'lost'
        timer = window.setTimeout(begin, backoffDelay(attempt++, Math.random()))
      },
    )
  }
  void wake.then(begin)

  const retry = () => {
    if (!loaded.value) begin()
    socket.retryNow()
    void outbox.flush()
  }
  // The browser knows at once that there is no network; the socket would wait for its ticks.
  const cut = () => (status.value = 'lost')
  const lookAgain = () => document.visibilityState === 'visible' && retry()
  window.addEventListener('online', retry)
  window.addEventListener('offline', cut)
  document.addEventListener('visibilitychange', lookAgain)
  onScopeDispose(() => {
    window.removeEventListener('online', retry)
    window.removeEventListener('offline', cut)
    document.removeEventListener('visibilitychange', lookAgain)
    window.clearTimeout(timer)
    window.clearTimeout(keeping)
    socket.stop()
  })

  return {
    cases,
    loaded: readonly(loaded),
    live: readonly(live),
    now,
    /** The delivery that came last. */
    newest,
    outbox,
    /** Says that the person looks at a delivery. */
    seen: (id: number) => socket.say({ seen: id }),
  }
}

export type PhoneSession = ReturnType<typeof usePhone>
