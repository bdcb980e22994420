/** The list that pages and a stream fill together: whatever the order of things, it ends as the table is. */
import fc from 'fast-check';

import { fitsFilter, streamFilter } from '../../src/console/deliveries/fits-filter.ts';
import { type Hold, LiveList, MOST_WAITING } from '../../src/console/deliveries/live-list.ts';

interface Row {
  id: string;
  version: number;
  status: string;
}

const STATES = ['PENDING', 'RETRY_SCHEDULED', 'SUCCEEDED', 'FAILED'];
const PAGE = 3;
/** With so many rows what comes waits, and the list is cut: the console's 2,000 in small. */
const TOO_LONG = 5;

/** A server in small: a table, its log, pages of it. Two changes of one row may be logged in the wrong order. */
class Table {
  readonly rows = new Map<string, Row>();
  readonly log: Row[] = [];
  readonly #filter: readonly string[];

  constructor(filter: readonly string[]) {
    this.#filter = filter;
  }

  create(number: number): void {
    const id = `dlv_${String(number).padStart(4, '0')}`;
    if (!this.rows.has(id)) this.#log([this.#write(id, 'PENDING', 1)]);
  }

  change(pick: number, state: string, inverted: boolean): void {
    const row = this.#pick(pick);
    if (!row) return;
    const first = this.#write(row.id, state, row.version + 1);
    if (!inverted) return this.#log([first]);
    this.#log([this.#write(row.id, STATES[(pick + 1) % STATES.length]!, row.version + 2), first]);
  }

  /** A claim: seen by pages, not logged. */
  claim(pick: number): void {
    const row = this.#pick(pick);
    if (row) this.#write(row.id, 'IN_FLIGHT', row.version);
  }

  matching(): Row[] {
    const rows = [...this.rows.values()].filter(({ status }) => this.#filter.includes(status));
    return rows.sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  page(after: string | null) {
    const behind = this.matching().filter(({ id }) => after === null || id < after);
    const rows = behind.slice(0, PAGE);
    return { rows, endCursor: rows.at(-1)?.id ?? null, hasMore: behind.length > PAGE };
  }

  #pick(pick: number): Row | undefined {
    return [...this.rows.values()][pick % Math.max(1, this.rows.size)];
  }

  #write(id: string, status: string, version: number): Row {
    const row = { id, version, status };
    this.rows.set(id, row);
    return row;
  }

  #log(rows: Row[]): void {
    this.log.push(...rows);
  }
}

type Step =
  | { do: 'create'; number: number }
  | { do: 'change'; pick: number; state: string; inverted: boolean }
  | { do: 'claim'; pick: number }
  | { do: 'push'; count: number }
  | { do: 'repeat'; count: number }
  | { do: 'ask'; what: 'extend' | 'renew' | 'replace' }
  | { do: 'answer' }
  | { do: 'hold'; hold: Hold };

const number = fc.integer({ min: 0, max: 40 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('create' as const), number }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('change' as const),
      pick: number,
      state: fc.constantFrom(...STATES),
      inverted: fc.boolean(),
    }),
  },
  fc.record({ do: fc.constant('claim' as const), pick: number }),
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 6 }) }),
  },
  fc.record({ do: fc.constant('repeat' as const), count: fc.integer({ min: 1, max: 9 }) }),
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      what: fc.constantFrom('extend' as const, 'extend' as const, 'renew' as const, 'replace' as const),
    }),
  },
  { weight: 4, arbitrary: fc.constant({ do: 'answer' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('hold' as const),
      hold: fc.constantFrom<Hold>('nothing', 'arrivals', 'everything'),
    }),
  },
);

/** A page that reads and follows a table as the console does: one read at a time, from the position of its first page. */
class Reader {
  readonly list: LiveList<Row>;
  readonly #table: Table;
  #position: number;
  #first: number;
  #hold: Hold = 'nothing';
  #asked: { what: 'extend' | 'renew' | 'replace'; page: ReturnType<Table['page']>; position: number } | null =
    null;

  constructor(table: Table, filter: readonly string[]) {
    this.#table = table;
    this.list = new LiveList((row) => filter.includes(row.status));
    this.#first = this.#position = table.log.length;
    this.list.replace(table.page(null));
  }

