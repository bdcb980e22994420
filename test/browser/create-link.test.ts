/** The Create Webhooks link on the Webhooks page, with the real clipboard (P11, P12, P14, P15). */
import type { Page } from 'playwright-core';

import { PERMISSIONS } from '../../src/access/viewer.ts';
import { ask } from '../feed/link.ts';
import { createPerson } from '../support/people.ts';
import { registerResource } from '../support/scenario.ts';
import { type Console, screenshot, startConsole } from './console.ts';

let site: Console;

beforeAll(async () => {
  site = await startConsole();
  await registerResource(site.server.api);
});
afterAll(() => site?.stop());

const section = (page: Page) => page.getByRole('region', { name: 'Create Webhooks Link' });
const shown = (page: Page) => section(page).getByTestId('create-link');

/** A manager of an account of its own, with the page open. */
async function opened(name: string) {
  const person = await createPerson(site.server, {
    ...{ name, isAccount: true, permissions: [...PERMISSIONS] },
  });
  const watched = await site.open('/webhooks', { token: person.api.token! });
  await watched.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: site.url });
  return { ...watched, person };
}

it('stands above everything else, is made by a click, copied by its icon as it is shown, and opens the information (P11, P14, P15)', async () => {
  const { page, context, complaints } = await opened('Maker');
  await section(page).getByText('There is no link yet').waitFor();
  const top = async (role: 'link' | 'heading', name: string) =>
    (await page.getByRole(role, { name }).first().boundingBox())!.y;
  expect(await top('heading', 'Create Webhooks Link')).toBeLessThan(await top('link', 'ADD WEBHOOK'));
  await section(page).getByRole('button', { name: 'Make the link' }).click();
  await shown(page).waitFor();
  const url = (await shown(page).textContent())!;
  await section(page).getByText('not used yet').waitFor();
  await screenshot(page, 'webhooks-link');

  await section(page).getByRole('button', { name: 'Copy the Create Webhooks link' }).click();
  await page.getByRole('status').filter({ hasText: 'Copied the Create Webhooks link' }).waitFor();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(url);

  const [information] = await Promise.all([
    context.waitForEvent('page'),
    section(page).getByRole('link', { name: 'Webhooks API information' }).click(),
  ]);
  await information.getByRole('heading', { level: 1, name: 'Webhooks API information' }).waitFor();
  expect(information.url()).toBe(url);
  await information.close();
  // It is the same one when the page is opened again, and says that it was used.
  await page.reload();
  await section(page).getByText('last used').waitFor();
  expect(await shown(page).textContent()).toBe(url);
  expect(complaints).toEqual([]);
  await context.close();
});

it('is rotated and revoked in dialogs that say what that does; leaving them changes nothing', async () => {
  const { page, context, complaints } = await opened('Changer');
  await section(page).getByRole('button', { name: 'Make the link' }).click();
  await shown(page).waitFor();
  const first = (await shown(page).textContent())!;

  await section(page).getByRole('button', { name: 'Rotate' }).click();
  await page.getByRole('dialog', { name: 'Rotate the Create Webhooks Link' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect((await ask(first)).status).toBe(200);

  await section(page).getByRole('button', { name: 'Rotate' }).click();
  await page.getByRole('button', { name: 'Make a new link' }).click();
  await shown(page).filter({ hasNotText: first }).waitFor();
  const second = (await shown(page).textContent())!;
  expect([(await ask(first)).status, (await ask(second)).status]).toEqual([404, 200]);

  await section(page).getByRole('button', { name: 'Revoke' }).click();
  const dialog = page.getByRole('dialog', { name: 'Revoke the Create Webhooks Link' });
  await dialog.getByRole('button', { name: 'Revoke' }).click();
  await section(page).getByText('There is no link yet').waitFor();
  expect((await ask(second)).status).toBe(404);
  expect(complaints).toEqual([]);
  await context.close();
});

it('is another one for each user, and its trouble is told (P12)', async () => {
  const [one, other] = [await opened('One'), await opened('Other')];
  for (const { page } of [one, other]) {
    await section(page).getByRole('button', { name: 'Make the link' }).click();
    await shown(page).waitFor();
  }
  expect(await shown(one.page).textContent()).not.toBe(await shown(other.page).textContent());
  await one.context.close();
  // A reader with fewer rights than the link has sees why it is not shown.
  const { value } = await other.person.api.mutate(
    'mutation { accessTokenCreate(input: { name: "narrow", permissions: [WEBHOOKS_MANAGE] }) { errors { code } value } }',
  );
  const narrow = await site.open('/webhooks', { token: value });
  await section(narrow.page)
    .getByRole('alert')
    .filter({ hasText: 'may do what the caller may not' })
    .waitFor();
  await narrow.context.close();
  await other.context.close();
});
