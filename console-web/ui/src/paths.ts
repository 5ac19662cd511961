/** Every address of the app. */
export const paths = {
  wall: '/wall',
} as const
