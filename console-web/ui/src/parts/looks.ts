/** Which classes a level has on the ladder; an ended alert is grey. */
import type { Level } from '@/model/levels'

interface CardLook {
  card: string
  header: string
  badge: string
}

const FILLED = 'text-on-level'

const OPEN: Readonly<Record<Level, CardLook>> = {
  1: { card: '', header: `bg-level-1 ${FILLED}`, badge: '' },
  2: { card: '', header: `bg-level-2 ${FILLED}`, badge: '' },
  3: { card: 'border-l-[0.5rem] border-level-3', header: 'bg-raised text-text-1', badge: `bg-level-3 px-1 ${FILLED}` },
  4: { card: '', header: 'bg-raised text-text-1', badge: 'border-2 border-level-4 px-1 text-level-4' },
}

const OVER: CardLook = { card: 'text-text-2 grayscale', header: 'bg-raised text-text-2', badge: '' }

export function cardLook(level: Level, over: boolean): CardLook {
  return over ? OVER : OPEN[level]
}

/** The frame round the alarming picture: 8, 6, 4 and 2 px at u = 16. */
const FRAMES: Readonly<Record<Level, string>> = {
  1: 'border-level-1 border-[0.5rem] far:border-[0.25rem]',
  2: 'border-level-2 border-[0.375rem] far:border-[0.2rem]',
  3: 'border-level-3 border-[0.25rem] far:border-[0.125rem]',
  4: 'border-level-4 border-[0.125rem]',
}

export function frameLook(level: Level, over: boolean): string {
  return over ? 'border-line-ui border-[0.125rem]' : FRAMES[level]
}

const TEXTS: Readonly<Record<Level, string>> = {
  1: 'text-level-1',
  2: 'text-level-2',
  3: 'text-level-3',
  4: 'text-level-4',
}

export function textLook(level: Level, over: boolean): string {
  return over ? 'text-text-2' : TEXTS[level]
}
