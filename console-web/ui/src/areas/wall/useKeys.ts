/** The wall by keyboard. Letters only, so that they work on every layout and in an IME's Latin mode. */
import { onScopeDispose } from 'vue'

export interface KeyActs {
  step: (by: 1 | -1) => void
  play: () => void
  mute: () => void
  locale: () => void
  latest: () => void
  help: () => void
}

/** Space and Enter on these do what the browser does with them. */
const OWN_SPACE = 'button, a, input, select, textarea, video, summary'

export function useKeys(acts: KeyActs): void {
  const byKey: Record<string, () => void> = {
    j: () => acts.step(1),
    ArrowDown: () => acts.step(1),
    k: () => acts.step(-1),
    ArrowUp: () => acts.step(-1),
    ' ': acts.play,
    m: acts.mute,
    l: acts.locale,
    Escape: acts.latest,
    '?': acts.help,
  }
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    const target = event.target instanceof Element ? event.target : null
    if (event.key === ' ' && target?.matches(OWN_SPACE)) return
    if (event.key.startsWith('Arrow') && target?.matches('video, input, select, textarea')) return
    const act = byKey[event.key] ?? byKey[event.key.toLowerCase()]
    if (!act) return
    event.preventDefault()
    act()
  }
  window.addEventListener('keydown', press)
  onScopeDispose(() => window.removeEventListener('keydown', press))
}
