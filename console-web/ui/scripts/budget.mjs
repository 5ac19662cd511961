// What an area's first load weighs, gzipped, against what it may weigh. Run after `npm run build`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

const dist = 'dist'
const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'))
const weight = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length

/** Every chunk that must be loaded for `key`, lazy ones left out. */
function closure(key, seen = new Set()) {
  if (seen.has(key)) return seen
  seen.add(key)
  for (const next of manifest[key].imports ?? []) closure(next, seen)
  return seen
}

const chunks = (...keys) => new Set(keys.flatMap((key) => [...closure(key)]))
const files = (keys) => new Set([...keys].map((key) => manifest[key].file).filter((file) => file.endsWith('.js')))
const styles = (keys) => new Set([...keys].flatMap((key) => manifest[key].css ?? []))
const sum = (list) => [...list].reduce((total, file) => total + weight(file), 0)

// The pages themselves are not in the manifest; an area imports what they load.
const wall = 'src/areas/wall/WallPage.vue'
const desk = 'src/areas/desk/DeskPage.vue'
const phone = 'src/areas/phone/PhonePage.vue'
const map = 'src/areas/wall/map/engine.ts'
const first = chunks(wall)
const lazy = new Set([...closure(map)].filter((key) => !first.has(key)))
const worker = (manifest[map].assets ?? []).filter((file) => file.endsWith('.js'))

const rows = [
  ['wall, first load (JS)', sum(files(first)), 130],
  ['desk, first load (JS)', sum(files(chunks(desk))), 150],
  ['phone, first load (JS)', sum(files(chunks(phone))), 120],
  ['map, lazy (JS and worker)', sum(files(lazy)) + sum(worker), 439],
  ['styles, first load (CSS)', sum(styles(first)), 25],
  ['styles, desk (CSS)', sum(styles(chunks(desk))), 25],
  ['styles, phone (CSS)', sum(styles(chunks(phone))), 25],
]

let over = worker.length === 0
if (over) console.error('the map worker is not in the manifest')
console.log('what'.padEnd(28), 'KiB gz'.padStart(8), 'budget'.padStart(8))
for (const [name, bytes, budget] of rows) {
  const kib = bytes / 1024
  over ||= kib > budget
  console.log(name.padEnd(28), kib.toFixed(1).padStart(8), String(budget).padStart(8), kib > budget ? '  OVER' : '')
}
process.exit(over ? 1 : 0)
