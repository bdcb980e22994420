/** No row of acceptance is lost: each has a test with its name in the title, or a soak scenario, and prints its figure. */
import { readModules } from '../architecture/sources.ts';
import { literalsOf, titlesOf } from './titles.ts';

/** All rows there are. */
const ROWS = [...rows('SSRF', 8), ...rows('GQL', 10), ...rows('SEC', 10), ...rows('REL', 24)];

/** Rows without a test or a figure yet. The work that brings the test, or the scenario, of a row takes it out of here. */
const NOT_YET = ['SEC-10'];

const ROW = /\b(?:SSRF|GQL|SEC|REL)-\d\d\b/g;

function rows(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${kind}-${String(index + 1).padStart(2, '0')}`);
}

/** The rows in titles of tests and of groups that hold a test. */
function rowsTested(text: string): string[] {
  return titlesOf(text).flatMap((titles) => titles.join('\n').match(ROW) ?? []);
}

/** The rows of the figures that a test or scenario prints. */
function rowsMeasured(text: string): string[] {
  return literalsOf(text).flatMap((literal) => (literal.search(ROW) === 0 ? literal.match(ROW)! : []));
}

describe('the rows of acceptance', () => {
  const sources = readModules(['test']).filter(({ path }) => path !== 'test/requirements/acceptance.test.ts');
  const tests = sources.filter(({ path }) => path.endsWith('.test.ts'));
  const scenarios = sources.filter(({ path }) => path.startsWith('test/soak/'));
  const measured = new Set([...tests, ...scenarios].flatMap(({ text }) => rowsMeasured(text)));
  const proven = new Set([
    ...tests.flatMap(({ text }) => rowsTested(text)),
    ...scenarios.flatMap(({ text }) => rowsMeasured(text)),
  ]);

  it('have a test or a soak scenario each that prints a figure, but for those that are named here', () => {
    expect(ROWS.filter((row) => !proven.has(row) || !measured.has(row))).toEqual(
      ROWS.filter((row) => NOT_YET.includes(row)),
    );
  });

  it('are all rows that tests name', () => {
    expect([...proven, ...NOT_YET].filter((row) => !ROWS.includes(row))).toEqual([]);
  });

  it('are found in titles of tests that run and of their groups, and in what is measured', () => {
    const text = `
      describe('REL-01: a group', () => {
        it('loses nothing (REL-02)', () => figure('REL-03 by name', {}));
        it.skip('REL-04: later', () => {});
      });
      describe('REL-05: a group without a test', () => {});
      describe.skip('REL-06: later', () => it('runs not', () => {}));`;
    expect(rowsTested(text)).toEqual(['REL-01', 'REL-02']);
    expect(rowsMeasured(`figure('REL-03 by name', {}); figure('of REL-04', {}); // REL-05`)).toEqual([
      'REL-03',
    ]);
  });
});
