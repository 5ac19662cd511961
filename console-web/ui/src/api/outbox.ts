/** Moves made on this phone: kept until the server has them, sent in order and once. */
import { onScopeDispose, shallowRef, type Ref } from 'vue'
import { enqueue, isFact, judge, made, nextOf, refused, replace, wasMade, without, type Waiting } from '@/model/outbox'
import { backoffDelay } from './backoff'
import { fetchTimeline, makeMove } from './client'
import { keep, readKept } from './storage'
import type { Alert, MoveBody } from './types'

const running = new Set<string>()

/** Only one page of the phone sends at a time; where the browser has no locks, one of each page. */
async function alone(name: string, run: () => Promise<void>): Promise<void> {
  if (running.has(name)) return
  running.add(name)
  try {
    if (!navigator.locks) await run()
    else await navigator.locks.request(name, { ifAvailable: true }, async (lock) => (lock ? run() : undefined))
  } finally {
    running.delete(name)
  }
}

export interface Outbox {
  queue: Readonly<Ref<readonly Waiting[]>>
  /** Puts a move into the queue and sends what is there. */
  add: (item: Waiting) => Promise<void>
  /** Sends what is there, now. */
  flush: () => Promise<void>
  /** Forgets everything that was refused about an alert. */
  drop: (alert: number) => Promise<void>
}

/** The queue of a person. `onMade` is told of each alert as the server gave it back; `now` is the server's time. */
export function useOutbox(person: string, now: () => number, onMade: (alert: Alert) => void): Outbox {
  const drawer = `outbox/${person}`
  const queue = shallowRef<readonly Waiting[]>([])
  let attempt = 0
  let timer = 0
  let ended = false

  const set = async (next: readonly Waiting[]) => {
    queue.value = next
    await keep(drawer, next)
  }
  const loaded = readKept<readonly Waiting[]>(drawer).then((known) => {
    if (known) queue.value = [...known, ...queue.value]
  })

  /** Sends the oldest. Whether to go on with the next. */
  const sendNext = async (item: Waiting): Promise<boolean> => {
    const body = { ...item.move, by: person, step: item.step } as MoveBody
    // Written down before it is sent: a page that dies meanwhile must not forget that the server may have it.
    await set(replace(queue.value, { ...item, tried: true }))
    const outcome = await makeMove(item.alert, body)
    const verdict = judge(item, outcome)
    if (verdict === 'later') return false
    if (outcome.kind === 'made') {
      onMade(outcome.alert)
      await set(made(queue.value, item, outcome.alert, now()))
      return true
    }
    if (outcome.kind === 'unknown') return false
    const { refusal } = outcome
    if (verdict === 'look') {
      const entries = await fetchTimeline(item.alert).catch(() => null)
      if (!entries) return false
      if (wasMade(item, person, entries)) {
        await set(made(queue.value, item, { step: refusal.step ?? 0 }, now()))
        return true
      }
    }
    const isOnlyLate = refusal.why === 'overtaken' && isFact(item.move) && refusal.step !== null
    if (isOnlyLate) await set(replace(queue.value, { ...item, step: refusal.step, tried: false }))
    else await set(refused(queue.value, item, refusal))
    return true
  }

  const flush = () =>
    alone(drawer, async () => {
      await loaded
      window.clearTimeout(timer)
      for (let item = nextOf(queue.value); item; item = nextOf(queue.value)) {
        if (ended) return
        // One after the other: each builds on the one before.
        // oxlint-disable-next-line no-await-in-loop
        if (!(await sendNext(item))) {
          timer = window.setTimeout(() => void flush(), backoffDelay(attempt++, Math.random()))
          return
        }
        attempt = 0
      }
    })

  onScopeDispose(() => {
    ended = true
    window.clearTimeout(timer)
  })

  return {
    queue,
    add: async (item) => {
      await loaded
      await set(enqueue(queue.value, item))
      await flush()
    },
    flush,
    drop: async (alert) => {
      const ids = queue.value.filter((item) => item.alert === alert && item.refusal).map(({ id }) => id)
      await set(without(queue.value, new Set(ids)))
    },
  }
}
