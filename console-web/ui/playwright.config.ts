import { defineConfig } from '@playwright/test'

/** The tests run against a server that somebody else started; see README.md. */
export default defineConfig({
  testDir: 'e2e/specs',
  outputDir: 'test-results',
  fullyParallel: false,
  workers: 1,
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    baseURL: process.env.GRIDWATCH_URL ?? 'http://127.0.0.1:8600',
    viewport: { width: 1920, height: 1080 },
    screen: { width: 1920, height: 1080 },
    trace: 'off',
    launchOptions: {
      executablePath: process.env.GRIDWATCH_CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
