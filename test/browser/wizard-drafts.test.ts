/** The drafts of the wizard in a browser: kept while one types, resumed anywhere, and told apart from those of others. */
import type { Page } from 'playwright-core';

import type { Api } from '../support/api.ts';
import { createPerson } from '../support/people.ts';
import { DISCARD, newDraft, readyDraft, STEPS } from '../webhooks/draft-documents.ts';
import type { WatchedPage } from './chromium.ts';
import { type Console, startConsole } from './console.ts';
import { addWebhook, chooseTrigger, dialogOf, kept, next, registerCatalog, row } from './wizard.ts';

const TARGET = 'http://127.0.0.1:9999/hooks';

let site: Console;
let api: Api;
let opened: WatchedPage[] = [];
beforeAll(async () => {
  site = await startConsole();
  await registerCatalog(site.server.api);
});
beforeEach(async () => {
  const admin = await createPerson(site.server, {
    name: 'Admin',
    isAccount: true,
    permissions: ['WEBHOOKS_MANAGE'],
  });
  api = admin.api;
  opened = [];
});
afterEach(async () => {
  expect(opened.flatMap(({ complaints }) => complaints)).toEqual([]);
  await Promise.all(opened.map(({ context }) => context.close()));
});
afterAll(() => site?.stop());

/** A machine of the administrator: a browser profile of its own. */
async function open(path: string): Promise<Page> {
  const watched = await site.open(path, { token: api.token! });
  opened.push(watched);
  return watched.page;
}

const stepOf = (page: Page, step: number) => page.getByRole('heading', { name: `Step ${step} of 3` });
const nameOf = (page: Page) => page.locator('[data-field="details.name"]');
const names = async (): Promise<string[]> =>
  (await api.run('{ webhookDrafts { name } }')).map(({ name }: { name: string }) => name);
const count = async (): Promise<number> => (await api.run('{ webhooks { totalCount } }')).totalCount;

describe('the address of the wizard', () => {
  it('names draft and step; a reload resumes there, and Back goes step by step to the table (L12)', async () => {
    const page = await open('/webhooks');
    await page.getByRole('link', { name: 'ADD WEBHOOK' }).first().click();
    await nameOf(page).fill('Orders');
    await next(page, 2);
    expect(new URL(page.url()).pathname).toMatch(/^\/webhooks\/new\/drf_\w+\/endpoints$/);
    await row(page, 'Endpoint 1').getByLabel('Web address').fill('nowhere');
    await kept(page);
    await page.reload();
    await stepOf(page, 2).waitFor();
    const address = row(page, 'Endpoint 1').getByLabel('Web address');
    expect(await address.inputValue()).toBe('nowhere');
    // What is wrong with it is shown from the start.
    expect(await address.getAttribute('aria-invalid')).toBe('true');
    await page.goBack();
    await stepOf(page, 1).waitFor();
    expect(await nameOf(page).inputValue()).toBe('Orders');
    await page.goForward();
    await stepOf(page, 2).waitFor();
    await page.goBack();
    await stepOf(page, 1).waitFor();
    await page.goBack();
    await dialogOf(page).waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe('/webhooks');
  });

  it('is no draft when what was typed is taken back at once', async () => {
    const page = await open('/webhooks/new');
    await nameOf(page).waitFor();
    // Both in one breath: a busy machine would be slower than the pause after which it is stored.
    await page.evaluate(`(async () => {
      const field = document.querySelector('[data-field="details.name"]');
      const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
      for (const text of ['a', '']) {
        set.call(field, text);
        field.dispatchEvent(new Event('input', { bubbles: true }));
        await null;
      }
    })()`);
    await page.locator('[data-keeping="nothing"]').waitFor({ state: 'attached' });
    expect(await names()).toEqual([]);
    await nameOf(page).fill('Typed');
    await kept(page);
  });

  it('keeps what was typed in the very moment of a reload (L12)', async () => {
    const page = await open('/webhooks/new');
    await nameOf(page).fill('First');
    await kept(page);
    await nameOf(page).fill('Typed last');
    await page.reload();
    await stepOf(page, 1).waitFor();
    await expect(names()).resolves.toEqual(['Typed last']);
  });

  it('of a draft without a step leads to the first step with something to mend (L12)', async () => {
    const id = await newDraft(api, { name: 'Begun' });
    await api.run(STEPS.endpoints, { id, input: [{ kind: 'URL', target: 'ftp://x' }] });
    const page = await open(`/webhooks/new/${id}`);
    await stepOf(page, 2).waitFor();
    const ready = await open(`/webhooks/new/${await readyDraft(api, TARGET)}`);
    await stepOf(ready, 3).waitFor();
  });
});

