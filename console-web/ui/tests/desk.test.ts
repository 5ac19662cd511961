import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Camera, Delivery, Entry, Person } from '@/api/types'
import { callLines, onCall } from '@/model/calling'
import { groundDistance, nearest } from '@/model/near'
import { reasonKeys } from '@/model/reasons'
import { tell } from '@/model/timeline'
import { alert, at } from './alerts'

const system = { person: null, name: 'gridwatch', role: 'system' as const, from: '' }
const entry = (happening: Record<string, unknown>): Entry => ({ at: at(0), by: system, ...happening }) as unknown as Entry

const CLOCKS = [{ clock: 'judge' }, { clock: 'accept' }, { clock: 'arrive' }, { clock: 'report' }, { clock: 'resume' }, { clock: 'supervise', level: 3 }, { clock: 'answer', department: '医疗' }]
const MOVES = [
  { move: 'confirm' }, { move: 'dismiss', reason: 'a bag' }, { move: 'dispatch', to: null }, { move: 'dispatch', to: 'w1' }, { move: 'accept' }, { move: 'arrive' },
  { move: 'report', text: 'fine' }, { move: 'verify' }, { move: 'close', reason: null }, { move: 'reassign', to: 'w1', reason: 'near' }, { move: 'return', reason: 'ill' },
  { move: 'call_in', department: '医疗', reason: 'hurt' }, { move: 'answer', department: '医疗' }, { move: 'merge', into: 2 }, { move: 'unmerge' }, { move: 'escalate', reason: 'r' },
  { move: 'supervise', reason: 'r' }, { move: 'hold', reason: 'r', until: at(60) }, { move: 'resume' }, { move: 'reopen', reason: 'r' }, { move: 'proceed' }, { move: 'lapse' },
  { move: 'note', text: 'n' }, ...['coming', 'declined', 'no_answer', 'called'].map((outcome) => ({ move: 'emergency', outcome })),
]
const WHYS = ['dispatch', 'again', 'level_up', 'reopened', 'not_arrived', 'leader_told', 'reinforce', 'not_judged', 'nobody_on_duty', 'supervise', 'called_in', 'not_answered', 'all_clear', 'unproven']
const HAPPENINGS: Entry[] = [
  { what: 'opened', level: 2 }, { what: 'level', from: 2, to: 1 }, { what: 'resumed' }, { what: 'backlog' }, { what: 'nobody_on_duty', rung: 'primary' },
  ...['upright', 'gone', 'dispersed', 'unwatched'].map((reason) => ({ what: 'ended', reason })),
  ...MOVES.map((done) => ({ what: 'moved', done, from: 'pending', to: 'pending' })),
  ...CLOCKS.flatMap((clock) => [{ what: 'clock_fired', ...clock }, { what: 'clock_stopped', met: true, ...clock }, { what: 'clock_stopped', met: false, ...clock }, { what: 'clock_begun_anew', ...clock }].map((one) => ({ ...one, due_at: at(30) }))),
  ...WHYS.map((why) => ({ what: 'called', why, rung: 'patrol', people: ['w1', 'w2'] })), { what: 'called', why: 'not_judged', rung: null, people: ['w1'] },
  ...['took_in', 'gave_back', 'merge_suggested'].map((what) => ({ what, other: 2 })),
  ...['evidence_sealed', 'evidence_deleted'].map((what) => ({ what, manifest: '', files: 2 })),
  ...['evidence_held', 'evidence_released'].map((what) => ({ what, reason: 'court' })),
  { what: 'original_requested', request: 1, reason: 'police' }, { what: 'original_approved', request: 1 }, { what: 'original_opened', request: 1 },
].map(entry)

type Tree = { [key: string]: string | Tree }
const messages = Object.assign({}, ...['common', 'desk', 'wall'].map((area) => JSON.parse(readFileSync(new URL(`../src/i18n/zh-CN/${area}.json`, import.meta.url), 'utf8')) as Tree)) as Tree
const message = (key: string) => key.split('.').reduce<string | Tree | undefined>((tree, part) => (typeof tree === 'object' ? tree[part] : undefined), messages)

describe('the timeline', () => {
  it('has a sentence for everything that can happen, with everything it needs', () => {
    for (const happening of HAPPENINGS) {
      const { key, params } = tell(happening, (ids) => ids.join())
      const text = message(key)
      expect(text, `${key} of ${JSON.stringify(happening)}`).toBeTypeOf('string')
      for (const [, name = ''] of String(text).matchAll(/\{(\w+)\}/g)) expect(Object.keys(params), key).toContain(name)
      for (const value of Object.values(params)) if (typeof value === 'object') expect(message(value.key), value.key).toBeTypeOf('string')
    }
  })

  it('keeps what people wrote as they wrote it', () => {
    expect(tell(entry({ what: 'moved', done: { move: 'dismiss', reason: 'a bag' }, from: 'pending', to: 'false' }), String).text).toBe('a bag')
  })

  it('says whether a clock was met', () => {
    const stopped = (met: boolean) => ({ what: 'clock_stopped', clock: 'accept', due_at: at(0), met })
    expect(tell(entry(stopped(true)), String).key).toBe('desk.told.clock_met')
    expect(tell(entry(stopped(false)), String).key).toBe('desk.told.clock_dropped')
  })
})

