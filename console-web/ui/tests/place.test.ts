import { expect, it } from 'vitest'
import { amapUri, geoUri, writtenPosition } from '@/model/place'

const spot = { name: '东门 (1)', lon: 117.730403155, lat: 34.564485174 }

it('names WGS-84 in every way to a place', () => {
  // RFC 5870: no `crs` is WGS-84.
  expect(geoUri(spot)).toBe('geo:34.564485,117.730403?q=34.564485,117.730403(%E4%B8%9C%E9%97%A8%20%281%29)')
  expect(amapUri(spot)).toContain('dlat=34.564485&dlon=117.730403')
  expect(amapUri(spot)).toContain('&dev=1')
  expect(writtenPosition(spot)).toBe('34.564485, 117.730403')
})