it('a draft is resumed on another machine from the list of the page, and discarded there (L12)', async () => {
  const page = await open('/webhooks/new');
  await nameOf(page).fill('Broker portal');
  await next(page, 2);
  await row(page, 'Endpoint 1').getByLabel('Web address').fill(TARGET);
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByText('Your draft is kept').waitFor();

  const other = await open('/webhooks');
  await other.getByText('You have an unfinished webhook').waitFor();
  await other.getByRole('link', { name: 'Continue Broker portal' }).click();
  await stepOf(other, 3).waitFor();
  await other.getByRole('button', { name: 'Back to step 2, Endpoints' }).click();
  await stepOf(other, 2).waitFor();
  expect(await row(other, 'Endpoint 1').getByLabel('Web address').inputValue()).toBe(TARGET);
  await other.keyboard.press('Escape');
  await other.getByRole('button', { name: 'Discard Broker portal' }).click();
  const question = other.getByRole('dialog', { name: 'Discard draft' });
  await question.getByRole('button', { name: 'Cancel' }).click();
  expect(await names()).toEqual(['Broker portal']);
  await other.getByRole('button', { name: 'Discard Broker portal' }).click();
  await question.getByRole('button', { name: 'Discard' }).click();
  await other.getByRole('region', { name: 'Unfinished webhooks' }).waitFor({ state: 'detached' });
  await other.locator('h1:focus').waitFor();
  expect(await question.count()).toBe(0);
  expect(await names()).toEqual([]);
});

describe('a draft that is open twice', () => {
  it('says that it was changed elsewhere, and takes theirs', async () => {
    const id = await newDraft(api, { name: 'Start' });
    const [one, two] = [await open(`/webhooks/new/${id}/details`), await open(`/webhooks/new/${id}/details`)];
    await stepOf(one, 1).waitFor();
    await stepOf(two, 1).waitFor();
    await nameOf(one).fill('Theirs');
    await kept(one);
    await nameOf(two).fill('Mine');
    await two.getByText('This draft was changed elsewhere').waitFor();
    expect(await names()).toEqual(['Theirs']);
    await two.getByRole('button', { name: 'Take theirs' }).click();
    expect(await nameOf(two).inputValue()).toBe('Theirs');
    await nameOf(two).fill('Both');
    await kept(two);
    expect(await names()).toEqual(['Both']);
  });

  it('or keeps mine', async () => {
    const id = await newDraft(api, { name: 'Start' });
    const page = await open(`/webhooks/new/${id}/details`);
    await stepOf(page, 1).waitFor();
    await api.run(STEPS.details, { id, input: { name: 'Theirs', description: 'Theirs' } });
    await nameOf(page).fill('Mine');
    await page.getByRole('button', { name: 'Keep mine' }).click();
    await kept(page);
    expect(await names()).toEqual(['Mine']);
    await next(page, 2);
  });
});

describe('a draft that is gone', () => {
  it('while it is open is told, and what was typed goes into a new one', async () => {
    const id = await newDraft(api, { name: 'Start' });
    const page = await open(`/webhooks/new/${id}/details`);
    await stepOf(page, 1).waitFor();
    await api.mutate(DISCARD, { id });
    await nameOf(page).fill('Saved after all');
    await page.getByText('The draft is not there any more').waitFor();
    await page.getByRole('button', { name: 'Keep it in a new draft' }).click();
    await kept(page);
    expect(await names()).toEqual(['Saved after all']);
    await next(page, 2);
    expect(page.url()).not.toContain(id);
  });

  it('is told at its address, one that became a webhook too, and a new one can be started', async () => {
    const id = await newDraft(api, { name: 'Ended' });
    await site.server.app.db.engine.query(
      `update webhook_drafts set expires_at = clock_timestamp() - interval '1 second' where id = $1`,
      [id],
    );
    const page = await open(`/webhooks/new/${id}/details`);
    await page.getByText('This draft is not there any more').waitFor();
    await page.getByRole('button', { name: 'Start a new webhook' }).click();
    await stepOf(page, 1).waitFor();
    expect(await nameOf(page).inputValue()).toBe('');
    await nameOf(page).fill('Anew');
    await next(page, 2);

    const ready = await readyDraft(api, TARGET);
    const { webhook } = await api.mutate(
      'mutation ($id: ID!) { webhookDraftSave(id: $id) { errors { code } webhook { number } } }',
      { id: ready },
    );
    const saved = await open(`/webhooks/new/${ready}`);
    await saved.getByText(`It is webhook ${webhook.number}, Orders.`).waitFor();
    await saved.getByRole('link', { name: 'Open the webhook' }).click();
    await saved.waitForURL(`**/webhooks/${webhook.number}`);
  });
});

