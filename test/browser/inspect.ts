/** Looks at a page as everybody may have to use it: axe in both schemes, 320 px wide, and a picture of each to look at. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

import { screenshot } from './console.ts';

/** WCAG 2.2 AA and what it builds on. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The library's dialogs have a <header>, and its drop-downs lie beside the landmarks; advice, no rules of WCAG. */
const NOT_OURS = ['landmark-no-duplicate-banner', 'landmark-unique', 'region'];

/** Settles when nothing on the page is on its way from one look to another. */
const AT_REST = `Promise.allSettled(document.getAnimations()
  .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
  .map((animation) => animation.finished))
  .then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))`;

/** The navigation leaves the screen within a few frames; what is still too wide after a second stays so. */
const SETTLED_OVERFLOW = `new Promise((done) => {
  const until = performance.now() + 1000;
  const look = () => {
    const overflow = document.documentElement.scrollWidth - 320;
    if (overflow <= 0 || performance.now() > until) done(Math.max(0, overflow));
    else requestAnimationFrame(look);
  };
  look();
})`;

/** What was found on one state of a page. */
export interface Inspection {
  name: string;
  /** Violations as "light: color-contrast (2): .selector", none when all is well. */
  violations: string[];
  /** How many rules axe passed, light and dark together. */
  passes: number;
  /** By how many CSS pixels the page is wider than 320. */
  overflow: number;
}

/** Inspects the page as it stands, one of the console unless said otherwise; it is left as it was. */
export async function inspect(page: Page, name: string, { console = true } = {}): Promise<Inspection> {
  const size = page.viewportSize()!;
  const found: Inspection = { name, violations: [], passes: 0, overflow: 0 };
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    if (console) await page.locator(`html[data-mantine-color-scheme=${scheme}]`).waitFor();
    await page.evaluate(AT_REST);
    const { violations, passes } = await judge(page, `${name}, ${scheme}`, TAGS);
    found.passes += passes;
    found.violations.push(...violations);
    await screenshot(page, `${name}-${scheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 320, height: 720 });
  found.overflow = await page.evaluate<number>(SETTLED_OVERFLOW);
  await screenshot(page, `${name}-narrow`);
  await page.setViewportSize(size);
  return found;
}

/** What axe finds on the page by the rules with these tags: sentences that begin with where, and how many rules passed. */
export async function judge(
  page: Page,
  where: string,
  tags: string[],
): Promise<{ violations: string[]; passes: number }> {
  const { violations, passes } = await new AxeBuilder({ page })
    .withTags(tags)
    .disableRules(NOT_OURS)
    .analyze();
  const sentences = violations.map(
    ({ id, nodes }) =>
      `${where}: ${id} (${nodes.length}): ${nodes
        .slice(0, 3)
        .map(
          ({ target, failureSummary }) =>
            `${target.join(' ')} ${failureSummary?.split('\n')[1]?.trim() ?? ''}`,
        )
        .join(' | ')}`,
  );
  return { violations: sentences, passes: passes.length };
}
