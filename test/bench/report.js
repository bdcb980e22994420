/** What is printed: one table for each section with medians [min-max], the machine, the same as one line of JSON, and the targets at the end. */
import { cpus, totalmem } from 'node:os';

import { median, rounded } from './numbers.js';

/** @typedef {{ label: string, values: number[][] }} Row The rounds of one thing, column by column; an empty list where there is nothing. */
/** @typedef {{ name: string, wanted: { atLeast: number } | { atMost: number }, measured: number }} Target */

/**
 * What a section prints.
 * @typedef {object} Section
 * @property {string} title What the table shows.
 * @property {string[]} columns
 * @property {Row[]} rows
 * @property {string[]} notes The configuration of each side, and what the table does not show.
 * @property {Record<string, number>} options
 * @property {Record<string, string>[]} versions
 * @property {Target[]} targets
 */

/** The text of a section. @param {string} name @param {Section} section */
export function sectionText(name, { title, columns, rows, notes, options, versions, targets }) {
  const machine = describeMachine(versions);
  const filled = rows.filter(({ values }) => values.flat().some(Number.isFinite));
  const body = filled.map(({ label, values }) => [
    label,
    ...columns.map((_, column) => summary(values[column] ?? [])),
  ]);
  const json = {
    section: name,
    options,
    machine,
    values: filled.map(({ label, values }) => ({
      label,
      ...Object.fromEntries(columns.map((column, index) => [column, (values[index] ?? []).map(rounded)])),
    })),
    targets: targets.map((target) => ({ ...target, measured: rounded(target.measured), met: isMet(target) })),
  };
  return [
    `${name}: ${title}`,
    '',
    ...table([['', ...columns], ...body]),
    '',
    ...notes,
    Object.entries(machine)
      .map(([what, value]) => `${what} ${value}`)
      .join(', '),
    JSON.stringify(json),
  ].join('\n');
}

/** The targets of all sections, and which are met. @param {{ section: string, target: Target }[]} all */
export function targetsText(all) {
  const cells = all.map(({ section, target }) => [
    `${section}: ${target.name}`,
    'atLeast' in target.wanted ? `at least ${target.wanted.atLeast}` : `at most ${target.wanted.atMost}`,
    summary([target.measured]),
    isMet(target) ? 'met' : Number.isFinite(target.measured) ? 'missed' : 'unknown',
  ]);
  return table([['Targets', 'wanted', 'measured', ''], ...cells]).join('\n');
}

/** @param {Target} target */
function isMet({ wanted, measured }) {
  return 'atLeast' in wanted ? measured >= wanted.atLeast : measured <= wanted.atMost;
}

/** @param {Record<string, string>[]} versions @returns {Record<string, string | number>} */
function describeMachine(versions) {
  const cores = cpus();
  return {
    cores: cores.length,
    processor: cores[0]?.model.trim() ?? 'unknown',
    GiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    ...Object.assign({}, ...versions),
  };
}

/** The median and what it lies in, with as many digits as it makes sense to read. @param {number[]} values */
function summary(values) {
  const known = values.filter(Number.isFinite);
  if (known.length === 0) return '–';
  const middle = median(known);
  const digits = middle >= 100 ? 0 : middle >= 10 ? 1 : 2;
  const text = (/** @type {number} */ value) =>
    value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  if (known.length === 1) return text(middle);
  return `${text(middle)} [${text(Math.min(...known))}-${text(Math.max(...known))}]`;
}

/** Columns as wide as they must be, numbers to the right. @param {string[][]} cells */
function table(cells) {
  const widths = cells[0].map((_, column) => Math.max(...cells.map((row) => row[column].length)));
  return cells.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('   '),
  );
}
