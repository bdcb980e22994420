/** The table of a run's figures: one row for each title, with the worst of what its tests measured. */

/** A row of acceptance in the title of a figure or of a test. */
const ROW = /\b(?:SSRF|GQL|SEC|REL)-\d\d\b/g;
const HEAD = ['Row', 'Figures', 'Limits', 'Verdict'];

/**
 * The table as text; empty when nothing was measured and no test of a row failed. lines are the JSON lines
 * of figure.ts, failed the full titles of the tests that failed.
 */
export function figuresTable(lines, failed) {
  const titles = new Map();
  for (const line of lines) {
    const { test, limits = {}, ...values } = JSON.parse(line);
    const group = titles.get(test) ?? { limits: {}, measured: [] };
    titles.set(test, { limits: { ...group.limits, ...limits }, measured: [...group.measured, values] });
  }
  const failedRows = new Set(failed.flatMap((title) => title.match(ROW) ?? []));
  const rows = [...titles].map(([title, group]) => rowOf(title, group, failedRows));
  const silent = [...failedRows].filter((row) => ![...titles.keys()].some((title) => title.startsWith(row)));
  rows.push(...silent.map((row) => [row, 'none', '', 'FAILS']));
  if (rows.length === 0) return '';
  rows.sort(([one], [other]) => order(one).localeCompare(order(other)));
  const widths = HEAD.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column].length)));
  const rule = widths.map((width) => '-'.repeat(width));
  return [HEAD, rule, ...rows]
    .map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`)
    .join('\n');
}

/** Rows of acceptance come first. */
function order(title) {
  return title.search(ROW) === 0 ? `0${title}` : `1${title}`;
}

function rowOf(title, { limits, measured }, failedRows) {
  const names = [...new Set(measured.flatMap(Object.keys))];
  const worst = new Map(names.map((name) => [name, worstOf(valuesOf(measured, name), limits[name])]));
  const shown = [...worst]
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${text(value)}`);
  const limited = Object.entries(limits);
  const beyond = limited.some(([name, limit]) => !within(worst.get(name), limit));
  const failed = (title.match(ROW) ?? []).some((row) => failedRows.has(row));
  return [
    title,
    `${measured.length > 1 ? `${measured.length} times: ` : ''}${shown.join(', ')}`,
    limited
      .map(([name, limit]) => `${name} ${limit.atLeast === undefined ? `≤ ${limit}` : `≥ ${limit.atLeast}`}`)
      .join(', '),
    beyond || failed ? 'FAILS' : 'holds',
  ];
}

function valuesOf(measured, name) {
  return measured.flatMap((values) => (name in values ? [values[name]] : []));
}

/** The one that is nearest to its limit, or beyond it; undefined for words that are not all the same. */
function worstOf(values, limit) {
  if (values.every((value) => typeof value === 'number'))
    return limit?.atLeast === undefined ? Math.max(...values) : Math.min(...values);
  const words = new Set(values.map((value) => JSON.stringify(value)));
  return words.size === 1 ? values[0] : undefined;
}

function within(value, limit) {
  if (typeof value !== 'number') return false;
  return limit.atLeast === undefined ? value <= limit : value >= limit.atLeast;
}

function text(value) {
  return typeof value === 'object' && value !== null
    ? Object.entries(value)
        .map(([name, part]) => `${name}: ${text(part)}`)
        .join('; ')
    : String(value);
}
