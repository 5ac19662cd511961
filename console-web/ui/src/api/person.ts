/** Whose phone it is: chosen once and kept in this browser. There is no sign-in yet. */
import { ref } from 'vue'
import type { Person } from './types'

const KEY = 'gridwatch.person'

/** What is kept of the person. */
export interface Me {
  id: string
  name: string
  /** Whether the person may call the next rung: 升级. */
  leads: boolean
}

const LEADING: ReadonlySet<string> = new Set(['grid_leader', 'duty_officer', 'shift_lead'])

function stored(): Me | null {
  try {
    const me = JSON.parse(localStorage.getItem(KEY) ?? 'null') as Partial<Me> | null
    if (typeof me?.id !== 'string' || typeof me.name !== 'string') return null
    return { id: me.id, name: me.name, leads: me.leads === true }
  } catch {
    return null
  }
}

const me = ref<Me | null>(stored())

export function useMe() {
  return {
    me,
    choose: (person: Person) => {
      me.value = { id: person.id, name: person.name, leads: person.roles?.some(({ role }) => LEADING.has(role)) ?? false }
      localStorage.setItem(KEY, JSON.stringify(me.value))
    },
    forget: () => {
      me.value = null
      localStorage.removeItem(KEY)
    },
  }
}
