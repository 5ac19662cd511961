import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Alert } from '@/api/types'
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
