/** Pushes to this browser: they wake the phone up while its page is closed. */
import { addBrowser, fetchPushKey, removeBrowser } from './client'
import { keep, readKept } from './storage'

const DRAWER = 'push'

interface Registered {
  person: string
  id: string
}

/** What this browser can be told while its page is closed. `unset`: the server sends no pushes. */
export type PushState = 'impossible' | 'asked' | 'denied' | 'unset' | 'on' | 'failed'

const isPossible = () => 'serviceWorker' in navigator && 'Notification' in window && 'PushManager' in window

/** The key as the browser wants it. */
function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const base64 = base64url.replaceAll('-', '+').replaceAll('_', '/')
  return Uint8Array.from(atob(base64), (character) => character.codePointAt(0) ?? 0)
}

/** Subscribes this browser for a person, if it may be told at all. `ask`: asks for leave; only in answer to a tap. */
export async function subscribe(person: string, ask: boolean): Promise<PushState> {
  if (!isPossible()) return 'impossible'
  const leave = ask ? await Notification.requestPermission() : Notification.permission
  if (leave === 'denied') return 'denied'
  if (leave !== 'granted') return 'asked'
  try {
    const key = await fetchPushKey()
    if (key === null) return 'unset'
    const worker = await navigator.serviceWorker.ready
    const known = await worker.pushManager.getSubscription()
    const subscription =
      known ?? (await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }))
    const before = await readKept<Registered>(DRAWER)
    // A phone that changes hands rings for its new person alone.
    if (before && before.person !== person) await removeBrowser(before.person, before.id)
    const id = await addBrowser(person, subscription.toJSON())
    await keep(DRAWER, { person, id } satisfies Registered)
    return 'on'
  } catch {
    return 'failed'
  }
}

/** Ends the pushes for whoever this browser was subscribed for. */
export async function unsubscribe(): Promise<void> {
  const before = await readKept<Registered>(DRAWER)
  if (!before) return
  await removeBrowser(before.person, before.id).catch(() => undefined)
  await keep(DRAWER, undefined)
}
