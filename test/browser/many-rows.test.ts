/** Ten thousand saved webhooks: read to the end, and scrolled through as smoothly as ten. */
import pg from 'pg';

import { figure } from '../support/figure.ts';
import { type Console, startConsole } from './console.ts';
import { longest, mainThreadTasks } from './main-thread.ts';

const ROWS = 10_000;
const FRAME_MS = 50;
/** A screen with every frame: faster than anybody reads. */
const TURN_PX = 750;
const TURNS = 200;

let site: Console;
beforeAll(async () => {
  site = await startConsole();
  const client = new pg.Client({ connectionString: site.server.database.url });
  await client.connect();
  // What only sending reads is left out; ids count up, as those of real rows do.
  await client.query(
    `with root as (select id from logins where parent_id is null)
     insert into webhooks (id, account_id, login_id, name, description, enabled, created_at, updated_at)
     select 'whk_01' || lpad(i::text, 24, '0'), root.id, root.id, 'Webhook ' || i,
            case when i % 7 = 0 then repeat('A long description that needs a second line. ', 3) else 'Number ' || i end,
            i % 9 <> 0, now(), now()
     from generate_series(1, $1::int) i, root`,
    [ROWS],
  );
  await client.query('analyze webhooks');
  await client.end();
});
afterAll(() => site?.stop());

describe('a table of 10,000 rows', () => {
  it('is read to its end by scrolling, and scrolls with no task above 50 ms and few rows in the document', async () => {
    const { page, complaints } = await site.open('/webhooks');
    const rows = page.locator('tbody tr[data-index]');
    await rows.first().waitFor();
    await page.mouse.move(800, 600);
    const startedAt = performance.now();
    // To the end: each turn of the wheel brings the end of what is loaded into view.
    while (!(await page.getByText('10,000 in all').isVisible())) {
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    }
    const readMs = Math.round(performance.now() - startedAt);
    await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
    await page.getByRole('link', { name: '1, Webhook 1', exact: true }).waitFor();

    await site.browser.startTracing(page, { categories: ['toplevel'] });
    for (let turn = 0; turn < TURNS; turn++) {
      await page.mouse.wheel(0, -TURN_PX);
      await page.evaluate('new Promise((done) => requestAnimationFrame(done))');
    }
    const tasks = mainThreadTasks(await site.browser.stopTracing());
    const drawn = await rows.count();
    figure('10,000 rows', {
      readMs,
      scrolledPx: TURNS * TURN_PX,
      longestTaskCpuMs: longest(tasks, 'cpuMs'),
      longestTaskWallMs: longest(tasks, 'wallMs'),
      rowsInDocument: drawn,
    });
    expect(longest(tasks, 'cpuMs')).toBeLessThanOrEqual(FRAME_MS);
    expect(drawn).toBeGreaterThan(10);
    expect(drawn).toBeLessThan(100);
    await page.evaluate('window.scrollTo(0, 0)');
    await page.getByRole('link', { name: '10000, Webhook 10000' }).waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });

  it('finds the row that the keyboard was at, though it has left the document', async () => {
    const { page, complaints } = await site.open('/webhooks');
    await page.locator('tr[data-index="0"]').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.locator('tr[data-index="1"]:focus').waitFor();
    while ((await page.locator('tr[data-index="1"]').count()) > 0) {
      await page.evaluate('window.scrollTo(0, document.documentElement.scrollHeight)');
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    }
    await page.keyboard.press('j');
    await page.locator('tr[data-index="1"]:focus').waitFor();
    await page.keyboard.press('j');
    await page.locator('tr[data-index="2"]:focus').waitFor();
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
