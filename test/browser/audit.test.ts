/** The audit log in a browser: it tells what was changed in another page, in words, and no secret. */
import type { Locator, Page } from 'playwright-core';

import { createPerson } from '../support/people.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
beforeAll(async () => {
  site = await startConsole();
});
afterAll(() => site?.stop());

const rows = (page: Page): Locator => page.getByRole('table', { name: 'Audit log' }).locator('tbody tr');

describe('the audit log', () => {
  it('says that there is no change yet, and that none is of an id that nothing has', async () => {
    const { page, complaints } = await site.open('/audit');
    await page.getByRole('heading', { name: 'No change yet' }).waitFor();
    await page.goto(`${site.url}/audit?subject=lgn_00000000000000000000000000`);
    await page.getByRole('heading', { name: 'No changes match' }).waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('heading', { name: 'No change yet' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows a change that was made in another page: who, what, and from which value to which', async () => {
    const ida = await createPerson(site.server, { name: 'Ida' });
    const { page, complaints } = await site.open(`/logins/${ida.id}`);
    const about = page.getByRole('region', { name: 'About' });
    await about.getByRole('button', { name: 'Edit' }).click();
    await about.getByLabel('Name').fill('Ida <i>Holm</i>');
    await about.getByRole('button', { name: 'Save' }).click();
    const permissions = page.getByRole('region', { name: 'Permissions' });
    await permissions.getByRole('checkbox', { name: 'Publish events' }).check();
    await permissions.getByRole('button', { name: 'Save permissions' }).click();
    await page
      .getByText(/^The permissions of .* are saved\.$/)
      .first()
      .waitFor();
    await page.getByRole('link', { name: 'Changes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Audit log' }).waitFor();
    expect(new URL(page.url()).searchParams.get('subject')).toBe(ida.id);
    await rows(page).nth(2).waitFor();
    const shown = (await rows(page).allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
    expect(shown[0]).toContain('Changed the login');
    expect(shown[0]).toContain('Root administrator #1');
    expect(shown[0]).toMatch(/Permissions: none → Publish events/);
    expect(shown[1]).toContain('Name: Ida → Ida <i>Holm</i>');
    expect(shown[2]).toContain('Created the login');
    expect(shown[2]).toContain('Below: Root administrator #1');
    expect(shown).toHaveLength(3);
    await rows(page).first().getByRole('link').click();
    await page.getByRole('heading', { level: 1, name: 'Ida <i>Holm</i>' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('names what is gone, and says of secrets no more than that they changed', async () => {
    const { api } = site.server;
    await registerResource(api);
    const advanced = { headers: [{ name: 'x-api-key', value: 'very-secret-key', secret: true }] };
    const { id } = await createWebhook(api, 'https://example.com/hook', {
      details: { name: 'Orders' },
      advanced,
    });
    await api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { message } } }', { id });
    const { page, complaints } = await site.open('/audit');
    // Not the number that the console calls an ID.
    await page.getByRole('searchbox', { name: 'with this id for the API (whk_…, lgn_…)' }).fill(id);
    await page.waitForURL(`**/audit?subject=${id}`);
    await rows(page).nth(2).waitFor({ state: 'detached' });
    await rows(page).nth(1).waitFor();
    const [deleted, created] = await rows(page).all();
    expect(await deleted!.innerText()).toMatch(/Deleted the webhook\s+Orders/);
    expect(await deleted!.getByRole('link').count()).toBe(0);
    await created!.getByRole('button', { name: /^Show all/ }).click();
    const text = (await created!.innerText()).replace(/\s+/g, ' ');
    expect(text).toContain('Endpoint, address: https://example.com/hook');
    expect(text).toContain('Endpoint, header x-api-key: changed');
    expect(text).toContain('Endpoint, signing secret: changed');
    expect(await page.content()).not.toContain('very-secret-key');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('is read page by page to its end, each entry once', async () => {
    const { api } = site.server;
    const many = Array.from(
      { length: 60 },
      (_, n) => `t${n}: teamCreate(input: { name: "Team ${n}" }) { errors { code } }`,
    );
    for (let from = 0; from < many.length; from += 20)
      expect(
        (await api.send(`mutation { ${many.slice(from, from + 20).join(' ')} }`)).errors,
      ).toBeUndefined();
    const { nodes } = await api.run('{ auditLog(first: 100) { nodes { id } } }');
    const { page, complaints } = await site.open('/audit');
    await rows(page).first().waitFor();
    await page.keyboard.press('End');
    await page.getByText('Team 0', { exact: true }).first().waitFor();
    await rows(page)
      .nth(nodes.length - 1)
      .waitFor();
    expect(await rows(page).count()).toBe(nodes.length);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('shows no more than what the viewer manages', async () => {
    const manager = await createPerson(site.server, { name: 'Manager', permissions: ['WEBHOOKS_MANAGE'] });
    await createWebhook(manager.api, 'https://example.com/', { details: { name: 'Mine' } });
    const { page } = await site.open('/audit', { token: manager.api.token! });
    await rows(page).filter({ hasText: 'Mine' }).waitFor();
    expect(
      await rows(page)
        .filter({ hasText: /login|team|token|resource/ })
        .count(),
    ).toBe(0);
    await page.context().close();
    const plain = await createPerson(site.server, { name: 'Plain' });
    const { page: other } = await site.open('/audit', { token: plain.api.token! });
    await other.getByRole('heading', { name: 'You may not see this page' }).waitFor();
    await other.context().close();
  });
});
