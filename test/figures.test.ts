/** The table at the end of a run shows what was measured, and says so where it is beyond a limit or its test failed. */
import { jest } from '@jest/globals';

import { figure } from './support/figure.ts';
import { figuresTable } from './support/figures-table.js';

/** The cells of the table, without its head. */
function cells(lines: object[], failed: string[] = []): string[][] {
  const [, , ...rows] = figuresTable(
    lines.map((line) => JSON.stringify(line)),
    failed,
  ).split('\n');
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('the table of figures', () => {
  it('has a line for each row with its values, limits and verdict, rows of acceptance first', () => {
    expect(
      cells([
        { test: 'octokit', published: 7 },
        { test: 'REL-02', stopMs: 40, limits: { stopMs: 50 } },
        { test: 'REL-01', lost: 0, onTheWire: 1, limits: { lost: 0, onTheWire: { atLeast: 1 } } },
      ]),
    ).toEqual([
      ['REL-01', 'lost 0, onTheWire 1', 'lost ≤ 0, onTheWire ≥ 1', 'holds'],
      ['REL-02', 'stopMs 40', 'stopMs ≤ 50', 'holds'],
      ['octokit', 'published 7', '', 'holds'],
    ]);
  });

  it('shows the worst of several figures of a row', () => {
    const limits = { ms: 50, caught: { atLeast: 2 } };
    expect(
      cells([
        { test: 'REL-05', name: 'silent', ms: 20, caught: 9, limits },
        { test: 'REL-05', name: 'reset', ms: 60, caught: 3, limits },
      ]),
    ).toEqual([['REL-05', '2 times: ms 60, caught 3', 'ms ≤ 50, caught ≥ 2', 'FAILS']]);
  });

  it('fails a row whose test failed, with figures or without', () => {
    const lines = [
      { test: 'REL-01', lost: 0 },
      { test: 'REL-02', lost: 0 },
    ];
    expect(cells(lines, ['REL-01: a kill loses nothing', 'a group (SSRF-07) fails closed'])).toEqual([
      ['REL-01', 'lost 0', '', 'FAILS'],
      ['REL-02', 'lost 0', '', 'holds'],
      ['SSRF-07', 'none', '', 'FAILS'],
    ]);
  });

  it('is empty when there is nothing to tell', () => {
    expect(figuresTable([], ['a test of no row'])).toBe('');
  });
});

describe('a figure', () => {
  const written: string[] = [];
  beforeEach(() => {
    written.length = 0;
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    jest.replaceProperty(process, 'env', {});
  });
  afterEach(() => jest.restoreAllMocks());

  it('beyond its limit is printed and fails its test', () => {
    expect(() => figure('a', { ms: 2 }, { ms: 1 })).toThrow(/beyond its limits \(\{"ms":1\}\)/);
    expect(() => figure('a', { ms: 2 }, { ms: { atLeast: 3 } })).toThrow(/beyond/);
    expect(() => figure('a', { ms: null }, { ms: 1 })).toThrow(/beyond/);
    expect(written[0]).toBe('{"test":"a","ms":2,"limits":{"ms":1}}\n');
    figure('a', { ms: 2, name: 'b' }, { ms: 2 });
    figure('a', { ms: 2 }, { ms: { atLeast: 2 } });
    expect(written).toHaveLength(5);
  });
});
