/** The README as it should be: its table of settings made from src/config.ts. */
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
