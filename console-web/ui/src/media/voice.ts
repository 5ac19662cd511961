/** The three voices of an alert, synthesised: no files, told apart by pitch and by count. */
import type { Level } from '@/model/levels'
import { PATTERNS } from '@/model/sound'

/** Fundamentals in Hz, at least 20 % apart. */
const PITCH: Readonly<Partial<Record<Level, number>>> = { 1: 784, 2: 587, 3: 440 }
/** Harmonics and their shares of the loudness: within 15 dB of the fundamental. */
const HARMONICS = [0.4, 0.28, 0.2, 0.12]
const PULSE_S = 0.16
const PAUSE_S = 0.09
const GROUP_PAUSE_S = 0.35
const RAMP_S = 0.015

/** Plays one burst of a level's voice. Does nothing while the context is not running. */
export function playBurst(context: AudioContext, level: Level): void {
  const pitch = PITCH[level]
  const pattern = PATTERNS[level]
  if (!pitch || !pattern || context.state !== 'running') return
  let at = context.currentTime + 0.02
  for (const pulses of pattern.groups) {
    for (let pulse = 0; pulse < pulses; pulse += 1) {
      playPulse(context, pitch, at)
      at += PULSE_S + PAUSE_S
    }
    at += GROUP_PAUSE_S
  }
}

function playPulse(context: AudioContext, pitch: number, at: number): void {
  const envelope = context.createGain()
  envelope.gain.setValueAtTime(0, at)
  envelope.gain.linearRampToValueAtTime(0.6, at + RAMP_S)
  envelope.gain.setValueAtTime(0.6, at + PULSE_S - RAMP_S)
  envelope.gain.linearRampToValueAtTime(0, at + PULSE_S)
  envelope.connect(context.destination)
  HARMONICS.forEach((share, index) => {
    const tone = context.createOscillator()
    const loudness = context.createGain()
    tone.frequency.value = pitch * (index + 1)
    loudness.gain.value = share
    tone.connect(loudness).connect(envelope)
    tone.start(at)
    tone.stop(at + PULSE_S)
  })
}
