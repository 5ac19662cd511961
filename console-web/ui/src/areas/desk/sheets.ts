/** What lies over the desk, asked for by a key. */
import type { MoveKind } from '@/api/types'

/** Moves that need a reason and nothing else. */
export type ReasonedKind = Extract<MoveKind, 'escalate' | 'supervise' | 'reopen'>

export type Sheet =
  | { readonly is: 'dismiss' | 'person' | 'note' | 'emergency' | 'more' | 'close' | 'silence' | 'handover' | 'keys' }
  | { readonly is: 'reason'; readonly move: ReasonedKind }
