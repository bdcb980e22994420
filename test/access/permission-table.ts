/** The permission table of ARCHITECTURE.md, as data. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../src/paths.ts';

/** The callers, in the order of the table's columns. */
export const CALLERS = ['W', 'P', 'C', 'A', 'member', 'none', 'above', 'beside'] as const;

/** One of CALLERS. */
export type Caller = (typeof CALLERS)[number];

/** What a cell says: answered, FORBIDDEN, or as if the object did not exist. */
export type Verdict = 'yes' | 'no' | 'hidden';

/** Of each root field ("Query.webhook") the verdict for each caller. */
export function readPermissionTable(): Map<string, Record<Caller, Verdict>> {
  const text = readFileSync(join(packageRoot, 'ARCHITECTURE.md'), 'utf8');
  const lines = text.split('\n').map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  const head = lines.findIndex((cells) => cells[0] === 'Field');
  if (lines[head]?.slice(1).join() !== CALLERS.join()) throw new Error('the columns are not the callers');
  const table = new Map<string, Record<Caller, Verdict>>();
  for (const [field, ...cells] of lines.slice(head + 2)) {
    if (field === undefined || cells.length === 0) break;
    for (const cell of cells)
      if (!['yes', 'no', 'hidden'].includes(cell)) throw new Error(`${field} has a cell "${cell}"`);
    if (cells.length !== CALLERS.length || table.has(field)) throw new Error(`the row ${field} is wrong`);
    table.set(
      field,
      Object.fromEntries(CALLERS.map((caller, i) => [caller, cells[i]])) as Record<Caller, Verdict>,
    );
  }
  return table;
}