describe('ADD', () => {
  it('leads to the first step with something to mend, and saves nothing until then (P29)', async () => {
    const id = await newDraft(api, { name: '' });
    const page = await open(`/webhooks/new/${id}/triggers`);
    await stepOf(page, 3).waitFor();
    await chooseTrigger(page, 1, 'Client', 'Created');
    await page.getByRole('button', { name: 'ADD', exact: true }).click();
    await stepOf(page, 1).waitFor();
    await page.locator('[data-field="details.name"]:focus').waitFor();
    await page.getByText('The name is missing.').waitFor();
    await nameOf(page).fill('Mended');
    await next(page, 2);
    expect(await count()).toBe(0);
    await row(page, 'Endpoint 1').getByLabel('Web address').fill(TARGET);
    await next(page, 3);
    // Twice is once, and the secret is shown all the same.
    const sent: string[] = [];
    page.on('request', (request) => {
      const [, name] = /mutation (\w+)/.exec(request.postData() ?? '') ?? [];
      if (name !== undefined) sent.push(name);
    });
    await page.getByRole('button', { name: 'ADD', exact: true }).dblclick();
    await page
      .getByRole('region', { name: 'signing secret' })
      .getByText(/^whsec_/)
      .waitFor();
    expect(await count()).toBe(1);
    expect(sent).toEqual(['WizardSetDetails', 'WizardSetEndpoints', 'WizardSetTriggers', 'WizardSave']);
    expect(await names()).toEqual([]);
  });

  it('whose answer was lost is told, and Try again adds nothing twice', async () => {
    const { page, context } = await site.open(`/webhooks/new/${await readyDraft(api, TARGET)}/triggers`, {
      token: api.token!,
    });
    await stepOf(page, 3).waitFor();
    const lost = ['before the server had it', 'after it'];
    await page.route('**/graphql', async (route) => {
      const when = route.request().postData()?.includes('mutation WizardSave') ? lost.shift() : undefined;
      if (when === undefined) return route.continue();
      if (when === 'after it') await route.fetch();
      return route.abort();
    });
    const refused = page.getByRole('alert').filter({ hasText: 'The webhook could not be added' });
    await page.getByRole('button', { name: 'ADD', exact: true }).click();
    await refused.waitFor();
    expect(await count()).toBe(0);
    const answer = page.waitForEvent('requestfailed');
    await refused.getByRole('button', { name: 'Try again' }).click();
    await answer;
    await refused.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('Its signing secrets were shown before').waitFor();
    expect(await count()).toBe(1);
    await context.close();
  });

  it('is the end of the wizard: its secrets are not lost by a slip, and Back never comes to it again', async () => {
    const id = await readyDraft(api, TARGET);
    const page = await open('/webhooks');
    await page.getByRole('link', { name: /^Continue/ }).click();
    await stepOf(page, 3).waitFor();
    await page.getByRole('button', { name: 'Back', exact: true }).click();
    await stepOf(page, 2).waitFor();
    await next(page, 3);
    await page.getByRole('button', { name: 'ADD', exact: true }).click();
    const secret = page.getByRole('region', { name: 'signing secret' });
    await secret.waitFor();
    const question = page.getByRole('dialog', { name: 'Leave without the signing secrets?' });
    await page.goBack();
    await question.getByRole('button', { name: 'Cancel' }).click();
    await question.waitFor({ state: 'detached' });
    await secret.waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await dialogOf(page).waitFor({ state: 'detached' });
    for (let step = 0; step < 2; step++) {
      await page.goBack();
      await page.waitForURL('**/webhooks');
      await dialogOf(page).waitFor({ state: 'detached' });
    }
    // Another visit is told what became of it.
    await page.goto(`${site.url}/webhooks/new/${id}`);
    await page.getByText('This draft was saved already').waitFor();
  });

  it('left without its secrets by Back shows the table', async () => {
    const page = await open('/webhooks');
    await page.getByRole('link', { name: 'ADD WEBHOOK' }).first().click();
    await addWebhook(page, { name: 'Left at once', target: TARGET });
    await page.goBack();
    const question = page.getByRole('dialog', { name: 'Leave without the signing secrets?' });
    await question.getByRole('button', { name: 'Leave' }).click();
    await dialogOf(page).waitFor({ state: 'detached' });
    await page.waitForURL('**/webhooks');
    await page.getByRole('table').getByText('Left at once').waitFor();
  });
});
