/** What is said of a case in words: what happened, where, and what there is to do. */
import { useI18n } from 'vue-i18n'
import type { Alert } from '@/api/types'
import { partOf, type Case } from '@/model/cases'
import { whatKey } from '@/model/words'

export function useSituation() {
  const { t } = useI18n()
  /** What happened, and that it did not where it is a drill. */
  const what = (alert: Pick<Alert, 'crowd' | 'level' | 'drill'>) => {
    const said = t(whatKey(alert))
    return alert.drill ? t('phone.drill', { what: said }) : said
  }
  /** How it stands for this person. */
  const situation = (alert: Case, person: string) => {
    if (alert.merged) return t('phone.situation.merged')
    if (alert.on_hold) return t('phone.situation.held', { reason: alert.on_hold.reason })
    const part = partOf(alert, person)
    if (part === 'taken') return t('phone.situation.taken', { name: alert.called.accepted?.name ?? '' })
    if (part === 'cleared') return t('phone.why.all_clear')
    if (part === 'called' || part === 'returned') return t(`phone.situation.${part}`)
    return t(`common.state.${alert.state}`)
  }
  return { what, situation }
}
