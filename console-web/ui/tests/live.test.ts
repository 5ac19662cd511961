import { describe, expect, it } from 'vitest'
import { backoffDelay } from '@/api/backoff'
import { type LiveEnvironment, LiveSocket, type LiveStatus } from '@/api/live'
import type { ServerMessage } from '@/api/types'

describe('back-off', () => {
  it('doubles up to a cap, with full jitter above a floor', () => {
    expect([0, 1, 2, 5, 60].map((attempt) => backoffDelay(attempt, 1))).toEqual([500, 1000, 2000, 15_000, 15_000])
    expect(backoffDelay(3, 0.5)).toBe(2000)
    expect(backoffDelay(8, 0)).toBe(200)
  })
})

/** A socket, timers and a clock that do what the test says. */
function world() {
  const opened: { after: number; socket: WebSocket; closed: boolean; sent: string[] }[] = []
  const timers = new Map<number, { run: () => void; due: number }>()
  let now = 0
  let names = 0
  const env: LiveEnvironment = {
    open: (after) => {
      const entry = { after, closed: false, sent: [] as string[], socket: {} as WebSocket }
      const send = (text: string) => entry.sent.push(text)
      entry.socket = { close: () => (entry.closed = true), send } as unknown as WebSocket
      opened.push(entry)
      return entry.socket
    },
    setTimer: (run, ms) => {
      names += 1
      timers.set(names, { run, due: now + ms })
      return names
    },
    clearTimer: (timer) => timers.delete(timer),
    random: () => 1,
  }
  const pass = (ms: number) => {
    now += ms
    for (const [name, { run, due }] of Array.from(timers)) {
      if (due > now) continue
      timers.delete(name)
      run()
    }
  }
  const last = () => opened.at(-1)!
  const say = (message: ServerMessage) =>
    last().socket.onmessage?.(new MessageEvent('message', { data: JSON.stringify(message) }))
  return { env, opened, pass, last, say }
}

const hello: ServerMessage = { type: 'hello', seq: 7, server_now: '2026-03-01T08:00:00Z', version: '1' }
const tick: ServerMessage = { type: 'tick', seq: 7, server_now: '2026-03-01T08:00:02Z', problems: [], silences: [] }

function start() {
  const { env, ...rest } = world()
  const statuses: LiveStatus[] = []
  let seq = 7
  const socket = new LiveSocket(
    { seq: () => seq, onMessage: (message) => (seq = 'seq' in message ? message.seq : seq), onStatus: (s) => statuses.push(s) },
    env,
  )
  socket.start()
  return { socket, statuses, ...rest }
}

describe('the live socket', () => {
  it('resumes after the newest change on the screen', () => {
    const { opened, say, last, pass } = start()
    expect(last().after).toBe(7)
    say(hello)
    say({ ...tick, seq: 9 })
    last().socket.onclose?.({} as CloseEvent)
    pass(500)
    expect(opened.map(({ after }) => after)).toEqual([7, 9])
  })

  it('is lost after 6 s of silence and closes the dead socket', () => {
    const { statuses, say, pass, last } = start()
    say(hello)
    pass(5_999)
    say(tick)
    pass(5_999)
    expect(statuses).toEqual(['connecting', 'live'])
    pass(1)
    expect(statuses.at(-1)).toBe('lost')
    expect(last().closed).toBe(true)
  })

  it('backs off from try to try, and begins anew once it was heard', () => {
    const { opened, say, pass, last } = start()
    const fail = () => last().socket.onclose?.({} as CloseEvent)
    fail()
    pass(500)
    fail()
    pass(999)
    expect(opened).toHaveLength(2)
    pass(1)
    expect(opened).toHaveLength(3)
    say(hello)
    fail()
    pass(500)
    expect(opened).toHaveLength(4)
  })

  it('answers a canary, and nothing else', () => {
    const { say, last } = start()
    say(hello)
    say({ type: 'canary', at: '2026-03-01T08:00:00Z' })
    say(tick)
    expect(last().sent).toEqual(['{"canary":"2026-03-01T08:00:00Z"}'])
  })

  it('does nothing any more once stopped, and can start again', () => {
    const { socket, opened, last, pass } = start()
    socket.stop()
    expect(last().closed).toBe(true)
    pass(60_000)
    expect(opened).toHaveLength(1)
    socket.start()
    expect(opened).toHaveLength(2)
  })
})
