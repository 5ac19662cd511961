/** What makes a page an app: its worker, and the browser's offer to put it on the home screen. */
import { onScopeDispose, ref } from 'vue'
import { useRouter } from 'vue-router'

/** What Chromium gives when the page can be installed; no standard has a type for it. */
interface InstallOffer extends Event {
  prompt: () => Promise<unknown>
}

/** `unsafe`: browsers give neither worker nor pushes to a page that came over plain HTTP from another machine. */
export type WorkerState = 'unsafe' | 'starting' | 'ready' | 'failed'

export function useInstall() {
  const router = useRouter()
  const worker = ref<WorkerState>('starting')
  const offer = ref<InstallOffer | null>(null)

  const onOffer = (event: Event) => {
    event.preventDefault()
    offer.value = event as InstallOffer
  }
  const onInstalled = () => (offer.value = null)
  const onMessage = ({ data }: MessageEvent<{ open?: string }>) => data.open && void router.push(data.open)

  window.addEventListener('beforeinstallprompt', onOffer)
  window.addEventListener('appinstalled', onInstalled)
  if (!('serviceWorker' in navigator)) worker.value = 'unsafe'
  else {
    navigator.serviceWorker.addEventListener('message', onMessage)
    // There is no worker while developing: it would keep files that change with every stroke.
    if (import.meta.env.PROD) {
      navigator.serviceWorker.register('/sw.js', { scope: '/m', updateViaCache: 'none' }).then(
        () => (worker.value = 'ready'),
        () => (worker.value = 'failed'),
      )
    }
  }
  onScopeDispose(() => {
    window.removeEventListener('beforeinstallprompt', onOffer)
    window.removeEventListener('appinstalled', onInstalled)
    if ('serviceWorker' in navigator) navigator.serviceWorker.removeEventListener('message', onMessage)
  })

  const install = async () => {
    await offer.value?.prompt()
    offer.value = null
  }
  return { worker, offer, install }
}
