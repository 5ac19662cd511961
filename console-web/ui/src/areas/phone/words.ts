/** The words of this area, and which key says what. */
import { addMessages } from '@/i18n'
import en from '@/i18n/en/phone.json'
import zh from '@/i18n/zh-CN/phone.json'
import type { DeliveryState } from '@/api/types'

/** Makes the words known; said once, before anything of the area is shown. */
export function learnWords(): void {
  addMessages({ 'zh-CN': zh, en })
}

/** The way of a delivery, in order. Whatever ends it otherwise has a word of its own. */
export const DELIVERY_STEPS = ['queued', 'sent', 'delivered', 'seen', 'accepted'] as const satisfies readonly DeliveryState[]
