/** The saved table as the address says (search, status, order), kept live by webhookChanges. */
import { useEffect, useRef, useState } from 'react';

import { type LiveStatus, useLive } from '../api/live.tsx';
import { type List, usePages } from '../api/use-pages.ts';
import {
  type WebhookOrderField,
  WebhooksTableChangesDocument,
  type WebhooksTableChangesSubscription,
  WebhooksTableDocument,
  type WebhooksTableQuery,
  type WebhookStatus,
} from '../gql/graphql.ts';
import type { Sort } from '../ui/data-table.tsx';
import { useAddress } from '../ui/use-address.ts';

type Change = WebhooksTableChangesSubscription['webhookChanges'];

/** A row of the saved table. */
export type SavedWebhook = NonNullable<WebhooksTableQuery['webhooks']>['nodes'][number];

const FIELDS: readonly string[] = ['NUMBER', 'LOGIN', 'FOR_LOGIN', 'TEAM', 'NAME', 'DESCRIPTION'];
const STATUSES: readonly WebhookStatus[] = ['ENABLED', 'DISABLED', 'INACTIVE', 'AUTO_DISABLED'];
/** The newest first. */
const DEFAULT_SORT: Sort = { field: 'NUMBER', direction: 'DESC' };
/** A table that is not scrolled is read anew in silence; a longer one would jump. */
const SHORT = 50;

interface SavedWebhooks {
  list: List<SavedWebhook>;
  live: LiveStatus;
  search: string;
  status: WebhookStatus | null;
  sort: Sort;
  filtered: boolean;
  /** Something came whose place in this order only the server knows. */
  outdated: boolean;
  isNew: (row: SavedWebhook) => boolean;
  setSearch: (search: string) => void;
  setStatus: (status: WebhookStatus | null) => void;
  setSort: (sort: Sort) => void;
  clear: () => void;
  refresh: () => void;
  /** Takes a row out at once, without waiting for the news of it. */
  remove: (id: string) => void;
}

export function useSavedWebhooks(): SavedWebhooks {
  const [params, change] = useAddress();
  const search = params.get('search') ?? '';
  const status = STATUSES.find((value) => value === params.get('status')) ?? null;
  const sort = readSort(params.get('sort'));
  const filtered = search !== '' || status !== null;
  const [outdated, setOutdated] = useState(false);
  const [fresh, setFresh] = useState<ReadonlySet<string>>(new Set());
  /** What was pushed since the first page began to be read: it may hold less than that. */
  const pushed = useRef<Change[]>([]);
  const list = usePages({
    document: WebhooksTableDocument,
    variables: {
      filter: { ...(search ? { search } : {}), ...(status ? { status: [status] } : {}) },
      orderBy: [{ field: sort.field as WebhookOrderField, direction: sort.direction }],
    },
    select: (data: WebhooksTableQuery) => data.webhooks,
    onFirstRead: () => (pushed.current = []),
    onFirstPage() {
      setOutdated(false);
      const missed = pushed.current;
      // Behind the page, whose rows are set when this returns.
      queueMicrotask(() => missed.forEach(apply));
    },
  });
  const newestFirst = isNewestFirst(sort) && !filtered;

  function apply(change: Change): void {
    const { id, kind, webhook } = change;
    if (kind === 'DELETED' || webhook === null) return remove(id);
    const present = list.rows.some((row) => row.id === id);
    if (kind === 'CREATED') setFresh((now) => new Set(now).add(id));
    if (!newestFirst) {
      // It may have moved in this order, or into the filter, or out of it.
      if (present)
        list.patch((rows) =>
          rows.map((row) => (row.id === id && row.version <= webhook.version ? webhook : row)),
        );
      return placeUnknown();
    }
    list.patch(
      (rows) =>
        rows.some((row) => row.id === id)
          ? rows.map((row) => (row.id === id && row.version <= webhook.version ? webhook : row))
          : kind === 'CREATED'
            ? [webhook, ...rows].sort((a, b) => b.number - a.number)
            : rows,
      kind === 'CREATED' && !present ? 1 : 0,
    );
  }

  function placeUnknown(): void {
    if (list.rows.length <= SHORT) list.reload();
    else setOutdated(true);
  }

  function remove(id: string): void {
    if (list.rows.some((row) => row.id === id)) list.patch((rows) => rows.filter((row) => row.id !== id), -1);
  }

  const live = useLive({
    document: WebhooksTableChangesDocument,
    variables: {},
    onData({ webhookChanges }) {
      pushed.current.push(webhookChanges);
      apply(webhookChanges);
    },
  });
  // It has no cursor: whatever came before the socket was connected is in a page that is read after that.
  const { reload } = list;
  const isLive = live === 'live';
  useEffect(() => {
    if (isLive) reload();
  }, [isLive, reload]);

  return {
    list,
    live,
    search,
    status,
    sort,
    filtered,
    outdated,
    isNew: (row) => fresh.has(row.id),
    setSearch: (value) => change({ search: value }),
    setStatus: (value) => change({ status: value }),
    setSort: ({ field, direction }) => change({ sort: `${field.toLowerCase()}.${direction.toLowerCase()}` }),
    clear: () => change({ search: null, status: null }),
    refresh: list.reload,
    remove,
  };
}

function readSort(text: string | null): Sort {
  const [field = '', direction] = (text ?? '').toUpperCase().split('.');
  return FIELDS.includes(field) ? { field, direction: direction === 'DESC' ? 'DESC' : 'ASC' } : DEFAULT_SORT;
}

function isNewestFirst({ field, direction }: Sort): boolean {
  return field === DEFAULT_SORT.field && direction === DEFAULT_SORT.direction;
}
