/** node and nodes: any object by its id, as far as the caller may see it. */
import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';

import { auditVisible, eventVisible, replayVisible, webhookVisible } from '../../access/policy.ts';
import { type IdKind, kindOfId } from '../../ids.ts';
import { edgeError } from '../answers.ts';
import type { Context } from '../context.ts';
import { toAttemptType, toDeliveryType, toEventType, toReplayType } from '../history-mapping.ts';
import {
  toAccessTokenType,
  toAuditEntryType,
  toDraftType,
  toEndpointType,
  toLoginType,
  toResourceType,
  toSecretType,
  toTeamType,
  toTriggerType,
  toWebhookType,
} from '../mapping.ts';
import { NodeType } from '../types/node.type.ts';

/** The most ids of one nodes query. */
const MAX_NODES = 100;

type Finder = (context: Context, id: string) => Promise<NodeType | null>;

/** One way of finding for each kind of id; what it does not find, or the caller may not see, is null. */
const FINDERS: Record<IdKind, Finder> = {
  login: async ({ loaders }, id) => shown(await loaders.visibleLogin.load(id), toLoginType),
  team: async ({ rooms, viewer }, id) => shown(await rooms.access.visibleTeam(viewer, id), toTeamType),
  accessToken: async ({ rooms, viewer }, id) =>
    shown(await rooms.access.visibleToken(viewer, id), toAccessTokenType),
  resource: async ({ rooms }, id) => shown(await rooms.catalog.byId(id), toResourceType),
  webhook: async ({ loaders }, id) => shown(await loaders.webhook.load(id), toWebhookType),
  draft: async ({ rooms, viewer }, id) => shown(await rooms.drafts.byId(viewer, id), toDraftType),
  endpoint: async ({ loaders }, id) => shown(await loaders.endpoint.load(id), toEndpointType),
  trigger: async ({ rooms, viewer }, id) =>
    shown((await rooms.webhooks.triggersByIds(viewer, [id])).get(id), toTriggerType),
  secret: async ({ rooms, viewer }, id) =>
    shown((await rooms.webhooks.secretsByIds(viewer, [id])).get(id), toSecretType),
  event: async ({ rooms, viewer }, id) =>
    shown(await rooms.history.event(eventVisible(viewer), id), toEventType),
  delivery: async ({ rooms, viewer }, id) =>
    shown(await rooms.history.delivery(webhookVisible(viewer), id), toDeliveryType),
  attempt: async ({ rooms, viewer }, id) =>
    shown(await rooms.history.attempt(webhookVisible(viewer), id), toAttemptType),
  audit: async ({ rooms, viewer }, id) =>
    shown(await rooms.audit.entry(auditVisible(viewer, 'some'), id), toAuditEntryType),
  replay: async ({ rooms, viewer }, id) =>
    shown(await rooms.replays.byId(replayVisible(viewer), id), toReplayType),
  // Not of the API: a browser's session is known by its cookie alone.
  session: () => Promise.resolve(null),
  mailbox: () => Promise.resolve(null),
  mail: () => Promise.resolve(null),
  signInLink: () => Promise.resolve(null),
  identity: () => Promise.resolve(null),
  webhooksLink: () => Promise.resolve(null),
};

function shown<T, N extends NodeType>(value: T | null | undefined, map: (value: T) => N): N | null {
  return value == null ? null : map(value);
}

/** The object with this id, whatever it is; null for what does not exist or the caller may not see. */
export async function findNode(context: Context, id: string): Promise<NodeType | null> {
  const kind = kindOfId(id);
  return kind === undefined ? null : await FINDERS[kind](context, id);
}

/** Refetching. */
@Resolver()
export class NodeResolver {
  @Query(() => NodeType, {
    nullable: true,
    description: 'Refetches any object that the caller may see; null for all others.',
  })
  node(
    @Ctx() context: Context,
    @Arg('id', () => ID, { description: 'The id of an object of any type.' }) id: string,
  ): Promise<NodeType | null> {
    return findNode(context, id);
  }

  @Query(() => [NodeType], {
    nullable: 'items',
    description: 'Refetches up to 100 objects, in the order of the ids, null where the caller sees none.',
  })
  nodes(
    @Ctx() context: Context,
    @Arg('ids', () => [ID], { description: 'The ids of objects of any types, 100 at most.' }) ids: string[],
  ): Promise<(NodeType | null)[]> {
    if (ids.length > MAX_NODES)
      throw edgeError('BAD_USER_INPUT', `nodes takes at most ${MAX_NODES} ids, these are ${ids.length}.`);
    return Promise.all(ids.map((id) => findNode(context, id)));
  }
}
