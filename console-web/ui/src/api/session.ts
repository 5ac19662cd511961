/** What the server knows, loaded by REST and kept up to date by the socket. */
import { useQuery, useQueryCache } from '@pinia/colada'
import { onScopeDispose, reactive, readonly, shallowRef, watch, type DeepReadonly, type Ref } from 'vue'
import { applyChange, loadBoard, RECENT, type Board } from '@/model/board'
import { mergeCameras } from '@/model/cameras'
import { backoffDelay } from './backoff'
import { fetchAlerts, fetchCameras, fetchGrids } from './client'
import { LiveSocket, type LiveStatus } from './live'
import { serverClock, useNow } from './now'
import type { Camera, Outage, Problem, ServerMessage, Silence } from './types'

const BOARD = ['alerts']
const CAMERAS = ['cameras']
const GRIDS = ['grids']

/** The most open alerts one load asks for; the server allows no more. */
const OPEN_LIMIT = 500

export interface Live {
  status: LiveStatus
  /** When the page was opened, in milliseconds. */
  opened: number
  /** When the server was last heard, in server milliseconds; null before the first time. */
  lastHeard: number | null
  /** When a canary last came all the way, in server milliseconds; null before the first. */
  proven: number | null
  problems: Problem[]
  silences: Silence[]
}

/** Asks again, backing off, until a query that failed succeeds. */
export function untilLoaded<Query extends { state: Ref<{ status: string }>; refetch: () => unknown }>(query: Query): Query {
  let attempt = 0
  let timer = 0
  watch(query.state, ({ status }) => {
    window.clearTimeout(timer)
    if (status !== 'error') attempt = 0
    else timer = window.setTimeout(() => void query.refetch(), backoffDelay(attempt++, Math.random()))
  })
  onScopeDispose(() => window.clearTimeout(timer))
  return query
}

/** What a page wants to be told beside what every page keeps. */
export interface SessionEvents {
  /** An alert changed. */
  onAlert?: (message: Extract<ServerMessage, { type: 'alert' }>) => void
  /** Changes were missed and are not told any more. */
  onResync?: () => void
}

/** Opens the session of a page; it ends with the component that asked for it. */
export function useSession(events: SessionEvents = {}) {
  const cache = useQueryCache()
  const { now, refresh } = useNow()
  const live = reactive<Live>({ status: 'connecting', opened: now.value, lastHeard: null, proven: null, problems: [], silences: [] })
  const outages = shallowRef<readonly Outage[]>([])

  const board = untilLoaded(
    useQuery({
      key: BOARD,
      query: async (): Promise<Board> => {
        // Ended ones first: what ends between the two answers is then still told by the socket.
        const ended = await fetchAlerts(false, RECENT)
        const lasting = await fetchAlerts(true, OPEN_LIMIT)
        serverClock.sync(lasting.server_now)
        refresh()
        return loadBoard(ended.seq, [...ended.alerts, ...lasting.alerts], cache.getQueryData<Board>(BOARD))
      },
    }),
  )
  const cameras = untilLoaded(
    useQuery({ key: CAMERAS, query: async (): Promise<Camera[]> => (await fetchCameras()).cameras }),
  )
  const grids = untilLoaded(useQuery({ key: GRIDS, query: fetchGrids }))

  let version: string | null = null
  const receive = (message: ServerMessage) => {
    if ('server_now' in message) serverClock.sync(message.server_now)
    refresh()
    live.lastHeard = now.value
    switch (message.type) {
      case 'hello':
        // A server that was updated brings its own page.
        if (version !== null && version !== message.version) location.reload()
        version = message.version
        break
      case 'alert':
        cache.setQueryData<Board>(BOARD, (known) => applyChange(known ?? loadBoard(0, []), message, now.value))
        events.onAlert?.(message)
        break
      case 'cameras':
        cache.setQueryData<Camera[]>(CAMERAS, (known) => mergeCameras(known ?? [], message.cameras))
        outages.value = message.outages
        break
      case 'canary':
        live.proven = Date.parse(message.at)
        break
      case 'tick':
        live.problems = message.problems
        live.silences = message.silences
        break
      case 'resync':
        // Too old to be told what was missed: load anew and go on from there.
        socket.stop()
        void board.refetch()
        events.onResync?.()
        break
    }
  }

  const socket = new LiveSocket({
    seq: () => cache.getQueryData<Board>(BOARD)?.seq ?? 0,
    onMessage: receive,
    onStatus: (status) => (live.status = status),
  })
  const retry = () => socket.retryNow()
  // The socket goes on from where the first load ended, so it starts after it.
  watch(board.data, (loaded) => loaded && socket.start(), { immediate: true })
  window.addEventListener('online', retry)
  onScopeDispose(() => {
    window.removeEventListener('online', retry)
    socket.stop()
  })

  return { board, cameras, outages, grids, now, live: readonly(live) as DeepReadonly<Live> }
}
