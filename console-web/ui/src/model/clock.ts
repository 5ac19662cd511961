/** Times as the server sees them, and how they are written on a wall. */

/**
 * The server's clock, kept by a monotonic local one: a screen whose own clock is wrong or is being
 * set still shows right times.
 */
export interface ServerClock {
  /** Takes over the server's time as RFC 3339, told just now. */
  sync: (serverNow: string) => void
  /** The server's time, in milliseconds since 1970. */
  now: () => number
}

/** `monotonic` gives milliseconds that never go back; `wall` is believed until the first `sync`. */
export function createServerClock(monotonic: () => number, wall: () => number): ServerClock {
  let offset = wall() - monotonic()
  return {
    sync(serverNow) {
      const told = Date.parse(serverNow)
      if (Number.isFinite(told)) offset = told - monotonic()
    },
    now: () => offset + monotonic(),
  }
}

/** A span in milliseconds as `mm:ss`, from one hour on as `h:mm:ss`. Negative spans are zero. */
export function formatElapsed(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000))
  const two = (value: number) => String(value).padStart(2, '0')
  const hours = Math.floor(total / 3600)
  const rest = `${two(Math.floor(total / 60) % 60)}:${two(total % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

const DAY_MS = 24 * 3600 * 1000

/** A moment as `hh:mm:ss`; one that is further than a day from `now` as `MM-DD hh:mm`. */
export function formatMoment(ms: number, now: number, timeZone?: string): string {
  const time = formatTime(ms, timeZone)
  if (Math.abs(now - ms) < DAY_MS) return time
  const day = new Intl.DateTimeFormat('en-CA', { month: '2-digit', day: '2-digit', ...(timeZone ? { timeZone } : {}) })
  return `${day.format(ms)} ${time.slice(0, 5)}`
}

/** The time of day as `hh:mm:ss` in 24 hours, in the zone of the screen unless another is named. */
export function formatTime(ms: number, timeZone?: string): string {
  return new Intl.DateTimeFormat('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(timeZone ? { timeZone } : {}),
  }).format(ms)
}
