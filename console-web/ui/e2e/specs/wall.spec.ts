import { expect, type Locator, type Page } from '@playwright/test'
import { artifact, expected, graveFindings, openWall, socketLine, test } from '../fixtures/wall'

const cards = (page: Page): Locator => page.getByRole('list', { name: '告警', exact: true }).getByRole('listitem')
const card = (page: Page, shortName: string): Locator => cards(page).filter({ hasText: shortName }).getByRole('button')
const clip = (page: Page): Locator => page.locator('video')
const currentTime = (video: Locator): Promise<number> => video.evaluate((element: HTMLVideoElement) => element.currentTime)
const isPaused = (video: Locator): Promise<boolean> => video.evaluate((element: HTMLVideoElement) => element.paused)

test('every alert has its picture and the grid that answers', async ({ page }) => {
  await openWall(page)
  await expect(cards(page)).toHaveCount(expected.alerts.length)
  for (const alert of expected.alerts) {
    const button = card(page, alert.short_name)
    await expect(button).toContainText(new RegExp(alert.what))
    await expect(button).toContainText(/\d\d:\d\d/)
    for (const grid of alert.grid_path) await expect(button).toContainText(grid)
    const picture = button.getByRole('img')
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
  }
})

test('a chosen alert shows its clip, which plays, and the judged picture', async ({ page }) => {
  await openWall(page)
  for (const alert of expected.alerts) {
    await card(page, alert.short_name).click()
    const chosen = page.getByRole('region', { name: '所选告警' })
    await expect(chosen.getByRole('heading', { level: 3 })).toHaveText(alert.short_name)
    await expect(chosen).toContainText(alert.camera)
    for (const grid of alert.grid_path) await expect(chosen).toContainText(grid)
    const before = await currentTime(clip(page))
    await expect.poll(() => currentTime(clip(page))).not.toBe(before)
    await chosen.getByRole('button', { name: '判定画面' }).click()
    const picture = chosen.getByRole('img', { name: new RegExp(alert.short_name) })
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0)
  }
})

test('a crowd without calibration is told by zone and head count, and no more', async ({ page }) => {
  await openWall(page)
  const { short_name: shortName, zone } = expected.gathering
  await expect(card(page, shortName)).toContainText(/\d+ 人/)
  await expect(card(page, shortName)).toContainText(zone)
  await card(page, shortName).click()
  const chosen = page.getByRole('region', { name: '所选告警' })
  await expect(chosen).toContainText(/\d+ 人\s*（人员聚集）/)
  await expect(chosen).toContainText('按人体框')
  await expect(chosen.getByRole('list', { name: '经过' })).toContainText('人员聚集')
  await expect(chosen).not.toContainText(/㎡|密度/)
  await page.screenshot({ path: artifact('crowd-zh-1920.png') })
  expect(await graveFindings(page)).toEqual([])
  await page.keyboard.press('l')
  await expect(page.getByRole('region', { name: 'Selected alert' })).toContainText(/\d+ people\s*\(gathering\)/)
  await page.screenshot({ path: artifact('crowd-en-1920.png') })
})

test('how somebody fell is told moment by moment', async ({ page }) => {
  await openWall(page)
  const fall = expected.alerts.find(({ short_name: name }) => name !== expected.gathering.short_name)
  await card(page, fall?.short_name ?? '').click()
  const course = page.getByRole('region', { name: '所选告警' }).getByRole('list', { name: '经过' })
  await expect(course).toContainText(/\d\d:\d\d:\d\d\s*告警/)
  await page.screenshot({ path: artifact('fall-zh-1920.png') })
})

test('the map shows the grids and every camera is counted', async ({ page }) => {
  await openWall(page)
  await expect(page.getByRole('region', { name: '网格图' })).toContainText(`${expected.cameras} 路摄像机`)
  const counts = page.getByRole('list', { name: '摄像机状态' }).getByRole('listitem')
  const total = async () => {
    const texts = await counts.allInnerTexts()
    return texts.reduce((sum, text) => sum + Number(/\d+$/.exec(text)?.[0]), 0)
  }
  await expect.poll(total).toBe(expected.cameras)
})

