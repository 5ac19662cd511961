/** What is said of a crowd, in keys and numbers; and the course of any alert. */
import type { Alert, Crowd, Evidence } from '@/api/types'

/** A key of i18n with what it takes. */
export interface Phrase {
  readonly key: string
  readonly params: Readonly<Record<string, number | string>>
}

/** One decimal where people per m² are counted, none where heads are. */
export function formatAmount(amount: number, unit: Crowd['unit']): string {
  return unit === 'heads' ? String(Math.round(amount)) : amount.toFixed(1)
}

/** How much of it there is: "4.2 人/㎡", or "23 人" where nothing is known of the ground. */
export function amountOf(crowd: Pick<Crowd, 'amount' | 'unit'>): Phrase {
  return { key: `wall.crowd.amount.${crowd.unit}`, params: { amount: formatAmount(crowd.amount, crowd.unit) } }
}

/** The most there has been, in the same words. */
export function peakOf(crowd: Pick<Crowd, 'peak' | 'unit'>): Phrase {
  return amountOf({ amount: crowd.peak, unit: crowd.unit })
}

/** Where it is going: "约 3 分钟后达 5 人/㎡". Nothing where it does not grow, or is not seen. */
export function forecastOf(crowd: Pick<Crowd, 'forecast' | 'held_back' | 'unit'>): Phrase | null {
  const { forecast, held_back: heldBack, unit } = crowd
  if (!forecast || heldBack) return null
  const level = formatAmount(forecast.next_level, unit)
  const minutes = Math.round(forecast.next_level_s / 60)
  return minutes < 1
    ? { key: `wall.crowd.forecastSoon.${unit}`, params: { level } }
    : { key: `wall.crowd.forecast.${unit}`, params: { minutes, level } }
}

/** Whether its amount is to be taken with care. */
export function isDoubtful(alert: Pick<Alert, 'crowd'>): boolean {
  return (alert.crowd?.doubts.length ?? 0) > 0
}

/** One moment of how it came to this. */
export interface Moment {
  readonly at: string
  readonly key: string
}

/** How it came to this, oldest first: what a person did, or what levels a crowd was at. */
export function courseOf(alert: Pick<Alert, 'crowd' | 'transitions'>): Moment[] {
  if (alert.crowd) return alert.crowd.course.map(({ at, level }) => ({ at, key: `wall.crowd.level.${level}` }))
  return alert.transitions.map(({ at, to }) => ({ at, key: `wall.fallState.${to}` }))
}

/** The newest picture that there is: that of the last rise, else that of the beginning. */
export function newestPicture(alert: Pick<Alert, 'crowd' | 'snapshot'>): Evidence {
  const rises = alert.crowd?.course.flatMap(({ snapshot }) => (snapshot?.state === 'ready' ? [snapshot] : []))
  return rises?.at(-1) ?? alert.snapshot
}
