/**
 * A list that is read page by page and changed by a stream at the same time, as plain data. Come in: pages, and
 * copies of rows, in any order, late, twice. Goes out: the rows as the server has them, newest first. Of two
 * copies the one with the higher version wins, so nothing is shown twice, and nothing that was pushed is missing.
 * Knows neither React nor GraphQL.
 */

/** What a row needs: ids are in time order as plain text, and the list is in theirs, the newest first. */
export interface LiveRow {
  id: string;
  version: number;
}

/** One page as it was read. */
export interface LivePage<Row> {
  rows: readonly Row[];
  endCursor: string | null;
  hasMore: boolean;
}

/** A copy of a row, and whether it fits what the list is to show. */
export interface Judged<Row> {
  row: Row;
  fits: boolean;
}

/** Whether a pushed copy fits, by itself or by what was known of the row before. */
export type Judge<Row> = (row: Row, before: Judged<Row> | undefined) => boolean;

/**
 * What must not move now: nothing (the list is at its top), no row's place (it is scrolled: what is new waits),
 * or nothing at all (it is paused: every change waits).
 */
export type Hold = 'nothing' | 'arrivals' | 'everything';

/** How many changes wait at most; with more the list is read anew instead. */
export const MOST_WAITING = 1_000;
/** How many copies of rows outside the list are remembered, for pages that are on their way. */
const MOST_ASIDE = 5_000;

type Item<Row> = Judged<Row> & { fromPage?: boolean };

export class LiveList<Row extends LiveRow> {
  readonly #judge: Judge<Row>;
  #rows: readonly Row[] = [];
  /** The last row of the last page: what is older is not loaded. Null: the rows reach to the end. */
  #edge: string | null = null;
  #cursor: string | null = null;
  /** The newest copies of rows that are not in the list: outside of it, or unfit. The oldest come first. */
  readonly #aside = new Map<string, Judged<Row>>();
  readonly #waiting = new Map<string, Judged<Row>>();
  #lost = false;

  constructor(judge: Judge<Row>) {
    this.#judge = judge;
  }

  /** Newest first; another array after each change. */
  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** Where the next page begins; null when there is none. */
  get cursor(): string | null {
    return this.#cursor;
  }

  get hasMore(): boolean {
    return this.#edge !== null;
  }

