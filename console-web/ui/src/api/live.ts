/** The live half of the server: one WebSocket that resumes by sequence number. */
import { backoffDelay } from './backoff'
import type { ServerMessage } from './types'

/** The server ticks every 2 s; a socket that is silent for longer than this is dead. */
export const SILENCE_MS = 6_000

export type LiveStatus = 'connecting' | 'live' | 'lost'

/** What the socket needs from the world; tests give their own. */
export interface LiveEnvironment {
  open: (after: number) => WebSocket
  setTimer: (run: () => void, ms: number) => number
  clearTimer: (timer: number) => void
  random: () => number
}

export interface LiveHandlers {
  /** The newest sequence number that is on the screen. */
  seq: () => number
  onMessage: (message: ServerMessage) => void
  onStatus: (status: LiveStatus) => void
}

const NAME_KEY = 'gridwatch.screen'

/** The screen's name: what its address says after `?screen=`, else one that the browser makes up once and keeps. */
function screenName(): string {
  const given = new URL(location.href).searchParams.get('screen')?.trim().slice(0, 40)
  if (given) return given
  const known = localStorage.getItem(NAME_KEY)
  if (known) return known
  const made = `screen-${Math.random().toString(36).slice(2, 8)}`
  localStorage.setItem(NAME_KEY, made)
  return made
}

/** The browser's own socket and timers, on the origin the page came from; of a person's phone, or of a screen. */
export function browserEnvironment(person?: string): LiveEnvironment {
  return {
    open: (after) => {
      const url = new URL('/api/events', location.href)
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
      url.searchParams.set('after', String(after))
      if (person) url.searchParams.set('person', person)
      else url.searchParams.set('screen', screenName())
      return new WebSocket(url)
    },
    setTimer: (run, ms) => window.setTimeout(run, ms),
    clearTimer: (timer) => window.clearTimeout(timer),
    random: () => Math.random(),
  }
}

/**
 * Keeps one socket open: reconnects with jittered back-off, declares it dead after 6 s of silence,
 * and asks on every reconnect for what came after the newest change on the screen.
 */
export class LiveSocket {
  private socket: WebSocket | null = null
  private timer: number | null = null
  private attempt = 0
  private stopped = true

  constructor(
    private readonly handlers: LiveHandlers,
    private readonly env: LiveEnvironment = browserEnvironment(),
  ) {}

  start(): void {
    if (!this.stopped) return
    this.stopped = false
    this.handlers.onStatus('connecting')
    this.connect()
  }

  stop(): void {
    this.stopped = true
    this.clearTimer()
    this.drop()
  }

  /** Try at once instead of at the end of the back-off, for example when the network is back. */
  retryNow(): void {
    if (this.stopped || this.socket) return
    this.attempt = 0
    this.connect()
  }

  /** Answers the server, if it is there to hear it. */
  say(message: { delivered: number } | { seen: number }): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message))
  }

  private connect(): void {
    this.arm(SILENCE_MS, () => this.fail())
    const socket = this.env.open(this.handlers.seq())
    this.socket = socket
    socket.onmessage = (event: MessageEvent<string>) => this.receive(event.data)
    socket.onclose = () => this.fail()
    // `close` follows every `error`; listening keeps the browser from reporting it as unhandled.
    socket.onerror = () => undefined
  }

  private receive(text: string): void {
    this.arm(SILENCE_MS, () => this.fail())
    const message = JSON.parse(text) as ServerMessage
    if (message.type === 'hello') {
      this.attempt = 0
      this.handlers.onStatus('live')
    }
    // The page works if it can answer here: that is what the canary is for.
    if (message.type === 'canary') this.socket?.send(JSON.stringify({ canary: message.at }))
    this.handlers.onMessage(message)
  }

  private fail(): void {
    if (this.stopped) return
    this.drop()
    this.handlers.onStatus('lost')
    this.arm(backoffDelay(this.attempt, this.env.random()), () => this.connect())
    this.attempt += 1
  }

  /** Forgets the socket without hearing from it again. */
  private drop(): void {
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onmessage = null
    socket.onclose = null
    socket.onerror = null
    socket.close()
  }

  private arm(ms: number, run: () => void): void {
    this.clearTimer()
    this.timer = this.env.setTimer(run, ms)
  }

  private clearTimer(): void {
    if (this.timer !== null) this.env.clearTimer(this.timer)
    this.timer = null
  }
}
