const BASE_MS = 500
const CAP_MS = 15_000
const FLOOR_MS = 200

/**
 * How long to wait before try number `attempt` (0 is the first), in milliseconds.
 *
 * Exponential with full jitter, so that a street's screens do not all come back in the same second.
 * `random` is a number in 0..1.
 */
export function backoffDelay(attempt: number, random: number): number {
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** Math.min(attempt, 16))
  return Math.max(FLOOR_MS, Math.round(random * ceiling))
}
