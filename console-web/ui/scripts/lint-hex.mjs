// Colours have names. Only src/ui/tokens.css may hold a hex colour; everything else uses a token.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const allowed = join('src', 'ui', 'tokens.css')
const hex = /#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b/gi

const found = readdirSync('src', { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(css|ts|vue)$/.test(entry.name))
  .map((entry) => join(entry.parentPath, entry.name))
  .filter((path) => path !== allowed)
  .flatMap((path) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .flatMap((line, index) => [...line.matchAll(hex)].map((match) => `${path}:${index + 1} ${match[0]}`)),
  )

for (const place of found) console.error(`${place}: a colour outside tokens.css`)
process.exit(found.length === 0 ? 0 : 1)
