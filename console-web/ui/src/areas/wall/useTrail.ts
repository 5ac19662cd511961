/** The way somebody took through camera faults: from a list to a camera, and back. */
import { computed, ref, type Ref } from 'vue'
import { PIN_MS } from '@/model/selection'
import type { Looked } from './looked'

/** `now` in server milliseconds. The trail is forgotten like a chosen alert: a wall has no one standing at it. */
export function useTrail(now: Readonly<Ref<number>>) {
  const trail = ref<readonly Looked[]>([])
  const until = ref(0)
  const set = (next: readonly Looked[]) => {
    trail.value = next
    until.value = now.value + PIN_MS
  }
  return {
    looked: computed(() => (now.value < until.value ? trail.value.at(-1) : undefined)),
    nested: computed(() => trail.value.length > 1),
    /** Begins a new trail. */
    open: (at: Looked) => set([at]),
    /** One step further. */
    go: (at: Looked) => set([...trail.value, at]),
    back: () => set(trail.value.slice(0, -1)),
    close: () => set([]),
  }
}
