/** One camera's video as it comes: fragments of a WebSocket, appended to a media source. No Vue in here. */
import { backoffDelay } from '@/api/backoff'
import type { components } from '@/api/schema'

type LiveMessage = components['schemas']['LiveMessage']

/** `asking`: no picture yet; `refused`: this browser cannot play what the camera sends. */
export type LiveState = 'asking' | 'playing' | 'lost' | 'refused'

/** So much of the past is kept; a desk is open for weeks. */
const KEEP_S = 10
/** Further behind the newest picture than this, it jumps; by less it plays a little faster. */
const JUMP_S = 2.5
const HURRY_S = 0.8
const HURRY_RATE = 1.08
/** After so long without a picture the view is begun anew. */
const STALL_MS = 8_000
/** Parts that wait to be appended; what comes faster than it can be shown is begun anew. */
const PARTS_MAX = 120

export class LivePlayer {
  private socket: WebSocket | null = null
  private source: MediaSource | null = null
  private buffer: SourceBuffer | null = null
  private parts: ArrayBuffer[] = []
  private url = ''
  private attempt = 0
  private timer = 0
  private stopped = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly camera: string,
    private readonly onState: (state: LiveState) => void,
  ) {
    this.connect()
  }

  stop(): void {
    this.stopped = true
    this.drop()
  }

  private connect(): void {
    const url = new URL(`/api/cameras/${encodeURIComponent(this.camera)}/live`, location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => this.receive(data)
    socket.onclose = () => this.fail()
    socket.onerror = () => undefined
    this.socket = socket
    this.arm(STALL_MS, () => this.fail())
  }

  private receive(data: string | ArrayBuffer): void {
    if (typeof data !== 'string') {
      this.parts.push(data)
      if (this.parts.length > PARTS_MAX) this.fail()
      else this.append()
      return
    }
    const message = JSON.parse(data) as LiveMessage
    if (message.type === 'start') this.begin(`video/mp4; codecs="${message.codecs}"`)
  }

  /** A new initialisation segment follows: times begin anew, so the media source does. */
  private begin(type: string): void {
    this.release()
    if (!('MediaSource' in window) || !MediaSource.isTypeSupported(type)) {
      this.stop()
      this.onState('refused')
      return
    }
    const source = new MediaSource()
    this.source = source
    this.url = URL.createObjectURL(source)
    this.video.src = this.url
    source.onsourceopen = () => {
      if (this.source !== source) return
      this.buffer = source.addSourceBuffer(type)
      this.buffer.onupdateend = () => this.follow()
      this.append()
    }
  }

  private append(): void {
    const { buffer } = this
    if (!buffer || buffer.updating) return
    const part = this.parts.shift()
    if (!part) return
    try {
      buffer.appendBuffer(part)
    } catch {
      this.fail()
    }
  }

  /** After a part was appended: stays near the newest picture, lets the past go, appends the next. */
  private follow(): void {
    const { buffer, video } = this
    if (!buffer || buffer.updating || buffer.buffered.length === 0) {
      this.append()
      return
    }
    const start = buffer.buffered.start(0)
    const end = buffer.buffered.end(buffer.buffered.length - 1)
    const lag = end - video.currentTime
    if (lag > JUMP_S || lag < 0) video.currentTime = Math.max(start, end - 0.3)
    video.playbackRate = lag > HURRY_S ? HURRY_RATE : 1
    if (video.paused) void video.play().catch(() => undefined)
    this.attempt = 0
    this.onState('playing')
    this.arm(STALL_MS, () => this.fail())
    if (end - start > 2 * KEEP_S) buffer.remove(start, end - KEEP_S)
    else this.append()
  }

  private fail(): void {
    if (this.stopped) return
    this.drop()
    this.onState('lost')
    this.arm(backoffDelay(this.attempt, Math.random()), () => this.connect())
    this.attempt += 1
  }

  private drop(): void {
    window.clearTimeout(this.timer)
    const { socket } = this
    this.socket = null
    if (socket) {
      socket.onmessage = null
      socket.onclose = null
      socket.close()
    }
    this.release()
  }

  private release(): void {
    if (this.buffer) this.buffer.onupdateend = null
    this.buffer = null
    this.source = null
    this.parts = []
    if (!this.url) return
    URL.revokeObjectURL(this.url)
    this.url = ''
    this.video.removeAttribute('src')
    this.video.load()
  }

  private arm(ms: number, run: () => void): void {
    window.clearTimeout(this.timer)
    this.timer = window.setTimeout(run, ms)
  }
}
