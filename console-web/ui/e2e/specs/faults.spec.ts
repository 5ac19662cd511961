import { expect, type Locator, type Page } from '@playwright/test'
import { artifact, expected, graveFindings, openWall, test } from '../fixtures/wall'

const { outage, refused } = expected
const firstLost = outage.short_names[0] ?? ''
const faults = (page: Page): Locator => page.getByRole('region', { name: '摄像机异常' })
const together = `同一主机 ${outage.host} 的 ${outage.short_names.length} 路摄像机同时中断`

test('cameras that were lost together are one line, and their list is a click away', async ({ page }) => {
  await openWall(page)
  const line = faults(page).getByRole('button', { name: together })
  await expect(line).toBeVisible()
  for (const name of outage.short_names) await expect(faults(page)).not.toContainText(name)
  await line.click()
  const sheet = page.getByRole('dialog', { name: '同时中断' })
  await expect(sheet.getByRole('listitem')).toHaveCount(outage.short_names.length)
  await expect(sheet).toContainText('请先查这台主机')
  await page.screenshot({ path: artifact('outage-zh-1920.png') })
  expect(await graveFindings(page)).toEqual([])
  for (const name of outage.short_names) await expect(sheet).toContainText(name)
  await sheet.getByRole('button', { name: firstLost }).click()
  await expect(page.getByRole('dialog', { name: firstLost })).toContainText('端口未开放')
  await page.getByRole('button', { name: '返回列表' }).click()
  await expect(sheet.getByRole('listitem')).toHaveCount(outage.short_names.length)
})

test('by keyboard alone a camera says why it is away, and is tried at once', async ({ page }) => {
  await openWall(page)
  const row = faults(page).getByRole('button', { name: refused.short_name })
  await row.focus()
  await page.keyboard.press('Enter')
  const sheet = page.getByRole('dialog', { name: refused.short_name })
  await expect(sheet).toContainText('离线')
  await expect(sheet).toContainText('请检查端口')
  await expect(sheet).toContainText(/开始于\s*\d\d:\d\d:\d\d/)
  await expect(sheet).toContainText(/\d\d:\d\d 后|正在重试/)
  await expect(sheet).toContainText('尚未收到码流')
  expect(await graveFindings(page)).toEqual([])
  const asked = page.waitForResponse((answer) => answer.url().endsWith('/retry'))
  await sheet.getByRole('button', { name: '立即重试' }).focus()
  await page.keyboard.press('Enter')
  expect((await asked).status()).toBe(202)
  await expect(sheet.getByRole('status')).toHaveText('已请求')
  await page.keyboard.press('Escape')
  await expect(sheet).toHaveCount(0)
  await expect(row).toBeFocused()
})

test('faults are told in English too', async ({ page }) => {
  await page.addInitScript(() => localStorage.setItem('gridwatch.locale', 'en'))
  await openWall(page)
  const panel = page.getByRole('region', { name: 'Camera faults' })
  await expect(panel).toContainText(`${outage.short_names.length} cameras of one host, ${outage.host}, lost together`)
  await panel.getByRole('button', { name: refused.short_name }).click()
  const sheet = page.getByRole('dialog', { name: refused.short_name })
  await expect(sheet).toContainText('nothing listens on that port')
  await expect(sheet.getByRole('button', { name: 'Retry now' })).toBeVisible()
  await page.screenshot({ path: artifact('camera-away-en-1920.png') })
})
