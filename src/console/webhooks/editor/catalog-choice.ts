/** What the drop-downs of a trigger offer, and why a choice would stay inactive. */
import { useMemo } from 'react';
import { useQuery } from 'urql';

import { hostFirst } from '../../catalog/built-in.tsx';
import {
  type TriggerInactiveReason,
  WizardCatalogDocument,
  type WizardCatalogQuery,
} from '../../gql/graphql.ts';

/** The resources of the catalog with their events, those of the host application first. */
export type Catalog = NonNullable<WizardCatalogQuery['catalog']>;

/** Why a trigger never fires, as a sentence for people. */
export const INACTIVE_REASONS: Record<TriggerInactiveReason, string> = {
  RESOURCE_NOT_ALLOWED: 'Webhooks may not listen to this resource: the trigger is saved and stays inactive.',
  EVENT_NOT_SUPPORTED: 'The host does not send this event: the trigger is saved and stays inactive.',
  RESOURCE_UNKNOWN: 'The catalog has no such resource: the trigger is saved and stays inactive.',
  EVENT_UNKNOWN: 'The resource has no such event: the trigger is saved and stays inactive.',
};

/** The catalog; null while it is loaded, or when it cannot be. */
export function useCatalog(): { catalog: Catalog | null; failed: boolean; retry: () => void } {
  const [{ data, error }, read] = useQuery({ query: WizardCatalogDocument });
  const found = data?.catalog;
  const catalog = useMemo(() => (found ? hostFirst(found) : null), [found]);
  return {
    catalog,
    failed: error !== undefined && catalog === null,
    retry: () => read({ requestPolicy: 'network-only' }),
  };
}

/** Why a choice cannot fire by the catalog as it is; null when it can, or nothing is chosen. */
export function inactiveReason(
  catalog: Catalog,
  resource: string | null,
  event: string | null,
): TriggerInactiveReason | null {
  if (resource === null) return null;
  const found = catalog.find(({ name }) => name === resource);
  if (found === undefined) return 'RESOURCE_UNKNOWN';
  if (!found.allowed) return 'RESOURCE_NOT_ALLOWED';
  if (event === null) return null;
  const chosen = found.events.find(({ name }) => name === event);
  if (chosen === undefined) return 'EVENT_UNKNOWN';
  return chosen.supported ? null : 'EVENT_NOT_SUPPORTED';
}
