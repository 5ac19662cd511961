import { readFileSync } from 'node:fs'
import openapiTS, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { expect, it } from 'vitest'

it('src/api/schema.ts is what openapi-typescript makes of ../openapi.json (npm run gen:api)', async () => {
  const document = new URL('../../openapi.json', import.meta.url)
  const made = COMMENT_HEADER + astToString(await openapiTS(document))
  const kept = readFileSync(new URL('../src/api/schema.ts', import.meta.url), 'utf8')
  expect(kept).toBe(made)
})