it('has words for every act, refusal, reason and step of a message', () => {
  const keys = [
    ...MOVES.flatMap(({ move }) => [`desk.pending.${move}`, `desk.did.${move}`]),
    ...['state', 'overtaken', 'own_case', 'role'].map((why) => `desk.refused.${why}`),
    ...['waiting', 'sending', 'sent', 'refused', 'failed', 'overtaken'].map((state) => `desk.undo.${state}`),
    ...['queued', 'sent', 'delivered', 'seen', 'accepted', 'failed', 'cancelled', 'returned', 'onDuty'].map((state) => `desk.reached.${state}`),
    ...['asking', 'lost', 'refused'].map((state) => `desk.live.${state}`),
    ...['rotation', 'swap', 'leave', 'override'].map((kind) => `desk.handover.entry.${kind}`),
    ...['judge', 'accept', 'arrive', 'report', 'answer', 'resume'].map((clock) => `desk.clock.${clock}`),
    ...(['fall', 'crowd'] as const).flatMap((kind) => reasonKeys({ kind })),
  ]
  for (const key of keys) expect(message(key), key).toBeTypeOf('string')
})

describe('neighbours', () => {
  const camera = (id: string, lon: number, state: Camera['state'] = 'ok'): Camera => ({ id, name: id, short_name: id, code: null, lon, lat: 34, grid: null, grid_path: [], state, cause: null, held_back: null, since: null, next_try: null, last_picture_at: null })

  it('are measured over ground', () => {
    expect(groundDistance({ lon: 117, lat: 34 }, { lon: 117, lat: 34.001 })).toBeCloseTo(111.2, 1)
    expect(groundDistance({ lon: null, lat: null }, { lon: 117, lat: 34 })).toBeNull()
  })

  it('are the five nearest, without the camera itself and those switched off', () => {
    const all = [camera('a', 117), ...[6, 5, 4, 3, 2, 1].map((step) => camera(`n${step}`, 117 + step / 1000)), camera('off', 117.0001, 'disabled')]
    expect(nearest({ id: 'a', lon: 117, lat: 34 }, all).map(({ camera: { id } }) => id)).toEqual(['n1', 'n2', 'n3', 'n4', 'n5'])
  })
})

describe('who is called', () => {
  const person = (id: string): [string, Person] => [id, { id, name: `Name ${id}`, phone: '1', roles: [], active: true }]
  const people = new Map(['w1', 'w2', 'lead'].map(person))
  const delivery = (id: number, recipient: string, state: Delivery['state']): Delivery =>
    ({ id, recipient, state, created_at: at(id), sent_at: at(id), delivered_at: at(id), seen_at: at(id), accepted_at: null }) as Delivery
  const ladder = [{ name: 'primary' as const, people: [{ id: 'w1', name: 'Name w1' }] }, { name: 'backup' as const, people: [{ id: 'w2', name: 'Name w2' }] }]

  it('is the ladder with the furthest that a message came, then who was told beside it', () => {
    const list = onCall(alert(1), ladder, [delivery(1, 'w1', 'seen'), delivery(2, 'w1', 'cancelled'), delivery(3, 'lead', 'queued'), delivery(4, 'webhook', 'sent')], people)
    expect(list.map(({ id, rung, reached }) => [id, rung, reached])).toEqual([['w1', 'primary', 'seen'], ['w2', 'backup', null], ['lead', null, 'queued']])
  })

  it('says who accepted and who said no', () => {
    const called = { ...alert(1).called, accepted: { person: 'w2', name: 'Name w2', role: 'grid_worker' as const, from: '' }, returned: ['w1'] }
    expect(onCall({ called }, ladder, [], people).map(({ reached }) => reached)).toEqual(['returned', 'accepted'])
  })

  it('counts a pool of whom nobody was told', () => {
    const pool = { name: 'patrol' as const, people: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, name: id })) }
    const lines = callLines(onCall(alert(1), [pool], [], people))
    expect(lines).toEqual([{ line: 'pool', rung: 'patrol', count: 5 }])
    const told = callLines(onCall(alert(1), [pool], [delivery(1, 'c', 'sent')], new Map(['c'].map(person))))
    expect(told.map((line) => (line.line === 'pool' ? line.count : line.person.id))).toEqual([4, 'c'])
  })
})
