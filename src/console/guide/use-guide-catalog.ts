/** The catalog with its examples, shared by the parts of the guide: urql reads it once. */
import { type CombinedError, useQuery } from 'urql';

import { GuideCatalogDocument, type GuideCatalogQuery } from '../gql/graphql.ts';

/** resources is null while they are read. */
export function useGuideCatalog(): {
  resources: NonNullable<GuideCatalogQuery['catalog']> | null;
  error: CombinedError | undefined;
  reload: () => void;
} {
  const [{ data, error }, read] = useQuery({ query: GuideCatalogDocument });
  const resources = data?.catalog ?? null;
  return {
    resources,
    error: resources === null ? error : undefined,
    reload: () => read({ requestPolicy: 'network-only' }),
  };
}