  /** How many rows wait to be shown; MOST_WAITING when it is that many or more. */
  get arrivals(): number {
    if (this.#lost) return MOST_WAITING;
    let count = 0;
    for (const [id, { fits }] of this.#waiting) if (fits && this.#find(id) === undefined) count += 1;
    return count;
  }

  /** Whether changes were let go, so that only reading the list anew brings them. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Says that changes cannot be had from the stream any more. */
  lose(): void {
    this.#lost = true;
    this.#waiting.clear();
  }

  /** Begins anew with a first page; the stream must go on from the page's own position. True: nothing is left to read. */
  replace(page: LivePage<Row>): true {
    this.#aside.clear();
    this.#waiting.clear();
    this.#lost = false;
    this.#rows = page.rows;
    this.#endAt(page);
    return true;
  }

  /**
   * Lays a first page under what came by the stream since, and forgets the rows behind it; the stream goes on.
   * What waited is shown when nothing is held: a list that was too long makes it wait by itself. False when the
   * list must be read anew for that.
   */
  renew(page: LivePage<Row>, hold: Hold): boolean {
    this.#endAt(page);
    const edge = this.#edge;
    if (edge !== null) this.#rows = this.#rows.filter(({ id }) => id >= edge);
    this.#putPage(page);
    return hold !== 'nothing' || this.release();
  }

  /** Adds the page behind the last one. What waited, and what comes out: as of renew. */
  extend(page: LivePage<Row>, hold: Hold): boolean {
    this.#endAt(page);
    this.#putPage(page);
    return hold !== 'nothing' || this.release();
  }

  /** Takes copies from the stream, in its order. Whether the rows, or the number of those that wait, changed. */
  apply(copies: readonly Row[], hold: Hold): boolean {
    const rows = this.#rows;
    const waiting = this.#waiting.size;
    if (hold === 'nothing') {
      this.#put(copies.map((row) => this.#judged(row)));
      return rows !== this.#rows;
    }
    for (const row of copies) this.#keep(row, hold);
    if (this.#waiting.size > MOST_WAITING) this.lose();
    return rows !== this.#rows || waiting !== this.#waiting.size;
  }

  /** Shows what waited. False when the list must be read anew for it. */
  release(): boolean {
    if (this.#lost) return false;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    this.#put(waiting);
    return true;
  }

  #endAt({ rows, endCursor, hasMore }: LivePage<Row>): void {
    const more = hasMore && rows.length > 0;
    this.#edge = more ? rows.at(-1)!.id : null;
    this.#cursor = more ? endCursor : null;
  }

  #putPage({ rows }: LivePage<Row>): void {
    // What the server filtered, fits; what was pushed while the page was on its way may be newer, or missing in it.
    const items: Item<Row>[] = rows.map((row) => ({ row, fits: true, fromPage: true }));
    const pushed = [...this.#aside.values()].filter(({ row, fits }) => fits && this.#inside(row.id));
    this.#put([...items, ...pushed]);
  }

  #judged(row: Row): Judged<Row> {
    return { row, fits: this.#judge(row, this.#known(row.id)) };
  }

  #known(id: string): Judged<Row> | undefined {
    const waiting = this.#waiting.get(id);
    if (waiting) return waiting;
    const row = this.#find(id);
    return row === undefined ? this.#aside.get(id) : { row, fits: true };
  }

  #inside(id: string): boolean {
    return this.#edge === null || id >= this.#edge;
  }

  /** One copy while the list must not move. */
  #keep(row: Row, hold: Exclude<Hold, 'nothing'>): void {
    const known = this.#known(row.id);
    if (known && row.version <= known.row.version) return;
    const judged = this.#judged(row);
    const listed = this.#find(row.id) !== undefined;
    if (listed && hold === 'arrivals') this.#put([judged]);
    else if (listed || (judged.fits && this.#inside(row.id))) {
      if (this.#lost) return;
      this.#waiting.set(row.id, judged);
      this.#aside.delete(row.id);
    } else {
      this.#waiting.delete(row.id);
      this.#setAside(judged);
    }
  }

  /** Lays items over the rows, in their order; one pass over the rows, however many there are. */
  #put(items: readonly Item<Row>[]): void {
    const changes = new Map<string, Row | null>();
    for (const item of items) {
      const { id, version } = item.row;
      const changed = changes.get(id);
      const listed = changed === undefined ? this.#find(id) : (changed ?? undefined);
      const aside = listed === undefined ? this.#aside.get(id) : undefined;
      const known = listed?.version ?? aside?.row.version;
      // A page of the same version may say more: that a delivery is being sent is not a version of its own.
      let newest: Judged<Row> = item;
      if (known !== undefined && (item.fromPage ? version < known : version <= known)) {
        if (listed !== undefined || !aside) continue;
        newest = aside;
      }
      if (newest.fits && (listed !== undefined || this.#inside(id))) {
        changes.set(id, newest.row);
        this.#aside.delete(id);
      } else {
        if (listed !== undefined) changes.set(id, null);
        this.#setAside(newest);
      }
    }
    if (changes.size > 0) this.#rows = merged(this.#rows, changes);
  }

  #setAside(judged: Judged<Row>): void {
    const { id } = judged.row;
    this.#aside.delete(id);
    this.#aside.set(id, judged);
    if (this.#aside.size > MOST_ASIDE) this.#aside.delete(this.#aside.keys().next().value!);
  }

  #find(id: string): Row | undefined {
    const row = this.#rows[placeOf(this.#rows, id)];
    return row?.id === id ? row : undefined;
  }
}

/** Where a row with that id is, or would be. */
function placeOf(rows: readonly LiveRow[], id: string): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (rows[middle]!.id > id) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The rows with some changed (another copy), gone (null) or new; in order. */
function merged<Row extends LiveRow>(
  rows: readonly Row[],
  changes: ReadonlyMap<string, Row | null>,
): readonly Row[] {
  const left = new Map(changes);
  const result: Row[] = [];
  for (const row of rows) {
    const change = left.get(row.id);
    left.delete(row.id);
    if (change !== null) result.push(change ?? row);
  }
  const added = [...left.values()].filter((row) => row !== null);
  if (added.length === 0) return result;
  return [...result, ...added].sort((a, b) => (a.id < b.id ? 1 : a.id > b.id ? -1 : 0));
}
