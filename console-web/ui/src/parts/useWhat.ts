import { useI18n } from 'vue-i18n'
import type { Alert } from '@/api/types'
import { whatKey } from '@/model/words'

/** Says what happened, and that it did not where it is a drill. */
export function useWhat(): (alert: Pick<Alert, 'crowd' | 'level' | 'drill'>) => string {
  const { t } = useI18n()
  return (alert) => {
    const what = t(whatKey(alert))
    return alert.drill ? t('wall.drill', { what }) : what
  }
}
