/** Why an alert was raised for nothing: what users of such systems name most often. */
import type { Alert } from '@/api/types'

const REASONS: Readonly<Record<Alert['kind'], readonly string[]>> = {
  fall: ['sat', 'shoes', 'resting', 'object', 'several', 'angle', 'picture'],
  crowd: ['usual', 'counted', 'small', 'picture'],
}

/** The keys of the reasons, the one for key 1 first. */
export function reasonKeys({ kind }: Pick<Alert, 'kind'>): string[] {
  return REASONS[kind].map((reason) => `desk.reason.${reason}`)
}
