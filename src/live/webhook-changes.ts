/**
 * Changes to the saved table, for pages that are open. Comes in: what a reader may see now and by which
 * ids it could see a webhook before. Goes out: each webhook that came, changed or went for that reader;
 * many changes of one webhook may come as one. There is no cursor: a client that comes back reads the
 * table again. What changed between that and the moment when its subscription is taken up is told, too:
 * a subscription begins where its socket was connected, but no further back than some seconds.
 */
import type pg from 'pg';

import { CHANGES_CHANNEL } from '../audit/webhook-changes.ts';
import { collect } from '../db/fragment.ts';
import type { Hints } from '../db/hints.ts';
import type { SqlFragment } from '../db/sql.ts';
import type { Logger } from '../log.ts';
import { BEGINNING, type Position } from './cursor.ts';
import { Followers } from './followers.ts';
import { later } from './read-log.ts';

/** How often to look again while committed changes wait for an older transaction to end, ms. */
const HELD_POLL_MS = 20;
/** How far back a subscription begins at most, s: so late it may be taken up behind a table that was just read. */
const OVERLAP_S = 10;
/** How many rows one statement looks at. */
const WINDOW = 500;

/** What happened to a webhook in the eyes of one reader. */
export interface WebhookChange {
  kind: 'CREATED' | 'UPDATED' | 'DELETED';
  webhookId: string;
}

/** What a reader may see: visible is over the alias w, scopeIds are the accounts and teams that it sees by. */
export interface ChangeRights {
  visible: SqlFragment;
  scopeIds: string[];
}

/** Lets subscriptions follow the table webhook_changes. */
export class WebhookChanges {
  readonly #pool: pg.Pool;
  readonly #pollMs: number;
  readonly #followers: Followers;

  constructor(options: { pool: pg.Pool; hints: Hints; pollMs: number; logger: Logger }) {
    this.#pool = options.pool;
    this.#pollMs = options.pollMs;
    this.#followers = new Followers({ ...options, channel: CHANGES_CHANNEL });
  }

  /** Ends all followers; resolves when none of them reads any more. */
  stop(): Promise<void> {
    return this.#followers.stop();
  }

  /** Behind all changes that can be read now. */
  position(): Promise<Position> {
    return newestPosition(this.#pool);
  }

  /**
   * Changes behind a position, some at a time, until the signal aborts; renew is asked before each read,
   * undefined ends the stream.
   */
  async *follow(
    since: Position,
    renew: () => Promise<ChangeRights | undefined>,
    signal: AbortSignal,
  ): AsyncGenerator<WebhookChange[], void, undefined> {
    const start = await this.#followers.read(signal, () => recentPosition(this.#pool, since));
    if (start === undefined) return;
    let position = start;
    while (!this.#followers.ended(signal)) {
      const seen = this.#followers.wakeups.count;
      const read = await this.#followers.read(signal, async () => {
        const rights = await renew();
        return rights && readChanges(this.#pool, position, rights);
      });
      if (read === undefined) return;
      position = read.position;
      if (read.changes.length > 0) yield read.changes;
      if (!read.more)
        await this.#followers.wakeups.wait(seen, read.held ? HELD_POLL_MS : this.#pollMs, signal);
    }
  }
}

/** The position behind all changes that can be read now. */
async function newestPosition(pool: pg.Pool): Promise<Position> {
  const { rows } = await pool.query<{ xid: string; seq: string }>(
    `with horizon as materialized (
       select pg_snapshot_xmin(pg_current_snapshot()) as xmin
     )
     select xid::text, seq::text from webhook_changes where xid < (select xmin from horizon)
     order by webhook_changes.xid desc, webhook_changes.seq desc limit 1`,
  );
  return rows[0] ? { xid: BigInt(rows[0].xid), seq: BigInt(rows[0].seq) } : BEGINNING;
}

/** The given position, or a later one behind which all changes of the last seconds lie. */
async function recentPosition(pool: pg.Pool, since: Position): Promise<Position> {
  const { rows } = await pool.query<{ xid: string; seq: string }>(
    `select xid::text, seq::text from webhook_changes
     where at < clock_timestamp() - interval '${OVERLAP_S} seconds' order by xid desc, seq desc limit 1`,
  );
  const old = rows[0] && { xid: BigInt(rows[0].xid), seq: BigInt(rows[0].seq) };
  return old ? later(old, since) : since;
}

interface ChangesRead {
  changes: WebhookChange[];
  position: Position;
  more: boolean;
  /** Committed rows exist that must wait for an older transaction to end (see read-log.ts). */
  held: boolean;
}

/** The changes behind a position, one for each webhook, in the order of their last change. */
async function readChanges(pool: pg.Pool, after: Position, rights: ChangeRights): Promise<ChangesRead> {
  const { text, values } = collect((add) => {
    const [xid, seq] = [add(after.xid.toString()), add(after.seq.toString())];
    return `
      with horizon as materialized (
        select pg_snapshot_xmin(pg_current_snapshot()) as xmin
      ),
      scanned as materialized (
        select c.*, row_number() over (order by c.xid, c.seq) as place
        from webhook_changes c
        where (c.xid, c.seq) > (${xid}::xid8, ${seq}::bigint) and c.xid < (select xmin from horizon)
        order by c.xid, c.seq
        limit ${WINDOW}
      ),
      changed as (
        select webhook_id, max(place) as place,
               (array_agg(seen_by && ${add(rights.scopeIds)}::text[] order by place))[1] as seen
        from scanned group by webhook_id
      ),
      judged as (
        select c.webhook_id, c.place, c.seen,
               w.deleted_at is null and (${rights.visible(add)}) as visible
        from changed c join webhooks w on w.id = c.webhook_id
      )
      select coalesce((select max(xid) from webhook_changes) >= h.xmin, false) as held,
             (select count(*)::int from scanned) as scanned,
             (select xid::text from scanned order by place desc limit 1) as last_xid,
             (select seq::text from scanned order by place desc limit 1) as last_seq,
             j.webhook_id, j.seen, j.visible
      from horizon h left join judged j on j.seen or j.visible
      order by j.place`;
  });
  const { rows } = await pool.query<{
    held: boolean;
    scanned: number;
    last_xid: string | null;
    last_seq: string | null;
    webhook_id: string | null;
    seen: boolean;
    visible: boolean;
  }>(text, values);
  const head = rows[0]!;
  const more = head.scanned === WINDOW;
  return {
    changes: rows.flatMap(({ webhook_id, seen, visible }) =>
      webhook_id === null
        ? []
        : [{ webhookId: webhook_id, kind: !visible ? 'DELETED' : seen ? 'UPDATED' : 'CREATED' }],
    ),
    // That of a row, never of the horizon: see currentPosition in read-log.ts.
    position: head.last_xid === null ? after : { xid: BigInt(head.last_xid), seq: BigInt(head.last_seq!) },
    more,
    held: head.held,
  };
}
