/** No row of the requirements is lost: each has a test with its ID in the title, through the API and in a browser. */
import { readModules } from '../architecture/sources.ts';
import { titlesOf } from './titles.ts';

/** Rows that later work takes are not in here: what needs mail, the feed, or credentials of other kinds. */
const ROWS = `
  P01 P02 P03 P04 P05 P06 P07 P10 P17 P19 P21 P23 P24 P25 P26 P27 P28 P29 P31 P32 P33 P34 P35 P36 P38
  L01 L02 L04 L05 L06 L07 L09 L10 L13 L14 L15 L16 L17 L18 L19 L20 L21 L22 L25 L26 L27 L28 L29
  P12 P13
  X02 X07 X08 X09 X10 X11 X13`
  .trim()
  .split(/\s+/);

/** Those that are seen in a browser, in the same way. */
const BROWSER_ROWS = `
  P04 P05 P06 P07 P08 P09 P10 P11 P12 P14 P15 P16 P18 P19 P20 P21 P22 P23 P24 P25 P26 P27 P28 P29
  P30 P31 P32 P33 P34 P35 P36 P37 P38 P39 P40
  L06 L07 L08 L09 L10 L11 L12 L13 L14 L15 L16 L18 L20 L21 L22 L25 L26 L27 L28 L30
  X01 X04 X05 X06 X07 X08 X13 X16 X17`
  .trim()
  .split(/\s+/);

/** The titles of the tests in a text, without those of groups. */
function ownTitlesOf(text: string): string[] {
  return titlesOf(text).map((titles) => titles.at(-1)!);
}

/** The IDs before the colon: "P03, P26: each pair fires". */
function rowsOf(title: string): string[] {
  return /^((?:[PLX]\d\d)(?:, [PLX]\d\d)*): /.exec(title)?.[1]!.split(', ') ?? [];
}

/** The IDs at the end, in brackets: "closes by Escape (P18, X17)". */
function browserRowsOf(title: string): string[] {
  return / \(((?:[PLX]\d\d)(?:, [PLX]\d\d)*)\)$/.exec(title)?.[1]!.split(', ') ?? [];
}

describe('the rows of the requirements', () => {
  const tests = readModules(['test']).filter((module) => module.path.endsWith('.test.ts'));

  it('have a test each', () => {
    const tested = new Set(tests.flatMap(({ text }) => ownTitlesOf(text)).flatMap(rowsOf));
    expect(ROWS.filter((row) => !tested.has(row))).toEqual([]);
    expect([...tested].filter((row) => !ROWS.includes(row))).toEqual([]);
  });

  it('that a person sees have one in a browser', () => {
    const inBrowser = tests.filter(({ path }) => path.startsWith('test/browser/'));
    const tested = new Set(inBrowser.flatMap(({ text }) => ownTitlesOf(text)).flatMap(browserRowsOf));
    expect(BROWSER_ROWS.filter((row) => !tested.has(row))).toEqual([]);
    expect([...tested].filter((row) => !BROWSER_ROWS.includes(row))).toEqual([]);
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
    expect(ownTitlesOf(text).flatMap(rowsOf)).toEqual(['L01', 'L02', 'X08']);
    const browser = `it('P01: is shown (L01, X08)', () => {}); it.skip('later (P02)', () => {});`;
    expect(ownTitlesOf(browser).flatMap(browserRowsOf)).toEqual(['L01', 'X08']);
  });
});
