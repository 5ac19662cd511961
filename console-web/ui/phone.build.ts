/** What the build does for the phone: its page, and a service worker that knows the page's files. */
import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

const PAGE = '/m'
const MARK = /JSON\.parse\(["'`]__SHELL__["'`]\)/
/** Beside code and styles, what the page needs without a network. */
const PUBLIC = ['/favicon.svg', '/phone.webmanifest', '/phone/icon-192.png', '/phone/badge-96.png']

const isPhone = (path: string) => path === PAGE || path.startsWith(`${PAGE}/`)

/** Serves m.html for the phone's addresses while developing, as the server does. */
function phonePage(): Plugin {
  const rewrite = (request: { url?: string | undefined }, _response: unknown, next: () => void) => {
    if (isPhone(request.url?.split('?')[0] ?? '')) request.url = '/m.html'
    next()
  }
  return {
    name: 'gridwatch-phone-page',
    configureServer: (server) => void server.middlewares.use(rewrite),
    configurePreviewServer: (server) => void server.middlewares.use(rewrite),
  }
}

/** Writes into the worker which files the phone's page is made of. */
function phoneShell(): Plugin {
  return {
    name: 'gridwatch-phone-shell',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk')
      const byName = new Map(chunks.map((chunk) => [chunk.fileName, chunk]))
      const files = new Set<string>()
      const take = (name: string) => {
        const chunk = byName.get(name)
        if (!chunk || files.has(`/${name}`)) return
        files.add(`/${name}`)
        for (const style of chunk.viteMetadata?.importedCss ?? []) files.add(`/${style}`)
        chunk.imports.forEach(take)
      }
      const area = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith('/areas/phone/PhonePage.vue'))
      const page = bundle['m.html']
      if (area) take(area.fileName)
      const named = page?.type === 'asset' ? [...String(page.source).matchAll(/"\/(assets\/[^"]+)"/g)] : []
      for (const [, name = ''] of named) if (byName.has(name)) take(name)
      else files.add(`/${name}`)
      const worker = byName.get('sw.js')
      if (!area || named.length === 0 || !worker || !MARK.test(worker.code)) return this.error('the phone is not built as its worker expects')
      const shell = [...files].toSorted()
      const version = createHash('sha256').update([...shell, String(page?.type === 'asset' ? page.source : '')].join('\n')).digest('hex').slice(0, 12)
      worker.code = worker.code.replace(MARK, JSON.stringify([version, PAGE, ...PUBLIC, ...shell]))
      return undefined
    },
  }
}

export const phone = (): Plugin[] => [phonePage(), phoneShell()]
