/** A hundred attempts a second flow through the list of deliveries: the page's own work stays within a frame. */
import { figure } from '../support/figure.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, createWebhook, publish, registerResource } from '../support/scenario.ts';
import { type Console, startConsole } from './console.ts';
import { longest, mainThreadTasks } from './main-thread.ts';

const PER_SECOND = 100;
const SECONDS = 8;
/** Ten times a second, as a busy platform publishes. */
const TICK_MS = 100;
/** No task of the page may hold a frame back longer. */
const FRAME_MS = 50;

let site: Console;
let receiver: Receiver;

beforeAll(async () => {
  site = await startConsole();
  receiver = await startReceiver();
  await registerResource(site.server.api);
  await createWebhook(site.server.api, receiver.url);
});
afterAll(async () => {
  await site?.stop();
  await receiver?.close();
});

/** Notes the gaps between the page's frames, ms. */
const MEASURE = `(() => {
  window.gaps = [];
  let last = performance.now();
  (function frame(now) {
    window.gaps.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  })(last);
})()`;

describe('a stream of 100 attempts a second', () => {
  it('is shown live with no task of the page above 50 ms, and with only the rows in view drawn', async () => {
    const { page, complaints } = await site.open('/deliveries');
    // A table that is full already: rows in view are drawn, the others are not.
    await publish(
      site.server.api,
      ...Array.from({ length: 200 }, (_, index) => clientEvent(`before${index}`)),
    );
    await receiver.until(200, 30_000);
    await page.locator('[data-live="live"]').waitFor();
    await page.locator('[data-count]').getByText('200 deliveries').waitFor();

    await page.evaluate(MEASURE);
    await site.browser.startTracing(page, { categories: ['toplevel'] });
    const started = performance.now();
    const count = (PER_SECOND * TICK_MS) / 1_000;
    const ticks = (SECONDS * 1_000) / TICK_MS;
    for (let tick = 0; tick < ticks; tick += 1) {
      const events = Array.from({ length: count }, (_, index) => clientEvent(`t${tick}-${index}`));
      await publish(site.server.api, ...events);
      const left = started + (tick + 1) * TICK_MS - performance.now();
      if (left > 0) await new Promise((resolve) => setTimeout(resolve, left));
    }
    const seconds = (performance.now() - started) / 1_000;
    await receiver.until(200 + ticks * count, 30_000);
    await page.getByRole('cell', { name: `t${ticks - 1}-${count - 1}`, exact: true }).waitFor();
    const tasks = mainThreadTasks(await site.browser.stopTracing());
    const gaps = (await page.evaluate<number[]>('window.gaps')).sort((a, b) => a - b);
    const at = (share: number): number => Math.round(gaps[Math.floor((gaps.length - 1) * share)]!);
    const drawn = await page.locator('tbody tr[data-index]').count();
    figure('console-stream', {
      attemptsPerSecond: Math.round((ticks * count) / seconds),
      frames: gaps.length,
      gapP50Ms: at(0.5),
      gapP99Ms: at(0.99),
      longestTaskCpuMs: longest(tasks, 'cpuMs'),
      longestTaskWallMs: longest(tasks, 'wallMs'),
      mainThreadCpuShare: Number(
        (tasks.reduce((sum, task) => sum + task.cpuMs, 0) / 1_000 / seconds).toFixed(2),
      ),
      rowsInDocument: drawn,
    });
    expect(longest(tasks, 'cpuMs')).toBeLessThanOrEqual(FRAME_MS);
    expect(drawn).toBeLessThan(100);
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
