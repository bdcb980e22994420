/** What a list of events asks for. */
import type { SqlFragment } from '../db/sql.ts';

/** A span of time, half-open: [from, to). */
export interface Span {
  from?: Date | null | undefined;
  to?: Date | null | undefined;
}

/** Which events are wanted. */
export interface EventSearch {
  /** What is read, over the alias e. */
  columns: string;
  /** Which events fit, over the alias e. */
  where: SqlFragment;
  /** Only of this entity, of this login, of these resources and names, of what happened in this span: what an index knows of `where`. */
  entityId?: string | null | undefined;
  loginId?: string | null | undefined;
  resources?: readonly string[] | null | undefined;
  names?: readonly string[] | null | undefined;
  occurredAt?: Span | null | undefined;
  /** The logins that can have caused events that fit, at most so many; null when there are more, or nobody knows. */
  loginsOf: (most: number) => Promise<string[] | null>;
  /** Accounts, logins and teams in or below which all that fits was caused; null when that may be anybody. */
  within?: () => Promise<readonly string[] | null>;
  /** The webhooks of which each event that fits has fired one; null when there are too many, or nobody knows. */
  webhooksOf?: () => Promise<string[] | null>;
  /** The position behind which it is read. */
  after: string | null;
  /** No older ones than this id. */
  floor?: string | null | undefined;
  descending: boolean;
  limit: number;
}
