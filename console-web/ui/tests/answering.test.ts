import { describe, expect, it } from 'vitest'
import type { Alert, Rung } from '@/api/types'
import { answeringFor } from '@/model/answering'
import { alert } from './alerts'

const rung = (name: Rung['name'], ...names: string[]): Rung => ({
  name,
  people: names.map((person) => ({ id: person, name: person })),
})
const accepted = (name: string): Alert['called'] => ({
  ...alert(1).called,
  accepted: { person: name, name, role: 'grid_worker', from: '' },
})

describe('who answers', () => {
  it('is the first rung with somebody on duty', () => {
    expect(answeringFor(alert(1), [rung('primary', 'Worker 7'), rung('backup', 'Worker 8')])).toEqual({ names: ['Worker 7'], rung: 'primary' })
    expect(answeringFor(alert(1), [rung('primary'), rung('patrol', 'A', 'B')])).toEqual({ names: ['A', 'B'], rung: 'patrol' })
    expect(answeringFor(alert(1), [rung('primary'), rung('police')])).toBeNull()
  })

  it('is whoever accepted, on duty or not', () => {
    expect(answeringFor({ called: accepted('Worker 9') }, [rung('primary', 'Worker 7')])).toEqual({ names: ['Worker 9'], rung: null })
  })
})
