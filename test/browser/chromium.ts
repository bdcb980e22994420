/**
 * One headless Chromium for the browser tests, and a page that keeps a ledger of what must not happen:
 * requests to another host, errors in the console, violations of the content security policy.
 */
import { existsSync } from 'node:fs';

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CANDIDATES = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Starts the Chromium of CHROMIUM_PATH, or the one of the system; throws with a sentence when there is none. */
export async function launchChromium(): Promise<Browser> {
  const executablePath = CANDIDATES.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined) {
    throw new Error('No Chromium found: install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.');
  }
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A page of its own profile, and the ledger of what went wrong in it so far. */
export interface WatchedPage {
  page: Page;
  context: BrowserContext;
  /** Every URL that the page asked for, sockets and workers' requests included. */
  requests: string[];
  /** Console errors, uncaught exceptions, failed requests and violations of the policy, as sentences. */
  complaints: string[];
}

/** Opens an empty page and watches it from its first request on; it is where its time zone is. */
export async function openWatchedPage(browser: Browser, timeZone?: string): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: 1400, height: 900 },
    ...(timeZone === undefined ? {} : { timezoneId: timeZone }),
  });
  const page = await context.newPage();
  const requests: string[] = [];
  const complaints: string[] = [];
  context.on('request', (request) => requests.push(request.url()));
  context.on('requestfailed', (request) => {
    // A page that is left calls off what it was still reading.
    if (request.failure()?.errorText === 'net::ERR_ABORTED') return;
    complaints.push(`request failed: ${request.url()} ${request.failure()?.errorText ?? ''}`);
  });
  context.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} for ${response.url()}`);
  });
  page.on('websocket', (socket) => requests.push(socket.url()));
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text().slice(0, 300)}`);
  });
  await context.exposeFunction('bellwireComplain', (text: string) => complaints.push(text));
  // As text, since this file is type-checked without the DOM.
  await context.addInitScript(`document.addEventListener('securitypolicyviolation', (event) =>
    bellwireComplain('policy: ' + event.violatedDirective + ' blocked ' + event.blockedURI.slice(0, 100)));`);
  return { page, context, requests, complaints };
}
