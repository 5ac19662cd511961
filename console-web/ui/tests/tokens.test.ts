import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { contrast, deltaE2000, type Rgb, seenBy, type Sight } from './colour'

const css = readFileSync(new URL('../src/ui/tokens.css', import.meta.url), 'utf8')
type Palette = (name: string) => Rgb

/** The colours of one block of the file. */
function palette(block: string): Palette {
  const tokens = new Map(
    [...block.matchAll(/--color-([a-z0-9-]+):\s*#([0-9A-F]{6});/g)].map(([, name = '', hex = '']) => [
      name,
      [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb,
    ]),
  )
  return (name) => {
    const found = tokens.get(name)
    if (!found) throw new Error(`no colour ${name}`)
    return found
  }
}

const [room = '', hand = ''] = css.split(":root[data-density='hand']")
const colour = palette(room)
const lit = palette(hand)

const levels = ['level-1', 'level-2', 'level-3', 'level-4']
const grounds = ['canvas', 'panel', 'raised']
const sights: Sight[] = ['normal', 'protan', 'deutan', 'tritan']

/** Foreground, background, the least contrast. Text needs 4.5, what is read from 5 m 7, shapes and borders 3. */
const pairs: [string, string, number][] = [
  ...grounds.flatMap((ground): [string, string, number][] => [
    ['text-1', ground, 7],
    ['text-2', ground, 7],
    ['text-3', ground, 4.5],
    ['line-ui', ground, 3],
    ...levels.map((level): [string, string, number] => [level, ground, 4.35]),
  ]),
  ['recede', 'canvas', 3],
  ['recede', 'panel', 3],
  ...levels.map((level): [string, string, number] => ['on-level', level, 5.46]),
  ...[1, 2, 3, 4].flatMap((level): [string, string, number][] => [
    ['text-1', `tint-${level}`, 9.4],
    ['text-2', `tint-${level}`, 5.9],
  ]),
  ['on-inverse', 'inverse', 15],
]

describe('contrast', () => {
  it.each(pairs)('%s on %s is at least %d', (front, back, least) => {
    expect(contrast(colour(front), colour(back))).toBeGreaterThanOrEqual(least)
  })

  it.each(sights)('every level stands out of the panel for %s sight', (sight) => {
    for (const level of levels) {
      expect(contrast(seenBy(colour(level), sight), seenBy(colour('panel'), sight))).toBeGreaterThanOrEqual(3)
    }
  })
})

/** In the hand, in sunlight: text and what stands on a filled level. */
const litPairs: [string, string, number][] = [
  ...['canvas', 'panel', 'raised'].flatMap((ground): [string, string, number][] => [
    ['text-1', ground, 12],
    ['text-2', ground, 7],
    ['text-3', ground, 4.5],
    ['line-ui', ground, 3],
  ]),
  ...['canvas', 'panel'].flatMap((ground) => levels.map((level): [string, string, number] => [level, ground, 5.4])),
  ...[1, 2, 3, 4].map((level): [string, string, number] => [`on-fill-${level}`, `fill-${level}`, 5]),
  ['on-inverse', 'inverse', 15],
]

describe('contrast in the hand', () => {
  it.each(litPairs)('%s on %s is at least %d', (front, back, least) => {
    expect(contrast(lit(front), lit(back))).toBeGreaterThanOrEqual(least)
  })
})

describe('distance between levels', () => {
  const least: Record<Sight, number> = { normal: 25.5, protan: 16, deutan: 11.5, tritan: 14 }

  it.each(sights)('is enough for %s sight', (sight) => {
    const seen = levels.map((level) => seenBy(colour(level), sight))
    const distances = seen.flatMap((a, i) => seen.slice(i + 1).map((b) => deltaE2000(a, b)))
    expect(Math.min(...distances)).toBeGreaterThanOrEqual(least[sight])
  })
})

describe('deltaE2000', () => {
  it('is zero for the same colour and 100 from black to white', () => {
    expect(deltaE2000([10, 20, 30], [10, 20, 30])).toBe(0)
    expect(deltaE2000([0, 0, 0], [255, 255, 255])).toBeCloseTo(100, 3)
  })
})
