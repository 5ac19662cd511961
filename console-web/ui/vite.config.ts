import { fileURLToPath } from 'node:url'
import vueI18n from '@intlify/unplugin-vue-i18n/vite'
import tailwind from '@tailwindcss/vite'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { phone } from './phone.build.ts'

/** Where `npm run dev` finds a running gridwatch. */
const server = process.env.GRIDWATCH_URL ?? 'http://127.0.0.1:8600'

export default defineConfig({
  plugins: [
    vue(),
    tailwind(),
    // Messages are compiled while building: the page may not evaluate strings.
    vueI18n({
      include: fileURLToPath(new URL('./src/i18n/*/*.json', import.meta.url)),
      runtimeOnly: true,
      strictMessage: true,
    }),
    phone(),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2023',
    // `data:` addresses are not allowed for scripts and styles by the policy the server sends.
    assetsInlineLimit: 0,
    manifest: true,
    rolldownOptions: {
      input: { index: 'index.html', m: 'm.html', sw: 'src/worker/sw.ts' },
      // A service worker's name says which addresses it serves: it stays the same, at the root.
      output: { entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js') },
    },
    // MapLibre alone is larger than the default limit; scripts/budget.mjs judges sizes.
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: 'es' },
  server: {
    // The server lets only its own pages act.
    proxy: { '/api': { target: server, ws: true, changeOrigin: true, rewriteWsOrigin: true, headers: { origin: server } } },
  },
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
})
