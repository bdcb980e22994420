/** What node(id:) can refetch, and which type an id belongs to. */
import { Field, ID, InterfaceType } from 'type-graphql';

import { type IdKind, kindOfId } from '../../ids.ts';

/** A field that is filled by its resolver; the alias keeps circular classes out of decorator metadata. */
export type Resolved<T> = T;

const TYPE_BY_KIND: Partial<Record<IdKind, string>> = {
  login: 'Login',
  team: 'Team',
  accessToken: 'AccessToken',
  resource: 'CatalogResource',
  webhook: 'Webhook',
  draft: 'WebhookDraft',
  endpoint: 'Endpoint',
  trigger: 'Trigger',
  secret: 'EndpointSecret',
  event: 'Event',
  delivery: 'Delivery',
  attempt: 'Attempt',
  audit: 'AuditEntry',
  replay: 'Replay',
};

/** The interface Node; an object's type follows from the prefix of its id. */
@InterfaceType('Node', {
  description:
    'Anything that node(id:) can refetch. Ids are opaque, carry their type as a prefix (whk_, ep_, trg_, evt_, dlv_, …) and sort by time of creation.',
  resolveType: (value: { id: string }) => TYPE_BY_KIND[kindOfId(value.id)!],
})
export abstract class NodeType {
  @Field(() => ID, { description: 'The id, unique among all objects of this server; it never changes.' })
  id: string;
}
