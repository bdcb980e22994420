/**
 * A console for the browser tests: a real server on a database of its own, a Chromium, pages that are signed in.
 * What a test needs of data it makes through the API.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import { packageRoot } from '../../src/paths.ts';
import { ROOT_TOKEN, startServer, type TestServer } from '../support/server.ts';
import { launchChromium, openWatchedPage, type WatchedPage } from './chromium.ts';

/** Where screenshots go, to be looked at: not part of the repository. */
const SCREENSHOTS = join(packageRoot, 'dist', 'screenshots');

/** A running server and browser. */
export interface Console {
  server: TestServer;
  browser: Browser;
  url: string;
  /** A watched page of its own profile, signed in with a token (the root administrator's by default), at an address. */
  open(path: string, options?: OpenOptions): Promise<WatchedPage>;
  stop(): Promise<void>;
}

interface OpenOptions {
  token?: string;
  scheme?: 'light' | 'dark';
  width?: number;
  height?: number;
  /** Of the browser, such as Europe/Berlin; the machine's own by default. */
  timeZone?: string;
}

/** Starts both; settings are added to the quick ones of the tests, and overrides go to the server. */
export async function startConsole(
  settings: Record<string, string> = {},
  overrides: Parameters<typeof startServer>[1] = {},
): Promise<Console> {
  if (!existsSync(join(packageRoot, 'dist/console/index.html')))
    throw new Error('The pages are not built: run "npm run build" first.');
  const server = await startServer(settings, overrides);
  const browser = await launchChromium();
  const { url } = server.app;
  return {
    server,
    browser,
    url,
    async open(path, { token = ROOT_TOKEN, scheme = 'light', width = 1400, height = 900, timeZone } = {}) {
      const watched = await openWatchedPage(browser, timeZone);
      await watched.page.setViewportSize({ width, height });
      await watched.page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await signIn(watched.page, url, token);
      await watched.page.goto(url + path);
      return watched;
    },
    async stop() {
      await browser.close();
      await server.stop();
    },
  };
}

/** Gives the page's profile a session, without the sign-in page. */
export async function signIn(page: Page, url: string, token: string): Promise<void> {
  const response = await page.request.post(`${url}/session`, { data: { token }, headers: { origin: url } });
  if (response.status() !== 201) throw new Error(`sign-in answered ${response.status()}`);
}

/** Writes what the page shows to the folder of screenshots. */
export async function screenshot(page: Page, name: string, { fullPage = false } = {}): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled', fullPage });
}
