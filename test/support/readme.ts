/** The README as it should be, its table of settings made from src/config.ts; and its examples, to be run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { settingsTable } from '../../src/config.ts';
import { packageRoot } from '../../src/paths.ts';

const BLOCK = /(<!-- settings:[^\n]*-->\n)[^]*?(<!-- \/settings -->)/;

/** The README's text with a fresh table between its two marks. */
export function readmeWithSettings(): string {
  const text = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  if (!BLOCK.test(text)) throw new Error('the README has lost the marks of its table of settings');
  return text.replace(
    BLOCK,
    (_all, open: string, close: string) => `${open}\n${settingsTable()}\n\n${close}`,
  );
}

/** The function that an example of the README exports under this name. */
export async function readmeFunction(name: string): Promise<(...args: unknown[]) => unknown> {
  const text = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```js\n([^]*?)^```$/gm)].map((match) => match[1]!);
  const code = blocks.find((block) => block.includes(`export function ${name}(`));
  if (code === undefined) throw new Error(`no example of the README exports ${name}`);
  const module = (await import(
    `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`
  )) as Record<string, (...args: unknown[]) => unknown>;
  return module[name]!;
}
