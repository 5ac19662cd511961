/** Words. Messages are compiled while building; zh-CN comes first and is the default. */
import { createI18n } from 'vue-i18n'
import enCommon from './en/common.json'
import enDesk from './en/desk.json'
import enWall from './en/wall.json'
import zhCommon from './zh-CN/common.json'
import zhDesk from './zh-CN/desk.json'
import zhWall from './zh-CN/wall.json'

export const LOCALES = ['zh-CN', 'en'] as const
export type Locale = (typeof LOCALES)[number]

const STORED = 'gridwatch.locale'

function storedLocale(): Locale {
  const stored = localStorage.getItem(STORED)
  return LOCALES.find((locale) => locale === stored) ?? 'zh-CN'
}

export const i18n = createI18n({
  legacy: false,
  locale: storedLocale(),
  fallbackLocale: 'zh-CN',
  messages: {
    'zh-CN': { ...zhCommon, ...zhDesk, ...zhWall },
    en: { ...enCommon, ...enDesk, ...enWall },
  },
})

/** Switches the language of the page and remembers it on this screen. */
export function setLocale(locale: Locale): void {
  i18n.global.locale.value = locale
  localStorage.setItem(STORED, locale)
  showLocale()
}

/** Tells the document which language it is in: fonts, line breaking and screen readers depend on it. */
export function showLocale(): void {
  document.documentElement.lang = i18n.global.locale.value
  document.title = i18n.global.t('common.app')
}

/** Adds the words of an area that is loaded when it is first opened. */
export function addMessages(words: Readonly<Record<Locale, Record<string, unknown>>>): void {
  for (const locale of LOCALES) i18n.global.mergeLocaleMessage(locale, words[locale])
}
