/** Who acts at this desk: nobody signs in yet, so it is chosen once and kept in this browser. */
import { computed, ref, type Ref } from 'vue'
import type { Person } from '@/api/types'
import { isOfficer } from '@/model/handling'

const STORED = 'gridwatch.actor'

export function useActor(people: Readonly<Ref<readonly Person[] | undefined>>) {
  const id = ref(localStorage.getItem(STORED))
  const officers = computed(() => (people.value ?? []).filter(isOfficer))
  /** Whoever was chosen, as long as they work here. */
  const actor = computed(() => officers.value.find((person) => person.id === id.value) ?? null)

  function choose(person: string): void {
    id.value = person
    localStorage.setItem(STORED, person)
  }

  return { officers, actor, choose }
}
