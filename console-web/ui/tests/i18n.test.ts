import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Alert, CallReason, DeliveryState, MoveKind, Person } from '@/api/types'
import { CAMERA_CAUSES, CAMERA_STATES, faultKey, nextStepKey } from '@/model/cameras'
import { amountOf, forecastOf } from '@/model/crowd'
import { LEVELS } from '@/model/levels'
import { evidenceErrorKey, isBlind, problemKey, whatKey } from '@/model/words'
import { crowd } from './alerts'

const CROWD_LEVELS = ['gathering', 'attention', 'warning', 'danger', 'critical'] as const
const UNITS = ['heads', 'per_square_metre'] as const
const ALERT_STATES = ['pending', 'false', 'confirmed', 'dispatched', 'accepted', 'on_scene', 'reported', 'verified', 'closed']
const FALL_STATES = [
  'upright',
  'collapsed',
  'vanished',
  'resting',
  'down',
  'suspected',
  'alert',
  'long_lie',
  'upright_again',
  'ended',
] as const satisfies readonly Alert['transitions'][number]['to'][]
const forecastKey = (unit: (typeof UNITS)[number], seconds: number): string => {
  const forecast = { per_minute: 1, next_level: 5, next_level_s: seconds, fast: false }
  return forecastOf({ unit, held_back: null, forecast })?.key ?? 'no forecast'
}

type Tree = { [key: string]: string | Tree }

const root = new URL('../src/i18n/', import.meta.url)
const areas = readdirSync(new URL('zh-CN/', root))
const read = (locale: string, area: string): Tree =>
  JSON.parse(readFileSync(new URL(`${locale}/${area}`, root), 'utf8')) as Tree

function leaves(tree: Tree, path = ''): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[path + key, value]] : leaves(value, `${path}${key}.`),
  )
}

const params = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).toSorted()
const all = new Map(areas.flatMap((area) => leaves(read('zh-CN', area))))

describe.each(areas)('%s', (area) => {
  const zh = leaves(read('zh-CN', area))
  const en = new Map(leaves(read('en', area)))

  it('has the same keys in both languages', () => {
    expect([...en.keys()]).toEqual(zh.map(([key]) => key))
  })

  it('has the same parameters in both languages', () => {
    for (const [key, text] of zh) expect(params(en.get(key) ?? ''), key).toEqual(params(text))
  })

  it.each(['zh-CN', 'en'])('is sorted in %s', (locale) => {
    const sorted = (tree: Tree): boolean => {
      const keys = Object.keys(tree)
      return (
        keys.join() === keys.toSorted().join() &&
        Object.values(tree).every((value) => typeof value === 'string' || sorted(value))
      )
    }
    expect(sorted(read(locale, area))).toBe(true)
  })
})

it('has both languages for the same areas', () => {
  expect(readdirSync(new URL('en/', root))).toEqual(areas)
})

it('has a word for every code that is looked up by name', () => {
  const keys = [
    ...LEVELS.map((level) => `common.level.${level}`),
    ...LEVELS.map((level) => whatKey({ level, crowd: null })),
    ...CROWD_LEVELS.map((level) => whatKey({ level: 3, crowd: crowd({ level }) })),
    ...UNITS.flatMap((unit) => [`wall.crowd.basis.${unit}`, amountOf({ amount: 1, unit }).key]),
    ...UNITS.flatMap((unit) => [30, 200].map((seconds) => forecastKey(unit, seconds))),
    ...['boxes', 'density_map', 'points'].map((spoke) => `wall.crowd.spoke.${spoke}`),
    ...['boxes_hide_boxes', 'small_people', 'small_zone'].map((doubt) => `wall.crowd.doubt.${doubt}`),
    ...['black', 'blurred', 'covered', 'frozen', 'moved'].map((why) => `wall.heldBack.${why}`),
    ...FALL_STATES.map((state) => `wall.fallState.${state}`),
    ...CAMERA_STATES.map((state) => `common.camera.${state}`),
    ...CAMERA_STATES.map((state) => nextStepKey({ state, cause: null })),
    ...CAMERA_CAUSES.flatMap((cause) => [faultKey({ state: 'silent', cause }), nextStepKey({ state: 'silent', cause })]),
    ...['host', 'subnet'].flatMap((kind) => [`wall.outage.${kind}`, `wall.outage.${kind}Next`]),
    ...['upright', 'gone', 'dispersed', 'unwatched'].map((reason) => `wall.endReason.${reason}`),
    ...['primary', 'backup', 'leader', 'neighbour', 'patrol', 'police'].map((rung) => `wall.rung.${rung}`),
    ...ALERT_STATES.map((state) => `common.state.${state}`),
    ...['clocks_failing', 'evidence_disk_full', 'evidence_not_deleted', 'evidence_write_failed', 'detector_down', 'model_failing', 'no_detectors', 'store_failing', 'something new'].map(problemKey),
    ...['deleted', 'disk_full', 'masking_failed', 'write_failed', 'no_video', 'not_recorded', 'unplayable', null].map(evidenceErrorKey),
  ]
  for (const key of keys) expect(all.has(key), key).toBe(true)
})

it('tells blindness from calm', () => {
  expect(isBlind([])).toBe(false)
  expect(isBlind([{ code: 'evidence_disk_full' }])).toBe(false)
  expect(isBlind([{ code: 'evidence_disk_full' }, { code: 'no_detectors' }])).toBe(true)
})

describe('the phone', () => {
  const told = (group: string) => (code: string) => expect(all.get(`phone.${group}.${code}`), code).toBeTruthy()
  const MOVES = {
    confirm: 1, dismiss: 1, dispatch: 1, accept: 1, arrive: 1, report: 1, verify: 1, close: 1, reassign: 1, return: 1, call_in: 1, answer: 1,
    merge: 1, unmerge: 1, escalate: 1, supervise: 1, hold: 1, resume: 1, reopen: 1, proceed: 1, lapse: 1, note: 1, emergency: 1,
  } as const satisfies Record<MoveKind, 1>
  const STATES = { queued: 1, sent: 1, delivered: 1, seen: 1, accepted: 1, failed: 1, cancelled: 1 } as const satisfies Record<DeliveryState, 1>
  const REASONS = {
    dispatch: 1, again: 1, level_up: 1, reopened: 1, not_arrived: 1, leader_told: 1, reinforce: 1, not_judged: 1, nobody_on_duty: 1,
    supervise: 1, called_in: 1, not_answered: 1, all_clear: 1, unproven: 1,
  } as const satisfies Record<CallReason, 1>

  it.each(Object.keys(MOVES))('has a word for the move %s', told('move'))
  it.each(Object.keys(STATES))('has a word for a delivery that is %s', told('delivery'))
  it.each(Object.keys(REASONS))('says why somebody is called: %s', told('why'))
  it.each(['grid_worker', 'grid_leader', 'duty_officer', 'shift_lead'] satisfies NonNullable<Person['roles']>[number]['role'][])('names the role %s', told('role'))
})
