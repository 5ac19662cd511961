/** Who is called for a grid, asked for again and again: shifts change, and the socket does not tell. */
import { useQuery } from '@pinia/colada'
import { onScopeDispose, type Ref } from 'vue'
import { fetchLadder } from './client'
import type { Rung } from './types'

const REFRESH_MS = 30_000

/** The rungs in the order in which they are called, undefined until they are there; kept fresh until the scope ends. */
export function useLadder(grid: string): Readonly<Ref<Rung[] | undefined>> {
  const query = useQuery({ key: ['ladder', grid], query: () => fetchLadder(grid), staleTime: 0 })
  const timer = window.setInterval(() => void query.refetch(), REFRESH_MS)
  onScopeDispose(() => window.clearInterval(timer))
  return query.data
}
