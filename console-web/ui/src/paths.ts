/** Every address of the app. */
export const paths = {
  desk: '/desk',
  wall: '/wall',
  phone: '/m',
  /** One case on the phone. */
  case: (id: number) => `/m/${id}`,
} as const

/** Whether an address is one of the phone's. */
export function isPhonePath(path: string): boolean {
  return path === paths.phone || path.startsWith(`${paths.phone}/`)
}
