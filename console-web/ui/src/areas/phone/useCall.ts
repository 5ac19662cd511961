/** Shows a call outside of the page while nobody looks at it. */
import { watch, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Delivery } from '@/api/types'
import { levelOf } from '@/model/levels'
import { paths } from '@/paths'

export function useCall(newest: Readonly<Ref<Delivery | null>>): void {
  const { t } = useI18n()
  watch(newest, async (delivery) => {
    if (!delivery || delivery.alert === null || document.visibilityState === 'visible') return
    if (!('serviceWorker' in navigator) || !('Notification' in window) || Notification.permission !== 'granted') return
    const { notice } = delivery
    const registration = await navigator.serviceWorker.getRegistration(paths.phone)
    const level = levelOf(notice)
    const title = [`${level} ${t(`common.level.${level}`)}`, notice.camera.short_name].join(' · ')
    const reason = notice.why.told === 'call' ? notice.why.reason : 'dispatch'
    await registration?.showNotification(notice.drill ? t('phone.drill', { what: title }) : title, {
      body: t(`phone.why.${reason}`),
      // The tag of a push about the same alert: one replaces the other.
      tag: `alert-${delivery.alert}`,
      icon: '/phone/icon-192.png',
      badge: '/phone/badge-96.png',
      data: { path: paths.case(delivery.alert) },
      requireInteraction: reason !== 'all_clear',
    })
  })
}
