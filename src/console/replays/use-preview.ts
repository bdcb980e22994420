/** What a replay would send, counted by the server a moment after the wish has changed. */
import { useEffect, useState } from 'react';
import { useClient } from 'urql';

import { describeError } from '../api/problems.ts';
import {
  type DeliveryFilterInput,
  ReplayDialogCountDocument,
  type ReplayDialogCountQuery,
  type ReplayInput,
} from '../gql/graphql.ts';

/** So long nothing more must have been chosen, ms. */
const SETTLED_MS = 250;

type Counted = NonNullable<ReplayDialogCountQuery['replayPreview']>;

/** The counts; null while they are not known, a problem where there are none. */
export interface Preview {
  /** What would be sent. */
  sent: Counted | null;
  /** What the filter matches, with what is left out. */
  matching: Counted | null;
  problem: string | null;
}

const UNKNOWN: Preview = { sent: null, matching: null, problem: null };

/** Of nothing (null) nothing is counted. */
export function usePreview(input: ReplayInput | null): Preview {
  const client = useClient();
  // The rate makes no difference to what is sent.
  const key = input && JSON.stringify({ filter: input.filter, missingFor: input.missingFor });
  const [held, setHeld] = useState<{ key: string; preview: Preview } | null>(null);
  useEffect(() => {
    if (key === null) return;
    let wanted = true;
    const timer = setTimeout(() => {
      const asked = JSON.parse(key) as { filter: DeliveryFilterInput; missingFor?: string };
      void client
        .query(
          ReplayDialogCountDocument,
          { input: asked, filter: asked.filter },
          { requestPolicy: 'network-only' },
        )
        .toPromise()
        .then(({ data, error }) => {
          if (!wanted) return;
          const sent = data?.replayPreview ?? null;
          const problem = sent ? null : describeError(error ?? null);
          setHeld({ key, preview: { sent, matching: data?.deliveries?.count ?? null, problem } });
        });
    }, SETTLED_MS);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [client, key]);
  return held !== null && held.key === key ? held.preview : UNKNOWN;
}
