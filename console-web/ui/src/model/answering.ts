/** Who answers for an alert. */
import type { Alert, Rung } from '@/api/types'

export interface Answering {
  names: string[]
  /** What they are on duty as; null for somebody who accepted. */
  rung: Rung['name'] | null
}

/** Whoever accepted it, else the first on duty of those who are called for its grid; nobody where all rungs are empty. */
export function answeringFor(alert: Pick<Alert, 'called'>, ladder: readonly Rung[]): Answering | null {
  const { accepted } = alert.called
  if (accepted) return { names: [accepted.name], rung: null }
  const first = ladder.find(({ people }) => people.length > 0)
  return first ? { names: first.people.map(({ name }) => name), rung: first.name } : null
}
