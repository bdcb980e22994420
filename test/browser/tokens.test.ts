/** Access tokens in a browser: made there they work in the API, revoked there they are refused, and they are shown once. */
import type { Page } from 'playwright-core';

import { Api } from '../support/api.ts';
import { createPerson } from '../support/people.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
beforeAll(async () => {
  site = await startConsole();
});
afterAll(() => site?.stop());

const VIEWER = '{ viewer { name permissions } }';

/** Fills the open dialog, makes the token and returns its value; the dialog then shows it. */
async function make(page: Page, name: string, permissions: string[] = []): Promise<string> {
  const dialog = page.getByRole('dialog', { name: 'New access token' });
  await dialog.getByLabel('Name').fill(name);
  for (const permission of permissions) await dialog.getByRole('checkbox', { name: permission }).check();
  await dialog.getByRole('button', { name: 'Make token' }).click();
  await page.getByRole('dialog', { name: 'Your new access token' }).waitFor();
  return (await page.getByRole('region', { name: 'access token', exact: true }).innerText()).trim();
}

/** Revokes a token by its button and the dialog. */
async function revoke(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Revoke the access token ${name}` }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke access token' });
  await dialog.getByText(name).waitFor();
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await dialog.waitFor({ state: 'detached' });
}

describe('the page of access tokens', () => {
  it('makes a token that works in the API until it is revoked here', async () => {
    const { page, complaints } = await site.open('/settings/api/access-tokens');
    await page.getByRole('button', { name: 'New token' }).click();
    const value = await make(page, 'Reporting', ['Manage webhooks']);
    const api = new Api(site.url, value);
    expect((await api.send(VIEWER)).status).toBe(200);
    expect(await api.run('{ webhooks { totalCount } }')).toEqual({ totalCount: 0 });
    // No more than was ticked.
    const made = await api.run('mutation { teamCreate(input: { name: "x" }) { errors { code } } }');
    expect(made.errors).toEqual([{ code: 'FORBIDDEN' }]);

    await page.getByRole('button', { name: 'I have stored it' }).click();
    const row = page
      .getByRole('table', { name: 'Your access tokens' })
      .locator('tr', { hasText: 'Reporting' });
    await row.waitFor();
    expect(await row.innerText()).toContain('Manage webhooks');
    await revoke(page, 'Reporting');
    await row.waitFor({ state: 'detached' });
    expect((await api.send(VIEWER)).status).toBe(401);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows the value once: afterwards it is nowhere in the page, its address or what the browser keeps', async () => {
    const { page, complaints } = await site.open('/settings/api/access-tokens?new=1');
    const value = await make(page, 'Once');
    expect(await page.content()).toContain(value);
    // A slip beside the dialog must not lose it.
    await page.keyboard.press('Escape');
    await page.mouse.click(5, 5);
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Revoke the access token Once' }).waitFor();
    for (const place of [
      'document.documentElement.outerHTML',
      'location.href',
      'JSON.stringify([{ ...localStorage }, { ...sessionStorage }])',
    ])
      expect(await page.evaluate<string>(place)).not.toContain(value);
    await page.reload();
    await page.getByRole('button', { name: 'Revoke the access token Once' }).waitFor();
    expect(await page.content()).not.toContain(value);
    expect((await new Api(site.url, value).send(VIEWER)).status).toBe(200);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('offers no permission that the viewer does not hold, and says when a token lives too long', async () => {
    const plain = await createPerson(site.server, { name: 'Plain', permissions: ['EVENTS_PUBLISH'] });
    const { value } = await plain.api.mutate(
      'mutation ($input: AccessTokenInput!) { accessTokenCreate(input: $input) { errors { message } value } }',
      {
        input: {
          name: 'Short',
          permissions: ['EVENTS_PUBLISH'],
          expiresAt: new Date(Date.now() + 7_200_000).toISOString(),
        },
      },
    );
    const { page, complaints } = await site.open('/settings/api/access-tokens?new=1', { token: value });
    const dialog = page.getByRole('dialog', { name: 'New access token' });
    expect(await dialog.getByRole('checkbox', { name: 'Manage webhooks' }).isDisabled()).toBe(true);
    expect(await dialog.getByText('You do not hold it.').count()).toBe(3);
    await dialog.getByLabel('Name').fill('Longer');
    await dialog.getByRole('button', { name: 'Make token' }).click();
    await dialog.getByText(/one that it makes must end by then/).waitFor();
    await dialog.getByRole('combobox', { name: 'It ends' }).click();
    await page.getByRole('option', { name: 'In 1 hour' }).click();
    await make(page, 'Longer', ['Publish events']);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('ends the session with the token that it was made from', async () => {
    const plain = await createPerson(site.server, { name: 'Last', permissions: [] });
    const { page } = await site.open('/settings/api/access-tokens', { token: plain.api.token! });
    await revoke(page, 'Last');
    await page.waitForURL(/\/sign-in/);
    expect((await plain.api.send(VIEWER)).status).toBe(401);
    await page.context().close();
  });
});

describe('the tokens on the page of a login', () => {
  it('are made and revoked for it by who manages it, with no more than it holds', async () => {
    const host = await createPerson(site.server, { name: 'Host service', permissions: ['EVENTS_PUBLISH'] });
    const { page, complaints } = await site.open(`/logins/${host.id}`);
    await page.getByRole('button', { name: 'New token' }).click();
    const boxes = page.getByRole('dialog', { name: 'New access token' }).getByRole('checkbox');
    await boxes.first().waitFor();
    const disabled = (await boxes.all()).map((box) => box.isDisabled());
    expect(await Promise.all(disabled)).toEqual([true, false, true, true]);
    const api = new Api(site.url, await make(page, 'Import', ['Publish events']));
    expect(await api.run(VIEWER)).toEqual({ name: 'Host service', permissions: ['EVENTS_PUBLISH'] });
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await revoke(page, 'Import');
    expect((await api.send(VIEWER)).status).toBe(401);
    expect((await host.api.send(VIEWER)).status).toBe(200);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
