/** How quickly alerts are judged, for the shift lead. */
import { useQuery } from '@pinia/colada'
import { computed, onScopeDispose, type Ref } from 'vue'
import type { Alert } from '@/api/types'
import { fetchNewest } from '@/api/handling'
import { medianHandling } from '@/model/handling'

/** The newest alerts that are counted; more than a shift has, but in a flood. */
const NEWEST = 300
const REFRESH_MS = 30_000

/** `alerts` are those the desk knows, newer than what was asked for. */
export function useHandling(alerts: Readonly<Ref<ReadonlyMap<number, Alert>>>, now: Readonly<Ref<number>>) {
  const newest = useQuery({ key: ['newest'], query: () => fetchNewest(NEWEST), staleTime: 0 })
  const timer = window.setInterval(() => void newest.refetch(), REFRESH_MS)
  onScopeDispose(() => window.clearInterval(timer))
  return computed(() => {
    const known = new Map((newest.data.value ?? []).map((alert) => [alert.id, alert]))
    return medianHandling([...new Map([...known, ...alerts.value]).values()], now.value)
  })
}
