/** The lists of logins and accounts, and the teams, in a browser. */
import type { Locator, Page } from 'playwright-core';

import { createPerson, createTeam, type Person } from '../support/people.ts';
import { createWebhook, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
let north: Person;
let nora: Person;
beforeAll(async () => {
  site = await startConsole();
  await registerResource(site.server.api);
  north = await createPerson(site.server, { name: 'North', isAccount: true });
  await createPerson(site.server, { name: 'South', isAccount: true });
  nora = await createPerson(site.server, {
    name: 'Nora',
    parentId: north.id,
    permissions: ['WEBHOOKS_MANAGE', 'ACCESS_MANAGE'],
  });
});
afterAll(() => site?.stop());

const heading = (page: Page, name: string): Promise<void> =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
const rows = (page: Page, name: string): Locator => page.getByRole('table', { name }).locator('tbody tr');
const names = async (list: Locator): Promise<string[]> =>
  (await list.allInnerTexts()).map((text) => text.replace(/\s+/g, ' ').trim());

describe('lists of logins and accounts', () => {
  it('show no more than the own branch (L09, L10)', async () => {
    const { page, complaints } = await site.open('/logins', { token: nora.api.token! });
    await rows(page, 'Logins').first().waitFor();
    const known = await nora.api.run('{ logins { nodes { number } } }');
    const shown = await rows(page, 'Logins').locator('td:first-child').allInnerTexts();
    expect(shown.map(Number)).toEqual(known.nodes.map((login: any) => login.number));
    expect((await names(rows(page, 'Logins'))).join()).not.toContain('South');
    await page.getByRole('searchbox', { name: 'Search logins' }).fill('South');
    await page.getByRole('heading', { name: 'No logins match' }).waitFor();
    await page.goto(`${site.url}/accounts`);
    await page.getByRole('list', { name: 'Accounts' }).getByRole('link', { name: /North/ }).waitFor();
    expect(await page.getByRole('link', { name: /South/ }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('open a row that is chosen while a search is about to begin', async () => {
    const { page, complaints } = await site.open('/logins');
    await rows(page, 'Logins').first().waitFor();
    let letGo = (): void => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    await page.route('**/assets/login-page*', async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole('searchbox', { name: 'Search logins' }).fill('Nora');
    await page.getByRole('link', { name: `${nora.number}, Nora` }).click();
    // Longer than the field waits for the next key.
    await page.evaluate('new Promise((done) => setTimeout(done, 400))');
    letGo();
    await heading(page, 'Nora');
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('are a tree of accounts, opened step by step, with the other logins when asked for', async () => {
    await createPerson(nora, { name: 'West', isAccount: true });
    await createPerson(nora, { name: 'Finn' });
    const { page, complaints } = await site.open('/accounts');
    const tree = page.getByRole('list', { name: 'Accounts' });
    const expand = tree.getByRole('button', { name: 'What is below Nora' });
    await expand.waitFor();
    expect(await expand.getAttribute('aria-expanded')).toBe('false');
    await expand.press('Enter');
    await tree.getByRole('link', { name: /West/ }).waitFor();
    expect(await tree.getByRole('link', { name: /Finn/ }).count()).toBe(0);
    await page.getByRole('switch', { name: 'Show all logins' }).click({ force: true });
    await tree.getByRole('link', { name: /Finn/ }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});

describe('the teams', () => {
  it('are made, filled, renamed and deleted, save while a webhook watches one', async () => {
    const { page, complaints } = await site.open('/teams');
    await page.getByRole('heading', { name: 'No team yet' }).waitFor();
    await page.getByRole('button', { name: 'New team' }).last().click();
    await page.getByRole('dialog', { name: 'New team' }).getByLabel('Name').fill('Night shift');
    await page.getByRole('button', { name: 'Create team' }).click();
    const dialog = page.getByRole('dialog', { name: 'Team 1, Night shift' });
    await dialog.getByText('Nobody is in this team yet').waitFor();
    const id = new URL(page.url()).searchParams.get('team')!;
    for (const name of ['Nora', 'South']) {
      await dialog.getByRole('combobox', { name: 'Add a member' }).fill(name);
      await page.getByRole('option', { name: new RegExp(`^${name}`) }).click();
      await dialog.getByRole('button', { name: 'Add', exact: true }).click();
      await dialog.getByRole('button', { name: `Remove ${name} from the team` }).waitFor();
    }
    await dialog.getByRole('button', { name: 'Remove South from the team' }).click();
    await dialog.getByRole('button', { name: 'Remove South from the team' }).waitFor({ state: 'detached' });
    const query = 'query ($id: ID!) { node(id: $id) { ... on Team { name members { nodes { name } } } } }';
    expect(await site.server.api.run(query, { id })).toEqual({
      name: 'Night shift',
      members: { nodes: [{ name: 'Nora' }] },
    });

    await dialog.getByLabel('Name').fill('Day shift');
    await dialog.getByRole('button', { name: 'Rename' }).click();
    await page.getByRole('dialog', { name: 'Team 1, Day shift' }).waitFor();

    const webhook = await createWebhook(site.server.api, 'https://example.com/', { details: { teamId: id } });
    await page.getByRole('button', { name: 'Delete team' }).click();
    const confirm = page.getByRole('dialog', { name: 'Delete team' });
    await confirm.getByRole('button', { name: 'Delete' }).click();
    await confirm.getByText(/1 webhook watches this team/).waitFor();
    await site.server.api.mutate('mutation ($id: ID!) { webhookDelete(id: $id) { errors { message } } }', {
      id: webhook.id,
    });
    await confirm.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('heading', { name: 'No team yet' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('are read, and not changed, by who manages webhooks alone', async () => {
    const id = await createTeam(nora, 'Northern lights', [nora.id]);
    const manager = await createPerson(nora, { name: 'Manager', permissions: ['WEBHOOKS_MANAGE'] });
    const { page, complaints } = await site.open(`/teams?team=${id}`, { token: manager.api.token! });
    const dialog = page.getByRole('dialog', { name: /Northern lights$/ });
    await dialog.getByRole('list', { name: 'Members' }).getByText('Nora').waitFor();
    expect(await dialog.getByRole('button', { name: /^(Add|Rename|Delete team|Remove .*)$/ }).count()).toBe(
      0,
    );
    expect(await page.getByRole('button', { name: 'New team' }).count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
    const { page: own } = await site.open(`/teams?team=${id}`, { token: nora.api.token! });
    await own.getByRole('button', { name: 'Delete team' }).waitFor();
    await own.context().close();
  });
});
