/** The catalog with its examples, shared by the parts of the guide: urql reads it once. */
import { useMemo } from 'react';
import { type CombinedError, useQuery } from 'urql';

import { hostFirst } from '../catalog/built-in.tsx';
import { GuideCatalogDocument, type GuideCatalogQuery } from '../gql/graphql.ts';

/** resources is null while they are read; those of the host application come first. */
export function useGuideCatalog(): {
  resources: NonNullable<GuideCatalogQuery['catalog']> | null;
  error: CombinedError | undefined;
  reload: () => void;
} {
  const [{ data, error }, read] = useQuery({ query: GuideCatalogDocument });
  const found = data?.catalog;
  const resources = useMemo(() => (found ? hostFirst(found) : null), [found]);
  return {
    resources,
    error: resources === null ? error : undefined,
    reload: () => read({ requestPolicy: 'network-only' }),
  };
}
