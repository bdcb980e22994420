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

/** A row of the saved table. */
export type SavedWebhook = NonNullable<WebhooksTableQuery['webhooks']>['nodes'][number];

const FIELDS: readonly string[] = ['NUMBER', 'LOGIN', 'FOR_LOGIN', 'TEAM', 'NAME', 'DESCRIPTION'];
const STATUSES: readonly WebhookStatus[] = ['ENABLED', 'DISABLED', 'INACTIVE'];
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
  const list = usePages({
    document: WebhooksTableDocument,
    variables: {
      filter: { ...(search ? { search } : {}), ...(status ? { status: [status] } : {}) },
      orderBy: [{ field: sort.field as WebhookOrderField, direction: sort.direction }],
    },
    select: (data: WebhooksTableQuery) => data.webhooks,
    onFirstPage: () => setOutdated(false),
  });

  function apply({ webhookChanges: change }: WebhooksTableChangesSubscription): void {
    const { id, kind, webhook } = change;
    const present = list.rows.some((row) => row.id === id);
    if (kind === 'DELETED' || webhook === null) return remove(id);
    if (present) {
      list.patch((rows) =>
        rows.map((row) => (row.id === id && row.version <= webhook.version ? webhook : row)),
      );
      // It may have moved in this order, or out of the filter.
      if (filtered || !isNewestFirst(sort)) placeUnknown();
      return;
    }
    if (kind !== 'CREATED') return;
    setFresh((now) => new Set(now).add(id));
    if (filtered || !isNewestFirst(sort)) return placeUnknown();
    list.patch(
      (rows) =>
        rows.some((row) => row.id === id) ? rows : [webhook, ...rows].sort((a, b) => b.number - a.number),
      1,
    );
  }

  function placeUnknown(): void {
    if (list.rows.length <= SHORT) list.reload();
    else setOutdated(true);
  }

  function remove(id: string): void {
    if (list.rows.some((row) => row.id === id)) list.patch((rows) => rows.filter((row) => row.id !== id), -1);
  }

  // It has no cursor: whoever was away reads the table again.
  const live = useLive({ document: WebhooksTableChangesDocument, variables: {}, onData: apply });
  const wasAway = useRef(false);
  const { reload } = list;
  useEffect(() => {
    if (live === 'reconnecting') wasAway.current = true;
    if (live !== 'live' || !wasAway.current) return;
    wasAway.current = false;
    reload();
  }, [live, reload]);

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
