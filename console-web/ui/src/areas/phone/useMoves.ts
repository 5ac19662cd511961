/** Makes moves on a case: at once where there is a network, later where there is none. */
import { useI18n } from 'vue-i18n'
import type { PhoneSession } from '@/api/phone'
import type { Alert } from '@/api/types'
import { formatTime } from '@/model/clock'
import type { PhoneMove } from '@/model/outbox'

export function useMoves(session: PhoneSession) {
  const { t } = useI18n()
  const make = (alert: Pick<Alert, 'id' | 'step' | 'camera'>, move: PhoneMove) => {
    const at = session.now.value
    // Asked for by the queue, not by the page: a number that is told apart on this phone is enough.
    const id = `${at}-${Math.random().toString(36).slice(2, 8)}`
    const late = move.move === 'note' ? '' : t('phone.queue.late', { act: t(`phone.move.${move.move}`), time: formatTime(at) })
    const item = { id, alert: alert.id, place: alert.camera.short_name, move, step: alert.step, at, tried: false, refusal: null, late }
    return session.outbox.add(item)
  }
  return { make }
}

export type Make = ReturnType<typeof useMoves>['make']
