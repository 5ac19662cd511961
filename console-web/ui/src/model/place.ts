/** Ways to a place in map apps. Positions are WGS-84; nothing is converted here, each link names its system. */

export interface Spot {
  readonly name: string
  readonly lon: number
  readonly lat: number
}

const DIGITS = 6
const round = (degrees: number) => degrees.toFixed(DIGITS)

/** RFC 5870: a geo address without a `crs` is WGS-84. */
export function geoUri({ name, lon, lat }: Spot): string {
  const at = `${round(lat)},${round(lon)}`
  // The brackets belong to the address: those of a name must not close them.
  const label = encodeURIComponent(name).replaceAll('(', '%28').replaceAll(')', '%29')
  return `geo:${at}?q=${at}(${label})`
}

/** 高德 on foot. `dev=1` says that the position is WGS-84, so that 高德 itself moves it to GCJ-02. */
export function amapUri({ name, lon, lat }: Spot): string {
  return `amapuri://route/plan/?dlat=${round(lat)}&dlon=${round(lon)}&dname=${encodeURIComponent(name)}&dev=1&t=2`
}

/** As it is read out over the telephone. */
export function writtenPosition({ lon, lat }: Pick<Spot, 'lon' | 'lat'>): string {
  return `${round(lat)}, ${round(lon)}`
}
