/**
 * The phone's service worker: the page without a network, and pushes.
 *
 * It keeps the files of the page and nothing else. What the server says under `/api`, pictures and clips above all, is
 * never kept here and never answered from here: an old picture must not look like a new one.
 */
declare const self: ServiceWorkerGlobalScope

/** The page and its files, written in by the build: `[version, page, ...files]`. */
const [VERSION = '', PAGE = '', ...FILES] = JSON.parse('__SHELL__') as string[]

const CACHE = `gridwatch-phone-${VERSION}`
const KEPT: ReadonlySet<string> = new Set(FILES)
/** A network that gives nothing for so long is none: the kept page is shown. */
const PATIENCE_MS = 4_000

const isPhone = (path: string) => path === PAGE || path.startsWith(`${PAGE}/`)

self.addEventListener('install', (event) => {
  // All or nothing, and past the browser's own cache: a page and the files of another build do not fit together.
  const take = async () => {
    const cache = await caches.open(CACHE)
    await cache.addAll([PAGE, ...FILES].map((path) => new Request(path, { cache: 'reload' })))
    await self.skipWaiting()
  }
  event.waitUntil(take())
})

self.addEventListener('activate', (event) => {
  const settle = async () => {
    const names = await caches.keys()
    const old = names.filter((name) => name.startsWith('gridwatch-phone-') && name !== CACHE)
    await Promise.all(old.map((name) => caches.delete(name)))
    await self.clients.claim()
  }
  event.waitUntil(settle())
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate' && isPhone(url.pathname)) event.respondWith(page(request))
  else if (KEPT.has(url.pathname)) event.respondWith(file(request, url.pathname))
})

async function kept(path: string): Promise<Response | undefined> {
  return (await caches.open(CACHE)).match(path)
}

/** The server's page, the kept one where the server does not answer. */
async function page(request: Request): Promise<Response> {
  const asked = fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) })
  const answer = await asked.catch(() => undefined)
  if (answer?.ok) return answer
  return (await kept(PAGE)) ?? answer ?? Response.error()
}

/** The names of files tell their content: a kept one is the right one. */
async function file(request: Request, path: string): Promise<Response> {
  return (await kept(path)) ?? fetch(request)
}

/** What a push says; see `PushServer` of the server. */
interface Pushed {
  kind?: string
  level?: number | null
  tag?: string
  text?: string
}

/** These say that nothing needs to be done. */
const CALM: ReadonlySet<string> = new Set(['all_clear', 'canary', 'drill', 'digest'])

self.addEventListener('push', (event) => {
  let pushed: Pushed = {}
  try {
    pushed = (event.data?.json() ?? {}) as Pushed
  } catch {
    // Somebody else's push: the person is told that there is something all the same.
  }
  const [title = '格哨', ...lines] = (pushed.text ?? '格哨').split('\n')
  const urgent = !CALM.has(pushed.kind ?? '')
  event.waitUntil(
    self.registration.showNotification(title, {
      body: lines.join('\n'),
      tag: pushed.tag ?? 'gridwatch',
      icon: '/phone/icon-192.png',
      badge: '/phone/badge-96.png',
      data: { path: pathOf(pushed.tag) },
      requireInteraction: urgent,
      silent: false,
      ...(urgent ? { renotify: true, vibrate: [600, 200, 600, 200, 600] } : {}),
    } as NotificationOptions),
  )
})

/** The page of the alert that a tag names. */
function pathOf(tag: string | undefined): string {
  const id = /^alert-(\d+)$/.exec(tag ?? '')?.[1]
  return id ? `${PAGE}/${id}` : PAGE
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { path } = event.notification.data as { path: string }
  const open = async () => {
    const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
    const phone = windows.find(({ url }) => isPhone(new URL(url).pathname))
    if (!phone) await self.clients.openWindow(path)
    else {
      await phone.focus()
      // A client is of this origin by nature, and takes no target.
      // oxlint-disable-next-line unicorn/require-post-message-target-origin
      phone.postMessage({ open: path })
    }
  }
  event.waitUntil(open())
})
