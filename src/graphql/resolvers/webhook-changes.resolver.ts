/** The subscription of pages that show the saved table. */
import { Ctx, FieldResolver, Resolver, Root, Subscription } from 'type-graphql';

import { mayReadWebhooks, webhookScopes, webhookVisible } from '../../access/policy.ts';
import type { WebhookChange } from '../../live/webhook-changes.ts';
import { edgeError } from '../answers.ts';
import type { Context } from '../context.ts';
import { toWebhookType } from '../mapping.ts';
import { WebhookType } from '../types/webhook.type.ts';
import { WebhookChangeType } from '../types/webhook-change.type.ts';

/** The changes of one subscription; rights and loaders are renewed before each read. */
async function* follow(context: Context): AsyncGenerator<WebhookChange> {
  if (!mayReadWebhooks(context.viewer))
    throw edgeError('FORBIDDEN', 'This needs the permission WEBHOOKS_MANAGE, or membership of a team.');
  const renew = async () => {
    if (!(await context.renew())) return undefined;
    return { visible: webhookVisible(context.viewer), scopeIds: webhookScopes(context.viewer) };
  };
  for await (const changes of context.rooms.changes.follow(context.since!, renew, context.signal)) {
    // One statement for all of them, before each is pushed by itself.
    await context.loaders.webhook.loadMany(changes.map((change) => change.webhookId));
    yield* changes;
  }
}

/** The subscription, and the webhook of a change. */
@Resolver(() => WebhookChangeType)
export class WebhookChangesResolver {
  @Subscription(() => WebhookChangeType, {
    subscribe: ({ context }) => follow(context as Context),
    description:
      'Changes to the saved table, as far as the caller may see it, from the moment on when the socket was connected: read the table after that. It has no cursor: whoever comes back reads the table again, and so does who was given a permission.',
  })
  webhookChanges(@Root() { kind, webhookId }: WebhookChange): WebhookChangeType {
    return { kind, id: webhookId };
  }

  @FieldResolver()
  async webhook(@Ctx() { loaders }: Context, @Root() { id }: WebhookChangeType): Promise<WebhookType | null> {
    const webhook = await loaders.webhook.load(id);
    return webhook && toWebhookType(webhook);
  }
}