  /** Nothing is held, and nothing is on its way. */
  get free(): boolean {
    return this.#hold === 'nothing' && this.#asked === null;
  }

  run(step: Step): void {
    const table = this.#table;
    if (step.do === 'create') table.create(step.number);
    else if (step.do === 'change') table.change(step.pick, step.state, step.inverted);
    else if (step.do === 'claim') table.claim(step.pick);
    else if (step.do === 'push') this.#push(step.count);
    else if (step.do === 'repeat') {
      this.#position = Math.max(this.#first, this.#position - step.count);
      this.#push(step.count);
    } else if (step.do === 'ask') this.#ask(step.what);
    else if (step.do === 'answer') this.#answer();
    else this.#become(step.hold);
  }

  /** Nothing is held any more, and everything has come. */
  settle(): void {
    this.#answer();
    this.#become('nothing');
    this.#push(Infinity);
    this.#answer();
  }

  #push(count: number): void {
    const lines = this.#table.log.slice(this.#position, this.#position + count);
    this.#position += lines.length;
    const tooLong = this.#hold === 'nothing' && this.list.rows.length >= TOO_LONG;
    this.list.apply(lines, tooLong ? 'arrivals' : this.#hold);
    if (tooLong && lines.length > 0) this.#ask('renew');
  }

  #ask(what: 'extend' | 'renew' | 'replace'): void {
    if (this.#asked !== null && what !== 'replace') return;
    if (what === 'extend' && this.list.cursor === null) return;
    // Scrolled or paused, the console does not cut the list.
    if (what === 'renew' && this.#hold !== 'nothing') return;
    const position = this.#table.log.length;
    this.#asked = { what, position, page: this.#table.page(what === 'extend' ? this.list.cursor : null) };
  }

  #answer(): void {
    if (this.#asked === null) return;
    const { what, page, position } = this.#asked;
    this.#asked = null;
    const whole = this.list[what](page, this.#hold);
    if (what === 'replace') this.#first = this.#position = position;
    if (!whole) this.#ask('replace');
  }

  #become(hold: Hold): void {
    const shows = hold === 'nothing' && this.#hold !== 'nothing';
    this.#hold = hold;
    if (!shows || this.list.release()) return;
    this.#ask('replace');
    this.#answer();
  }
}

describe('a list of pages and a stream', () => {
  it.each([
    ['of everything', [...STATES, 'IN_FLIGHT']],
    ['with a filter by state', ['FAILED', 'RETRY_SCHEDULED']],
    ['with a filter by the state that is not logged', ['IN_FLIGHT', 'PENDING']],
  ])('ends as the table, %s: no row missing, none twice, each in its newest copy', (_name, filter) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new Table(filter);
        for (let number = 0; number < 40; number += 5) table.create(number);
        const reader = new Reader(table, filter);
        for (const each of steps) {
          reader.run(each);
          const ids = reader.list.rows.map(({ id }) => id);
          expect(ids).toEqual([...new Set(ids)].sort().reverse());
          if (reader.free) expect(reader.list.arrivals).toBe(0);
        }
        // A claim is not logged; what becomes of it is.
        [...table.rows.values()].forEach(({ status }, index) => {
          if (status === 'IN_FLIGHT') table.change(index, 'SUCCEEDED', false);
        });
        reader.settle();
        const edge = reader.list.cursor;
        const expected = table.matching().filter(({ id }) => edge === null || id >= edge);
        expect(reader.list.rows).toEqual(expected);
      }),
      { numRuns: 1_500 },
    );
  });

  it('counts what waits, shows it when it is let go, and moves nothing before', () => {
    const list = new LiveList<Row>(({ status }) => status !== 'CANCELLED');
    list.replace({ rows: [row('b', 1, 'PENDING')], endCursor: 'b', hasMore: true });
    list.apply([row('c', 1, 'PENDING'), row('b', 2, 'FAILED'), row('a', 2, 'FAILED')], 'everything');
    expect([list.arrivals, list.rows]).toEqual([1, [row('b', 1, 'PENDING')]]);
    list.apply([row('d', 1, 'PENDING'), row('d', 2, 'CANCELLED')], 'everything');
    expect(list.arrivals).toBe(1);
    expect(list.release()).toBe(true);
    expect(list.rows).toEqual([row('c', 1, 'PENDING'), row('b', 2, 'FAILED')]);

    list.apply([row('e', 1, 'PENDING'), row('b', 3, 'SUCCEEDED')], 'arrivals');
    expect([list.arrivals, list.rows]).toEqual([1, [row('c', 1, 'PENDING'), row('b', 3, 'SUCCEEDED')]]);
  });

  it.each(['renew', 'extend'] as const)(
    'shows with the page of %s what waited, unless it is to wait',
    (how) => {
      const page = { rows: [row('b', 1, 'PENDING')], endCursor: null, hasMore: false };
      const list = new LiveList<Row>(() => true);
      list.replace(page);
      list.apply([row('c', 1, 'PENDING')], 'arrivals');
      expect([list[how](page, 'arrivals'), list.arrivals, list.rows]).toEqual([true, 1, page.rows]);
      expect([list[how](page, 'nothing'), list.arrivals]).toEqual([true, 0]);
      expect(list.rows).toEqual([row('c', 1, 'PENDING'), ...page.rows]);
      list.lose();
      expect([list[how](page, 'everything'), list[how](page, 'nothing')]).toEqual([true, false]);
    },
  );

  it('takes a page of the same version for newer than what was pushed: a claim is seen by pages only', () => {
    const list = new LiveList<Row>(() => true);
    list.replace({ rows: [row('b', 1, 'PENDING')], endCursor: null, hasMore: false });
    list.renew({ rows: [row('b', 1, 'IN_FLIGHT')], endCursor: null, hasMore: false }, 'nothing');
    for (const hold of ['nothing', 'arrivals', 'everything'] as const) {
      list.apply([row('b', 1, 'PENDING')], hold);
      list.release();
      expect(list.rows).toEqual([row('b', 1, 'IN_FLIGHT')]);
    }
    list.apply([row('b', 2, 'SUCCEEDED')], 'nothing');
    expect(list.rows).toEqual([row('b', 2, 'SUCCEEDED')]);
  });

  it('keeps no more than a thousand changes waiting: with more it says that it must be read anew', () => {
    const list = new LiveList<Row>(() => true);
    list.replace({ rows: [], endCursor: null, hasMore: false });
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => row(`x${String(index).padStart(6, '0')}`, 1, 'PENDING'));
    list.apply(many(MOST_WAITING), 'everything');
    expect([list.arrivals, list.lost]).toEqual([MOST_WAITING, false]);
    list.apply(many(MOST_WAITING + 1), 'everything');
    expect([list.arrivals, list.lost, list.release(), list.rows]).toEqual([MOST_WAITING, true, false, []]);
    list.replace({ rows: [row('y', 1, 'FAILED')], endCursor: null, hasMore: false });
    expect([list.arrivals, list.lost, list.rows.length]).toEqual([0, false, 1]);
  });
});

