/** Every address of the app. */
export const paths = {
  desk: '/desk',
  wall: '/wall',
} as const
