/** Ends silences before their time; what comes of it is told by the socket. */
import { ref } from 'vue'
import { liftSilence } from '@/api/handling'

export function useLifting(by: () => string | null) {
  const failed = ref(false)
  async function lift(id: string): Promise<void> {
    const person = by()
    if (person === null) return
    failed.value = await liftSilence(id, person).then(
      () => false,
      () => true,
    )
  }
  return { lift, failed }
}
