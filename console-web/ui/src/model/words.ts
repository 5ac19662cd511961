/** Which sentence tells a code. The keys are in i18n; tests check that every code has one. */
import type { Alert } from '@/api/types'
import { levelOf } from './levels'

/** What happened: a fall, somebody who has been down for a minute, or how bad a crowd is. */
export function whatKey(alert: Pick<Alert, 'crowd' | 'level'>): string {
  if (alert.crowd) return `wall.crowd.level.${alert.crowd.level}`
  return levelOf(alert) === 1 ? 'wall.alert.longLie' : 'wall.alert.fall'
}

const PROBLEMS = new Set([
  'detector_down',
  'evidence_disk_full',
  'evidence_not_deleted',
  'evidence_write_failed',
  'model_failing',
  'no_detectors',
  'store_failing',
  'clocks_failing',
  'canary_missing',
])
/** While one of these holds, no alert means nothing. */
const BLINDING = new Set(['detector_down', 'no_detectors', 'store_failing'])
const EVIDENCE_ERRORS = new Set(['deleted', 'disk_full', 'masking_failed', 'no_video', 'not_recorded', 'unplayable', 'write_failed'])

/** The sentence for a problem of the server; one that this page does not know is shown by its code. */
export function problemKey(code: string): string {
  return PROBLEMS.has(code) ? `wall.problem.${code}` : 'wall.problem.other'
}

/** Whether the server cannot raise alerts: a wall without alerts is then blind, not calm. */
export function isBlind(problems: readonly { code: string }[]): boolean {
  return problems.some(({ code }) => BLINDING.has(code))
}

/** Why there is no picture or no clip. */
export function evidenceErrorKey(code: string | null | undefined): string {
  return `wall.evidenceError.${code && EVIDENCE_ERRORS.has(code) ? code : 'other'}`
}
