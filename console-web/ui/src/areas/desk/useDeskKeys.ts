/** The desk by keyboard: one key an act. Letters and digits only, so that they work on every layout. */
import { onScopeDispose } from 'vue'

/** What is typed here is text. */
const TYPED = 'input, select, textarea'
/** Space and Enter on these do what the browser does with them. */
const PRESSED = 'button, a, video, summary'

/** Runs the act of a key, by its `KeyboardEvent.key` in lower case; none while `paused`. */
export function useDeskKeys(byKey: Readonly<Record<string, () => void>>, paused: () => boolean): void {
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing || paused()) return
    const target = event.target instanceof Element ? event.target : null
    if (target?.matches(TYPED)) return
    if (event.key === ' ' && target?.matches(PRESSED)) return
    if (event.key.startsWith('Arrow') && target?.matches('video')) return
    const act = byKey[event.key.toLowerCase()]
    if (!act) return
    event.preventDefault()
    act()
  }
  window.addEventListener('keydown', press)
  onScopeDispose(() => window.removeEventListener('keydown', press))
}
