/** What is looked for in the queue, which alert is read, and which neighbour of its camera is looked at. */
import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import type { Alert, Camera, Queue } from '@/api/types'
import { nearest } from '@/model/near'
import { inOrder, NO_SEARCH, nextWaiting, sections, type Search } from '@/model/queue'

export interface Known {
  queue: Readonly<Ref<Queue | undefined>>
  alerts: Readonly<Ref<ReadonlyMap<number, Alert>>>
  cameras: Readonly<Ref<Camera[] | undefined>>
  /** The alerts that were judged here a moment ago. */
  judged: Readonly<Ref<ReadonlySet<number>>>
}

export function useSelection({ queue, alerts, cameras, judged }: Known) {
  const search = shallowRef<Search>(NO_SEARCH)
  const list = computed(() => sections(queue.value, alerts.value, search.value))
  const order = computed(() => inOrder(list.value))

  const chosen = ref<number | null>(null)
  const current = computed(() => (chosen.value === null ? null : (alerts.value.get(chosen.value) ?? null)))
  // What somebody reads stays until they go on: nothing that comes meanwhile takes its place.
  watch([order, current], () => {
    if (!current.value) chosen.value = nextWaiting(list.value, null, judged.value) ?? order.value[0]?.id ?? null
  })

  const near = computed(() => (current.value ? nearest(current.value.camera, cameras.value ?? []) : []))
  const lookedAt = ref<string | null>(null)
  const looked = computed(() => near.value.find(({ camera }) => camera.id === lookedAt.value) ?? null)

  function choose(id: number): void {
    chosen.value = id
    lookedAt.value = null
  }
  function step(by: 1 | -1): void {
    const index = order.value.findIndex(({ id }) => id === chosen.value)
    const to = order.value[Math.min(order.value.length - 1, Math.max(0, index + by))]
    if (to) choose(to.id)
  }
  /** The next that waits; where nothing else does, what is open stays open. */
  function next(): void {
    const id = nextWaiting(list.value, chosen.value, judged.value)
    if (id !== null) choose(id)
  }
  /** Looks at a neighbour, or back from it. */
  function look(index: number): void {
    const id = near.value[index]?.camera.id ?? null
    lookedAt.value = lookedAt.value === id ? null : id
  }
  return { search, list, chosen, current, near, lookedAt, looked, choose, step, next, look }
}
