/** The guide "Set Up Webhooks" in a browser: it opens, its sample and its catalog are the API's, its words are true. */
import { Webhook } from 'standardwebhooks';

import { BY_HAND } from '../../src/console/guide/snippets.ts';
import { FAILURES } from '../../src/errors.ts';
import { createPerson } from '../support/people.ts';
import { startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';

let site: Console;
beforeAll(async () => {
  site = await startConsole();
});
afterAll(() => site?.stop());

describe('the guide', () => {
  it('opens by the link of the Webhooks page, with the catalog and a payload in it (P08)', async () => {
    const { page, complaints, requests } = await site.open('/webhooks');
    await page.getByRole('link', { name: 'Set Up Webhooks' }).first().click();
    await page.getByRole('heading', { level: 1, name: 'Set Up Webhooks' }).waitFor();
    const table = page.getByRole('table', { name: 'What you can listen to' });
    await table.getByRole('link', { name: 'Webhook endpoint' }).waitFor();
    await registerResource(site.server.api);
    await page.reload();
    const [clients] = await site.server.api.run('{ catalog { events { label examplePayload } } }');
    const body = page.getByRole('region', { name: /^body of the request/ });
    expect(JSON.parse(await body.innerText())).toMatchObject({
      type: 'clients.create',
      data: clients.events[0].examplePayload,
    });
    const row = await table.locator('tbody tr').first().innerText();
    for (const { label } of clients.events) expect(row).toContain(label);
    expect(row).toContain('Deleted (not supported)');
    await table.getByRole('link', { name: 'Client' }).click();
    await page.getByRole('heading', { level: 1, name: 'Client' }).waitFor();
    expect(new Set(requests.map((url) => new URL(url).host))).toEqual(new Set([new URL(site.url).host]));
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('leads to its parts, and to the pages that the viewer may see (P40)', async () => {
    const { page } = await site.open('/guide');
    await page
      .getByRole('navigation', { name: 'On this page' })
      .getByRole('link', { name: 'Answers and retries' })
      .click();
    await page.waitForURL(/\/guide#retries$/);
    await page.locator('#retries:focus').waitFor();
    const related = page.getByRole('region', { name: 'Related pages' });
    for (const name of ['Webhooks', 'Webhook Listeners', 'Deliveries', 'Catalog']) {
      await related.getByRole('link', { name, exact: true }).click();
      await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
      await page.goBack();
    }
    await page.context().close();
    const plain = await createPerson(site.server, { name: 'Plain' });
    const { page: other } = await site.open('/guide', { token: plain.api.token! });
    await other
      .getByRole('region', { name: 'Related pages' })
      .getByRole('link', { name: 'Catalog' })
      .waitFor();
    expect(await other.getByRole('link', { name: /^(Webhooks|Webhook Listeners|Deliveries)$/ }).count()).toBe(
      0,
    );
    await other.context().close();
  });

  it('explains every cause of a failed attempt that there is', async () => {
    const { page } = await site.open('/guide');
    const table = page.getByRole('table', { name: 'Causes of failed attempts' });
    await table.waitFor();
    expect((await table.locator('code').allInnerTexts()).sort()).toEqual(Object.keys(FAILURES).sort());
    await page.context().close();
  });

  it('shows a check of signatures that takes what is genuine, and nothing else (X08)', async () => {
    const receiver = await startReceiver();
    const { secret } = await createWebhook(site.server.api, receiver.url);
    await publish(site.server.api, clientEvent('signed'));
    const [hit] = await receiver.until(1);
    const raw = hit!.body.toString();
    const { page } = await site.open('/guide');
    await page.getByRole('tab', { name: 'By hand' }).click();
    const shown = await page.getByRole('region', { name: 'check of the signature, By hand' }).innerText();
    expect(shown.trim()).toBe(BY_HAND);
    const module = `data:text/javascript,${encodeURIComponent(`${shown}\nexport { isGenuine };`)}`;
    const { isGenuine } = (await import(module)) as {
      isGenuine: (body: string, headers: object, secret: string) => boolean;
    };
    expect(isGenuine(raw, hit!.headers, secret)).toBe(true);
    expect(new Webhook(secret).verify(raw, hit!.headers as Record<string, string>)).toBeTruthy();
    expect(isGenuine(`${raw} `, hit!.headers, secret)).toBe(false);
    expect(isGenuine(raw, hit!.headers, `whsec_${Buffer.alloc(24).toString('base64')}`)).toBe(false);
    expect(isGenuine(raw, { ...hit!.headers, 'webhook-timestamp': '1500000000' }, secret)).toBe(false);
    await page.context().close();
    await receiver.close();
  });
});