describe('the filter of a stream', () => {
  it('leaves out what changes in the life of a delivery, and judges it by the copy that came', () => {
    expect(streamFilter({ status: ['FAILED'], statusCode: [500], webhookNumber: 3 })).toEqual({
      webhookNumber: 3,
    });
    const delivery = (status: string, outcome: string | null, statusCode: number | null) =>
      ({
        id: 'dlv_1',
        version: 1,
        status,
        latestAttempt: outcome && { outcome, response: statusCode && { statusCode } },
      }) as never;
    const fits = fitsFilter({ status: ['FAILED', 'RETRY_SCHEDULED'], statusCode: [500] });
    expect(fits(delivery('FAILED', 'REJECTED', 500), undefined)).toBe(true);
    expect(fits(delivery('SUCCEEDED', 'REJECTED', 500), undefined)).toBe(false);
    expect(fits(delivery('FAILED', 'REJECTED', 404), undefined)).toBe(false);
    expect(fits(delivery('FAILED', 'TIMED_OUT', null), undefined)).toBe(false);
    expect(fits(delivery('FAILED', null, null), undefined)).toBe(false);
    // As the server has it: a lost attempt leaves the answer before it standing.
    expect(fits(delivery('FAILED', 'LOST', null), { row: {} as never, fits: true })).toBe(true);
    expect(fits(delivery('FAILED', 'LOST', null), undefined)).toBe(false);
  });
});

function row(id: string, version: number, status: string): Row {
  return { id, version, status };
}
