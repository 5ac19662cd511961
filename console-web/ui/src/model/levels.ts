/** The salience ladder: what each alert level looks and sounds like, everywhere. */

export const LEVELS = [1, 2, 3, 4] as const
export type Level = (typeof LEVELS)[number]

/** The level of an alert; anything outside 1..4 counts as the highest, so that it is never overlooked. */
export function levelOf(alert: { level: number }): Level {
  return LEVELS.find((level) => level === alert.level) ?? 1
}

/**
 * How long a new alert flashes and sounds. The ladder says "until acknowledged": an alert that somebody judged is
 * steady at once. A wall without a desk has nobody to judge, so after one minute it is steady all the same.
 */
export const ANNOUNCE_MS = 60_000

/** How long a new alert is highlighted. */
export const HIGHLIGHT_MS = 2_000

/** How long an alert that is over stays on the wall, grey. */
export const LINGER_MS = 10_000
