// oxlint judges the TypeScript; ESLint adds what only its plugins know: templates, messages, browser
// tests, and which part may import which.
import vueI18n from '@intlify/eslint-plugin-vue-i18n'
import playwright from 'eslint-plugin-playwright'
import vue from 'eslint-plugin-vue'
import ts from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

/** Parts of the app and what they may not import, with the reason. */
const zones = [
  { files: ['src/ui/**'], forbid: ['@/areas/**', '@/api/**', '@/model/**', '@/routes', '@/paths', 'vue-router'], why: 'ui knows shapes and words only' },
  { files: ['src/model/**'], forbid: ['@/areas/**', '@/ui/**', 'vue', 'vue-*', '@/api/client', '@/api/session', '@/api/live'], why: 'model is pure functions on API types' },
  { files: ['src/api/**'], forbid: ['@/areas/**', '@/ui/**'], why: 'api knows no page' },
  { files: ['src/parts/**'], forbid: ['@/areas/**', '@/routes', '@/paths', 'vue-router'], why: 'parts are what areas share' },
  { files: ['src/areas/**'], forbid: ['@/areas/**', '../../areas/**'], why: 'areas never import each other' },
]

export default ts.config(
  { ignores: ['dist/', 'scripts/', 'src/api/schema.ts', 'test-results/', 'playwright-report/', '*.json', '.*.json', '*.js'] },
  { files: ['**/*.ts'], languageOptions: { parser: ts.parser } },
  ...vue.configs['flat/recommended'],
  ...vueI18n.configs.recommended,
  {
    files: ['**/*.vue'],
    languageOptions: { parser: vueParser, parserOptions: { parser: ts.parser } },
    rules: {
      'vue/no-v-html': 'error',
      'vue/no-static-inline-styles': ['error', { allowBinding: false }],
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-macros-order': 'error',
      'vue/no-unused-refs': 'error',
      'vue/no-undef-components': ['error', { ignorePatterns: ['RouterView'] }],
      // Layout is the formatter's business.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'always' } }],
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/require-default-prop': 'off',
    },
  },
  {
    settings: {
      'vue-i18n': {
        localeDir: { pattern: './src/i18n/*/*.json', localePattern: /^.*\/(?<locale>[A-Za-z-]+)\/[^/]+\.json$/, localeKey: 'path' },
        messageSyntaxVersion: '^11.0.0',
      },
    },
  },
  {
    files: ['src/**/*.{ts,vue,json}'],
    rules: {
      '@intlify/vue-i18n/no-raw-text': ['error', { ignorePattern: '^[\\s?·]*$', attributes: { '/.+/': ['aria-label', 'alt', 'title', 'placeholder'] } }],
      '@intlify/vue-i18n/no-missing-keys': 'error',
      '@intlify/vue-i18n/no-dynamic-keys': 'off',
      // Looked up by a code of the server; tests/i18n.test.ts checks that every code has a word.
      '@intlify/vue-i18n/no-unused-keys': ['error', {
        extensions: ['.ts', '.vue'],
        ignores: [
          '/^common\\.(level|camera|language|state)\\./',
          '/^wall\\.(problem|evidenceError|endReason|selected|load|stack\\.none|cause|causeNext|stateNext|outage|heldBack|fallState|rung)/',
          '/^wall\\.crowd\\.(amount|basis|doubt|forecast|forecastSoon|level|spoke)\\./',
          '/^wall\\.alert\\.(fall|longLie)$/',
          '/^wall\\.(alert|crowd)\\.since$/',
          '/^desk\\.(act|actor|clock|did|kind|live|pending|reached|reason|refused|told|undo|why)\\./',
          '/^desk\\.(handover\\.entry|person|queue)\\./',
          '/^wall\\.silence\\.(fall|crowd)$/',
          '/^phone\\.(move|role|why|delivery|situation|emergency|clock)\\./',
          '/^phone\\.(report|return|help)\\.phrase\\./',
        ],
      }],
    },
  },
  ...zones.map(({ files, forbid, why }) => ({
    files,
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: forbid, message: why }] }] },
  })),
  {
    ...playwright.configs['flat/recommended'],
    files: ['e2e/**/*.ts'],
    rules: {
      ...playwright.configs['flat/recommended'].rules,
      'playwright/no-wait-for-timeout': 'error',
      'playwright/no-conditional-in-test': 'error',
      'playwright/no-conditional-expect': 'error',
    },
  },
)
