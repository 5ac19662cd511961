/** One camera that somebody looks at, asked for again and again: figures are not told by the socket. */
import { useQuery } from '@pinia/colada'
import { onScopeDispose, type Ref } from 'vue'
import { fetchCamera } from './client'
import type { CameraDetail } from './types'

const REFRESH_MS = 2_000

/** The camera with what it sends, undefined until it is there; kept fresh until the scope ends. */
export function useCameraDetail(id: string): Readonly<Ref<CameraDetail | undefined>> {
  const query = useQuery({ key: ['camera', id], query: () => fetchCamera(id), staleTime: 0 })
  const timer = window.setInterval(() => void query.refetch(), REFRESH_MS)
  onScopeDispose(() => window.clearInterval(timer))
  return query.data
}