test('the language switches both ways and is remembered', async ({ page }) => {
  await openWall(page)
  await page.getByRole('button', { name: 'EN', exact: true }).click()
  await expect(page.getByRole('heading', { name: 'Grids' })).toBeVisible()
  await expect(page.locator('html')).toHaveAttribute('lang', 'en')
  await page.reload()
  await expect(page.getByRole('list', { name: 'Alerts', exact: true })).toContainText(/Fall|Long lie/)
  await page.keyboard.press('l')
  await expect(page.getByRole('heading', { name: '网格图' })).toBeVisible()
})

test('the keyboard chooses, plays, and explains itself', async ({ page }) => {
  await openWall(page)
  await expect(cards(page)).toHaveCount(expected.alerts.length)
  const chosen = (index: number) => cards(page).nth(index).getByRole('button')
  await page.keyboard.press('j')
  await expect(chosen(1)).toHaveAttribute('aria-current', 'true')
  await page.keyboard.press('k')
  await expect(chosen(0)).toHaveAttribute('aria-current', 'true')
  await expect.poll(() => isPaused(clip(page))).toBe(false)
  await page.keyboard.press('Space')
  await expect.poll(() => isPaused(clip(page))).toBe(true)
  await page.keyboard.press('Space')
  await expect.poll(() => isPaused(clip(page))).toBe(false)
  await page.keyboard.press('?')
  await expect(page.getByRole('dialog', { name: '快捷键' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('region', { name: '最新告警' })).toBeVisible()
})

test('nothing moves for those who asked for less movement', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await openWall(page)
  await expect(clip(page)).toBeVisible()
  expect(await isPaused(clip(page))).toBe(true)
  expect(await page.evaluate(() => document.getAnimations().length)).toBe(0)
})

test('sound is announced as off until somebody allows it, and can be muted for two minutes', async ({ page }) => {
  await openWall(page)
  await page.getByRole('button', { name: '声音未开启' }).click()
  await page.getByRole('button', { name: '声音开', exact: true }).click()
  await expect(page.getByRole('button', { name: /已静音 0[12]:\d\d/ })).toBeVisible()
  await page.keyboard.press('m')
  await expect(page.getByRole('button', { name: '声音开', exact: true })).toBeVisible()
})

test('a cut connection is shown across the wall and heals', async ({ page }) => {
  const line = await socketLine(page)
  await openWall(page)
  await line.cut()
  const band = page.getByRole('alert').filter({ hasText: '连接中断' })
  await expect(band).toBeVisible()
  await expect(band).toContainText(/\d\d:\d\d/)
  await expect(cards(page)).toHaveCount(expected.alerts.length)
  await page.screenshot({ path: artifact('wall-lost-zh-1920.png') })
  line.mend()
  await expect(band).toHaveCount(0, { timeout: 30_000 })
  await expect(cards(page)).toHaveCount(expected.alerts.length)
})

for (const { name, width, height, query, locale } of [
  { name: 'wall-zh-1920', width: 1920, height: 1080, query: '', locale: 'zh-CN' },
  { name: 'wall-en-1920', width: 1920, height: 1080, query: '', locale: 'en' },
  { name: 'wall-zh-1366', width: 1366, height: 768, query: '', locale: 'zh-CN' },
  { name: 'wall-zh-3840', width: 3840, height: 2160, query: '?diag=55&dist=5', locale: 'zh-CN' },
]) {
  test.describe(name, () => {
    test.use({ viewport: { width, height }, screen: { width, height } })

    test('is legible and accessible', async ({ page }) => {
      await page.addInitScript((value) => localStorage.setItem('gridwatch.locale', value), locale)
      await openWall(page, query)
      await expect(page.locator('main').getByRole('img').first()).toBeVisible()
      await expect.poll(() => page.evaluate(() => document.scrollingElement?.scrollHeight)).toBe(height)
      await page.screenshot({ path: artifact(`${name}.png`) })

      const unit = await page.evaluate(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize))
      const smallest = await page.evaluate(() => {
        const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
        const sizes: number[] = []
        while (walker.nextNode()) {
          const parent = walker.currentNode.parentElement
          const seen = parent?.checkVisibility() && walker.currentNode.textContent?.trim()
          sizes.push(parent && seen ? Number.parseFloat(getComputedStyle(parent).fontSize) : Number.POSITIVE_INFINITY)
        }
        return Math.min(...sizes)
      })
      expect(smallest).toBeGreaterThanOrEqual(unit * 0.8 - 0.01)

      expect(await graveFindings(page)).toEqual([])
    })
  })
}
