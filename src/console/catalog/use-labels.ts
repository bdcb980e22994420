/** What people call the resources of the catalog and their events. */
import { useCallback } from 'react';
import { useQuery } from 'urql';

import { CatalogLabelsDocument, type CatalogLabelsQuery } from '../gql/graphql.ts';

type Resource = NonNullable<CatalogLabelsQuery['catalog']>[number];

/** The catalog in short; names stand for labels while it is not there, and for what it does not hold any more. */
export function useLabels(): {
  resources: readonly Resource[];
  /** "Client · Created" */
  eventLabel: (resource: string, event: string) => string;
} {
  const [{ data }] = useQuery({ query: CatalogLabelsDocument, requestPolicy: 'cache-first' });
  const resources = data?.catalog;
  const eventLabel = useCallback(
    (resource: string, event: string): string => {
      const known = resources?.find(({ name }) => name === resource);
      const label = known?.events.find(({ name }) => name === event)?.label;
      return `${known?.label ?? resource} · ${label ?? event}`;
    },
    [resources],
  );
  return { resources: resources ?? [], eventLabel };
}
