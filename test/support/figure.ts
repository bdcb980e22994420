/** What tests measured: one JSON line each, and at the end of a run one table (figures-reporter.js). */
import { appendFileSync } from 'node:fs';

/** Where the lines of a run are collected; the reporter names the file. */
const FILE_VARIABLE = 'TEST_FIGURES_FILE';

/** For each measured value that has one its limit: a number is the most that it may be. */
export type Limits = Record<string, number | { atLeast: number }>;

/**
 * Prints what a test measured as one JSON line, so that runs can be compared over time, and fails the
 * test when a value is beyond its limit. test begins with the name of its row of acceptance, if it has one.
 */
export function figure(test: string, values: Record<string, unknown>, limits?: Limits): void {
  const line = JSON.stringify({ test, ...values, ...(limits ? { limits } : {}) });
  process.stdout.write(`${line}\n`);
  const file = process.env[FILE_VARIABLE];
  if (file) appendFileSync(file, `${line}\n`);
  const beyond = Object.entries(limits ?? {}).filter(([name, limit]) => !holds(values[name], limit));
  if (beyond.length > 0)
    throw new Error(`${test} is beyond its limits (${JSON.stringify(Object.fromEntries(beyond))}): ${line}`);
}

function holds(value: unknown, limit: Limits[string]): boolean {
  if (typeof value !== 'number') return false;
  return typeof limit === 'number' ? value <= limit : value >= limit.atLeast;
}
