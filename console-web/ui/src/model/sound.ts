/** When which alert level is heard; what it sounds like is media/voice.ts. */
import type { Standing } from './board'
import type { Level } from './levels'

interface Pattern {
  /** Pulses of one burst; a gap separates the groups. */
  groups: readonly number[]
  /** Milliseconds from one burst to the next; null: once and never again. */
  repeatMs: number | null
  /** At most this many bursts. */
  bursts: number
}

/** The ladder's sounds. Level 4 is heard at the desk only, never on the wall. */
export const PATTERNS: Readonly<Partial<Record<Level, Pattern>>> = {
  1: { groups: [3, 2, 3, 2], repeatMs: 8_000, bursts: Number.POSITIVE_INFINITY },
  2: { groups: [3, 2], repeatMs: 12_000, bursts: Number.POSITIVE_INFINITY },
  3: { groups: [3], repeatMs: 30_000, bursts: 2 },
}

/** How long a mute lasts. */
export const MUTE_MS = 120_000

/** A burst that is due: the voice of `level`, for the sake of alert `id`. */
export interface Burst {
  readonly level: Level
  readonly key: string
}

/** The burst of a chain that is broken: the highest level, again and again, for nobody would be told of anything worse. */
export function sirenBurst(now: number): Burst {
  const every = PATTERNS[1]?.repeatMs ?? 8_000
  return { level: 1, key: `siren/${Math.floor(now / every)}` }
}

/**
 * The burst that is due at `now`, or null. Only the highest level that announces itself is heard.
 * `key` names the burst, so that the caller plays each once.
 */
export function dueBurst(list: readonly Standing[], now: number): Burst | null {
  const loudest = list.find(({ announcing, level }) => announcing && PATTERNS[level])
  if (!loudest) return null
  const pattern = PATTERNS[loudest.level]
  if (!pattern) return null
  const age = Math.max(0, now - loudest.announced)
  const index = pattern.repeatMs === null ? 0 : Math.floor(age / pattern.repeatMs)
  if (index >= pattern.bursts) return null
  return { level: loudest.level, key: `${loudest.alert.id}/${loudest.announced}/${index}` }
}
