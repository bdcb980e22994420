/** Samples out of the catalog: what a notification of an event will look like. */
import type { CatalogResource } from '../catalog/catalog.ts';
import type { Sample } from './item.ts';

/** At most limit samples of events that webhooks can listen to; null leaves resource or event open. */
export function pickSamples(
  resources: readonly CatalogResource[],
  { resource, event }: { resource: string | null; event: string | null },
  limit: number,
): Sample[] {
  return resources
    .filter(({ allowed, name }) => allowed && (resource === null || name === resource))
    .flatMap(({ name, events }) =>
      events
        .filter((one) => one.supported && (event === null || one.name === event))
        .map((one) => ({ resource: name, event: one.name, payload: one.examplePayload })),
    )
    .slice(0, limit);
}
