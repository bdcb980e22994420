/** Signing in to the console at the identity provider of the host platform: a real browser, a real provider. */
import {
  CONSOLE_CLIENT,
  type IdentityProvider,
  startIdentityProvider,
} from '../support/identity-provider.ts';
import { openWatchedPage } from './chromium.ts';
import { type Console, screenshot, startConsole } from './console.ts';

let provider: IdentityProvider;
let site: Console;
beforeAll(async () => {
  provider = await startIdentityProvider({
    ann: { name: 'Ann of Acme', email: 'ann@example.com', email_verified: true },
  });
  site = await startConsole({
    // Another site than the provider's, as browsers see it, so that SameSite counts.
    BELLWIRE_HOST: 'localhost',
    BELLWIRE_OIDC_ISSUER: provider.issuer,
    BELLWIRE_OIDC_CLIENT_ID: CONSOLE_CLIENT.id,
    BELLWIRE_OIDC_CLIENT_SECRET: CONSOLE_CLIENT.secret,
    BELLWIRE_OIDC_NAME: 'Acme',
    BELLWIRE_OIDC_PARENT: '1',
    BELLWIRE_OIDC_PERMISSIONS: 'WEBHOOKS_MANAGE',
  });
  await provider.restart({ redirectUri: `${site.url}/session/oidc/callback` });
});
afterAll(async () => {
  await site?.stop();
  await provider?.close();
});

it('leads to the provider and back to the page that was wanted, and out again', async () => {
  const { page, context, complaints } = await openWatchedPage(site.browser);
  await page.goto(`${site.url}/webhooks?search=orders`);
  const way = page.getByRole('link', { name: 'Sign in with Acme' });
  await way.waitFor();
  await screenshot(page, 'sign-in-provider');
  // Whoever turns back there is told so, and can begin anew.
  provider.person = null;
  await way.click();
  await page.getByRole('alert').getByText('You turned back before you were signed in.').waitFor();
  await screenshot(page, 'sign-in-provider-cancelled');
  provider.person = 'ann';
  await way.click();
  await page.getByRole('heading', { name: 'Webhooks', level: 1, exact: true }).waitFor();
  const { pathname, search } = new URL(page.url());
  expect(pathname + search).toBe('/webhooks?search=orders');
  const cookies = (await context.cookies(site.url)).map(({ name, sameSite }) => [name, sameSite]);
  expect(cookies).toEqual([['__Host-bellwire', 'Strict']]);
  await page.getByRole('button', { name: 'Signed in as Ann of Acme' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await way.waitFor();
  expect((await context.cookies(site.url)).length).toBe(0);
  // The answers of 401 by which the console learns that nobody is signed in.
  expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
  await context.close();
});

it('ends the session that was there, which the browser does not send along from the provider', async () => {
  const { page, context } = await site.open('/webhooks');
  const [before] = await context.cookies(site.url);
  provider.person = 'ann';
  await page.goto(`${site.url}/sign-in`);
  await page.getByRole('link', { name: 'Sign in with Acme' }).click();
  await page.getByRole('button', { name: 'Signed in as Ann of Acme' }).waitFor();
  const answer = await page.request.get(`${site.url}/session`, {
    headers: { cookie: `${before!.name}=${before!.value}` },
  });
  const [after] = await context.cookies(site.url);
  expect(after!.value).not.toBe(before!.value);
  expect(answer.status()).toBe(401);
  await context.close();
});
