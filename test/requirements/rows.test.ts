/** No row of the requirements is lost: each that can be tested without a browser has a test with its ID in the title. */
import ts from 'typescript';

import { readModules } from '../architecture/sources.ts';

/** Rows that later work takes are not in here: what needs a browser, mail, the feed, or credentials of other kinds. */
const ROWS = `
  P01 P02 P03 P04 P05 P06 P07 P10 P17 P19 P21 P23 P24 P25 P26 P27 P28 P29 P31 P32 P33 P34 P35 P36 P38
  L01 L02 L04 L05 L06 L07 L09 L10 L13 L14 L15 L16 L17 L18 L19 L25 L26 L27 L28 L29
  X02 X08 X09 X13`
  .trim()
  .split(/\s+/);

/** The titles of the tests in a text; those of skipped ones and of groups do not count. */
function titlesOf(text: string): string[] {
  const titles: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /^(it|test)(\.each\b|$)/.test(node.expression.getText())) {
      const [title] = node.arguments;
      if (title && ts.isStringLiteralLike(title)) titles.push(title.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.test.ts', text, ts.ScriptTarget.Latest, true));
  return titles;
}

/** The IDs before the colon: "P03, P26: each pair fires". */
function rowsOf(title: string): string[] {
  return /^((?:[PLX]\d\d)(?:, [PLX]\d\d)*): /.exec(title)?.[1]!.split(', ') ?? [];
}

describe('the rows of the requirements', () => {
  it('have a test each', () => {
    const tests = readModules(['test']).filter((module) => module.path.endsWith('.test.ts'));
    const tested = new Set(tests.flatMap(({ text }) => titlesOf(text)).flatMap(rowsOf));
    expect(ROWS.filter((row) => !tested.has(row))).toEqual([]);
    expect([...tested].filter((row) => !ROWS.includes(row))).toEqual([]);
  });

  it('are found in the titles of tests that run, and nowhere else', () => {
    const text = `
      describe('P01: a group', () => {
        it('L01, L02: two rows', () => {});
        it.each([['P02: a value']])('X08: a table %s', () => {});
        it.skip('P03: later', () => {});
        xit('P04: later', () => {});
        it('speaks of P05: no row', () => expect('P06: text').toBe(note('P07: other')));
      });`;
    expect(titlesOf(text).flatMap(rowsOf)).toEqual(['L01', 'L02', 'X08']);
  });
});
