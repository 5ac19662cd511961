/** What happened to an alert, each entry as a sentence: a key of i18n with what it takes. */
import type { Entry } from '@/api/types'
import { formatTime } from './clock'

/** Words that have a key of their own and stand inside a sentence. */
export interface Words {
  readonly key: string
}

/** A sentence; a parameter that is words is looked up first. */
export interface Told {
  readonly key: string
  readonly params: Readonly<Record<string, string | number | Words>>
  /** What somebody wrote, as they wrote it. */
  readonly text: string | null
}

const words = (key: string): Words => ({ key })
const told = (key: string, params: Told['params'] = {}, text: string | null = null): Told => ({ key: `desk.told.${key}`, params, text })
const time = (at: string) => formatTime(Date.parse(at))

/** The names of people by their ids, as one text. */
export type NameOf = (ids: readonly string[]) => string

type Moved = Extract<Entry, { what: 'moved' }>
type Clocked = Extract<Entry, { what: 'clock_fired' | 'clock_stopped' | 'clock_begun_anew' }>

/** The sentence of an entry; `nameOf` gives people's names by their ids. */
export function tell(entry: Entry, nameOf: NameOf): Told {
  switch (entry.what) {
    case 'opened':
      return told('opened', { level: entry.level, word: words(`common.level.${entry.level}`) })
    case 'level':
      return told('level', { from: entry.from, to: entry.to, word: words(`common.level.${entry.to}`) })
    case 'ended':
      return told('ended', { reason: words(`wall.endReason.${entry.reason}`) })
    case 'moved':
      return tellMove(entry, nameOf)
    case 'clock_fired':
      return told('clock_fired', { clock: clockWords(entry) }, clockText(entry))
    case 'clock_stopped':
      return told(entry.met ? 'clock_met' : 'clock_dropped', { clock: clockWords(entry), time: time(entry.due_at) }, clockText(entry))
    case 'clock_begun_anew':
      return told('clock_begun_anew', { clock: clockWords(entry), time: time(entry.due_at) }, clockText(entry))
    case 'called': {
      const why = words(`desk.why.${entry.why}`)
      const names = nameOf(entry.people)
      return entry.rung ? told('called_rung', { why, rung: rungWords(entry.rung), names }) : told('called', { why, names })
    }
    case 'nobody_on_duty':
      return told('nobody_on_duty', { rung: rungWords(entry.rung) })
    case 'took_in':
    case 'gave_back':
    case 'merge_suggested':
      return told(entry.what, { other: entry.other })
    case 'evidence_sealed':
    case 'evidence_deleted':
      return told(entry.what, { files: entry.files })
    case 'evidence_held':
    case 'evidence_released':
      return told(entry.what, {}, entry.reason)
    case 'original_requested':
      return told(entry.what, { request: entry.request }, entry.reason)
    case 'original_approved':
    case 'original_opened':
      return told(entry.what, { request: entry.request })
    case 'resumed':
    case 'backlog':
      return told(entry.what)
  }
}

function tellMove({ done }: Moved, nameOf: NameOf): Told {
  switch (done.move) {
    case 'dismiss':
    case 'return':
    case 'escalate':
    case 'supervise':
    case 'reopen':
      return told(`move.${done.move}`, {}, done.reason)
    case 'close':
      return told('move.close', {}, done.reason ?? null)
    case 'report':
    case 'note':
      return told(`move.${done.move}`, {}, done.text)
    case 'dispatch':
      return done.to ? told('move.dispatch_to', { names: nameOf([done.to]) }) : told('move.dispatch')
    case 'reassign':
      return told('move.reassign', { names: nameOf([done.to]) }, done.reason)
    case 'call_in':
      return told('move.call_in', { department: done.department }, done.reason)
    case 'answer':
      return told('move.answer', { department: done.department })
    case 'merge':
      return told('move.merge', { other: done.into })
    case 'hold':
      return told('move.hold', { time: time(done.until).slice(0, 5) }, done.reason)
    case 'emergency':
      return told(`move.emergency.${done.outcome}`)
    case 'confirm':
    case 'accept':
    case 'arrive':
    case 'verify':
    case 'unmerge':
    case 'resume':
    case 'proceed':
    case 'lapse':
      return told(`move.${done.move}`)
  }
}

function clockWords(entry: Clocked): Words {
  return words(entry.clock === 'supervise' ? `desk.clock.supervise${entry.level}` : `desk.clock.${entry.clock}`)
}

function clockText(entry: Clocked): string | null {
  return entry.clock === 'answer' ? entry.department : null
}

const RUNGS = new Set(['primary', 'backup', 'leader', 'neighbour', 'patrol', 'police'])

function rungWords(rung: string): Words {
  return words(RUNGS.has(rung) ? `wall.rung.${rung}` : 'desk.rungNamed')
}
