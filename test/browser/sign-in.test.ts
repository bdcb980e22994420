/** Signing in to the console: by a token, by a one-time link, out again, and what a browser is told to keep to. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../src/paths.ts';
import { figure } from '../support/figure.ts';
import { createPerson } from '../support/people.ts';
import { ROOT_TOKEN } from '../support/server.ts';
import { openWatchedPage } from './chromium.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
beforeAll(async () => {
  site = await startConsole();
});
afterAll(() => site?.stop());

const FIELD = 'Access token or one-time link';

async function link(): Promise<string> {
  return (await site.server.app.rooms.sessions.createLink(null))!.secret;
}

describe('the sign-in', () => {
  it('takes a token, leads to where one wanted to go, and keeps nothing that a script could read (SEC-08)', async () => {
    const { page, context, complaints } = await openWatchedPage(site.browser);
    await page.goto(`${site.url}/webhooks?search=orders`);
    await page.getByLabel(FIELD).fill(ROOT_TOKEN);
    expect(complaints.filter((text) => !text.startsWith('401') && !text.includes('401'))).toEqual([]);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Webhooks', level: 1, exact: true }).waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/webhooks?search=orders');
    const [cookie] = await context.cookies();
    expect(cookie).toMatchObject({
      name: '__Host-bellwire',
      httpOnly: true,
      secure: true,
      sameSite: 'Strict',
      path: '/',
    });
    const kept = await page.evaluate<string>(
      'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }, location.href])',
    );
    expect(kept).not.toContain(cookie!.value);
    expect(kept).not.toContain(ROOT_TOKEN);
    await context.close();
  });

  it('takes a one-time link out of the address and signs in with it, once', async () => {
    const secret = await link();
    const { page, context } = await openWatchedPage(site.browser);
    await page.goto(`${site.url}/sign-in#link=${secret}`);
    await page.getByRole('heading', { name: 'Webhooks', level: 1, exact: true }).waitFor();
    expect(page.url()).not.toContain(secret);
    await context.clearCookies();
    await page.goto(`${site.url}/sign-in#link=${secret}`);
    await page.getByRole('alert').getByText('not valid').waitFor();
    expect(page.url()).not.toContain(secret);
    // The page works on with another one, pasted whole.
    await page.getByLabel(FIELD).fill(`${site.url}/sign-in#link=${await link()}`);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Webhooks', level: 1, exact: true }).waitFor();
    await context.close();
  });

  it('says what is wrong with what was typed, and leads nowhere else', async () => {
    const { page, context } = await openWatchedPage(site.browser);
    await page.goto(`${site.url}/sign-in?back=//evil.example/`);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Paste an access token or a one-time link first.').waitFor();
    await page.getByLabel(FIELD).fill(ROOT_TOKEN);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Webhooks', level: 1, exact: true }).waitFor();
    expect(new URL(page.url()).origin).toBe(site.url);
    await context.close();
  });

  it('ends on Sign out, in every tab and on the server at once', async () => {
    const { page, context } = await site.open('/webhooks');
    const other = await context.newPage();
    await other.goto(`${site.url}/webhooks`);
    await other.locator('[data-live=live]').waitFor();
    const [cookie] = await context.cookies();
    await page.getByRole('button', { name: /^Signed in as/ }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByLabel(FIELD).waitFor();
    expect(await context.cookies()).toEqual([]);
    const answer = await page.request.get(`${site.url}/session`, {
      headers: { cookie: `${cookie!.name}=${cookie!.value}` },
    });
    expect(answer.status()).toBe(401);
    await other.getByText('Your session has ended').waitFor();
    await context.close();
  });

  it('offers what the token may do, which may be less than its login may', async () => {
    const { value } = await site.server.api.mutate(
      'mutation ($input: AccessTokenInput!) { accessTokenCreate(input: $input) { errors { code } value } }',
      { input: { name: 'narrow', permissions: ['CATALOG_MANAGE'] } },
    );
    const { page, context } = await site.open('/', { token: value });
    const navigation = page.getByRole('navigation', { name: 'Main' });
    await navigation.getByRole('link', { name: 'Catalog' }).waitFor();
    expect(await navigation.getByRole('link', { name: 'Webhooks', exact: true }).count()).toBe(0);
    await context.close();
  });

  it('shows a login that is disabled the sign-in, and lets it in no more', async () => {
    const person = await createPerson(site.server, { name: 'Leaver', permissions: ['WEBHOOKS_MANAGE'] });
    const { page, context } = await site.open('/webhooks', { token: person.api.token! });
    await page.locator('[data-live=live]').waitFor();
    await site.server.api.mutate(
      'mutation ($id: ID!) { loginUpdate(id: $id, input: { disabled: true }) { errors { code } } }',
      { id: person.id },
    );
    await page.getByText('Your session has ended').waitFor();
    await page.getByLabel(FIELD).fill(person.api.token!);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('not valid').waitFor();
    await context.close();
  });
});

describe('what a browser is given', () => {
  it('allows no script, style or connection but those of this server (SEC-08)', async () => {
    const answer = await fetch(`${site.url}/webhooks`, { headers: { accept: 'text/html' } });
    const policy = Object.fromEntries(
      answer.headers
        .get('content-security-policy')!
        .split('; ')
        .map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1).join(' ')]),
    );
    expect(policy).toMatchObject({
      'default-src': "'none'",
      'script-src': "'self'",
      'base-uri': "'self'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'object-src': "'none'",
    });
    expect(policy['style-src']).toMatch(/^'self' 'nonce-[\w+/=]{20,}'$/);
    const again = await fetch(`${site.url}/webhooks`, { headers: { accept: 'text/html' } });
    expect(again.headers.get('content-security-policy')).not.toBe(
      answer.headers.get('content-security-policy'),
    );
    const html = await answer.text();
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style| on\w+=/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('is less than 250 KiB of compressed JavaScript for the first page, and none of it from GraphiQL', async () => {
    const html = await (await fetch(`${site.url}/`, { headers: { accept: 'text/html' } })).text();
    const scripts = [...html.matchAll(/(?:src|href)="(\.\/assets\/[^"]+\.js)"/g)].map(([, path]) => path!);
    const bytes = async (encoding: string): Promise<number> => {
      const sizes = scripts.map(async (path) => {
        const file = join(packageRoot, 'dist', 'console', path + (encoding === 'br' ? '.br' : '.gz'));
        return existsSync(file)
          ? readFileSync(file).length
          : readFileSync(file.replace(/\.(br|gz)$/, '')).length;
      });
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    };
    const [br, gzip] = [await bytes('br'), await bytes('gzip')];
    figure('entry of the console', { files: scripts.length, br, gzip });
    expect(scripts.length).toBeGreaterThan(0);
    expect(gzip).toBeLessThan(250 * 1024);
    const answer = await fetch(`${site.url}/${scripts[0]}`, { headers: { 'accept-encoding': 'br' } });
    expect(answer.headers.get('content-encoding')).toBe('br');
    expect(answer.headers.get('cache-control')).toContain('immutable');
    const text = await Promise.all(scripts.map(async (path) => (await fetch(`${site.url}/${path}`)).text()));
    expect(text.join('')).not.toContain('monaco');
  });

  it('paints the first page within a second, on a cold cache', async () => {
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const { page, context } = await openWatchedPage(site.browser);
      await page.goto(`${site.url}/sign-in`);
      await page.getByLabel(FIELD).waitFor();
      const paint = await page.evaluate<number>(
        'performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? performance.now()',
      );
      times.push(Math.round(paint));
      await context.close();
    }
    times.sort((a, b) => a - b);
    figure('first paint', { ms: times });
    expect(times[0]).toBeLessThan(1000);
  });

  it('is the console for every address that a browser opens, and JSON for programs', async () => {
    for (const path of ['/', '/webhooks/12', '/no/such/page']) {
      const page = await fetch(site.url + path, { headers: { accept: 'text/html,*/*' } });
      expect([path, page.status, page.headers.get('content-type')]).toEqual([
        path,
        200,
        'text/html; charset=utf-8',
      ]);
      const program = await fetch(site.url + path, { headers: { accept: 'application/json' } });
      expect([path, program.status]).toEqual([path, 404]);
    }
    const asset = await fetch(`${site.url}/assets/nothing.js`, { headers: { accept: 'text/html' } });
    expect(asset.status).toBe(404);
  });
});
