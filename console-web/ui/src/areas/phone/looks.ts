/** Which classes a level has in the hand; what is over is grey. */
import type { Level } from '@/model/levels'

const FILLS: Readonly<Record<Level, string>> = {
  1: 'bg-fill-1 text-on-fill-1',
  2: 'bg-fill-2 text-on-fill-2',
  3: 'bg-fill-3 text-on-fill-3',
  4: 'bg-fill-4 text-on-fill-4',
}

export function fillLook(level: Level, over: boolean): string {
  return over ? 'bg-raised text-text-1' : FILLS[level]
}

/** Every button that is no large one of the bar. */
export const BUTTON =
  'flex min-h-14 min-w-14 items-center justify-center gap-2 rounded-ui border-2 border-line-ui bg-canvas px-3 text-center font-strong text-text-1 active:bg-raised'
export const STRONG_BUTTON =
  'flex min-h-16 items-center justify-center gap-2 rounded-ui border-2 border-inverse bg-inverse px-3 text-center text-title font-strong text-on-inverse disabled:border-line-ui disabled:bg-raised disabled:text-text-3'
