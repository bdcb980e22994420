/**
 * The first tabs of a newcomer: each operation of schema/operations, in the order in which one tries them,
 * with the example variables that lie beside it as <name>.variables.json.
 */
import type { GraphiQLProps } from 'graphiql';

type Tab = NonNullable<GraphiQLProps['defaultTabs']>[number];

const FIRST = [
  'viewer',
  'catalog',
  'resource-register',
  'webhook-create',
  'webhooks',
  'watch-deliveries',
  'events-publish',
  'deliveries',
  'delivery',
  'delivery-retry',
  'replay-preview',
  'replay-start',
  'replay-progress',
  'test-event-send',
  'webhook-draft-create',
  'webhook-draft-set-details',
  'webhook-draft-set-endpoints',
  'webhook-draft-set-triggers',
  'webhook-draft-save',
  'webhook-drafts',
];

const operations = import.meta.glob<string>('../../../schema/operations/*.graphql', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const variables = import.meta.glob<string>('../../../schema/operations/*.variables.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** All operations as tabs; those that are not in the order above come last, by name. */
export function defaultTabs(): Tab[] {
  return Object.keys(operations)
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((path) => ({
      query: operations[path] ?? '',
      variables: variables[path.replace(/\.graphql$/, '.variables.json')] ?? '',
    }));
}

function rank(path: string): number {
  const index = FIRST.indexOf(path.replace(/^.*\/|\.graphql$/g, ''));
  return index === -1 ? FIRST.length : index;
}
