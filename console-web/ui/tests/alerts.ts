import type { Alert, Crowd } from '@/api/types'

/** The moment tests call now: server milliseconds. */
export const NOW = Date.parse('2026-03-01T08:00:00Z')
export const at = (seconds: number): string => new Date(NOW + seconds * 1000).toISOString()

/** An open fall of level 2 that was opened half a minute ago. */
export function alert(id: number, changes: Partial<Alert> = {}): Alert {
  return {
    id,
    seq: id,
    kind: 'fall',
    level: 2,
    state: 'pending',
    step: 0,
    last_move: null,
    judged: null,
    called: { steps: 0, rung: null, people: [], nobody: false, accepted: null, returned: [] },
    departments: [],
    supervision: 0,
    on_hold: null,
    merged: null,
    backlog: false,
    reopened: 0,
    times: { judged: null, dispatched: null, accepted: null, on_scene: null, reported: null, verified: null, closed: null },
    clocks: [],
    drill: false,
    camera: { id: `cam-${id}`, name: `Camera ${id}`, short_name: `C${id}`, code: null, lon: 120, lat: 30 },
    grid: { code: '001', name: 'Grid 1', level: 'base' },
    grid_path: [{ code: '001', name: 'Grid 1', level: 'base' }],
    since: at(-40),
    opened_at: at(-30),
    last_seen_at: at(-1),
    ended_at: null,
    end_reason: null,
    raised_at: null,
    updates: 1,
    score: 0.9,
    transitions: [],
    crowd: null,
    place: { x: 0, y: 0, width: 1, height: 1 },
    snapshot: { state: 'ready', url: '/s.jpg', error: null },
    clip: { state: 'pending', url: null, error: null },
    ...changes,
  }
}

/** A crowd of 4.2 people per m² that began as 关注 and is 预警 now. */
export function crowd(changes: Partial<Crowd> = {}): Crowd {
  const snapshot = { state: 'ready' as const, url: '/1.jpg', error: null }
  return {
    zone: 'Gate',
    level: 'warning',
    amount: 4.2,
    unit: 'per_square_metre',
    heads: 38,
    peak: 4.4,
    spoke: 'boxes',
    doubts: ['boxes_hide_boxes'],
    forecast: { per_minute: 0.3, next_level: 5, next_level_s: 160, fast: false },
    held_back: null,
    course: [
      { level: 'attention', at: at(-60), snapshot: null },
      { level: 'warning', at: at(-10), snapshot },
    ],
    ...changes,
  }
}
