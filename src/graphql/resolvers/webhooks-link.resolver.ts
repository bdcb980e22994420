/** The Create Webhooks link: reading, making and ending it. */
import { Ctx, Mutation, Query, Resolver } from 'type-graphql';

import type { WebhooksLink } from '../../feed/links.ts';
import { valueOf } from '../answers.ts';
import type { Context } from '../context.ts';
import { DeletePayloadType } from '../types/payload.type.ts';
import { WebhooksLinkPayloadType, WebhooksLinkType } from '../types/webhooks-link.type.ts';

/** What is asked and done about the caller's link. */
@Resolver(() => WebhooksLinkType)
export class WebhooksLinkResolver {
  @Query(() => WebhooksLinkType, {
    nullable: true,
    description:
      "The caller's Create Webhooks link; null while there is none. For those who may read webhooks; a token with fewer permissions than the link is refused.",
  })
  async webhooksLink(@Ctx() { rooms, viewer }: Context): Promise<WebhooksLinkType | null> {
    const link = valueOf(await rooms.links.find(viewer));
    return link && toType(link, rooms.address());
  }

  @Mutation(() => WebhooksLinkPayloadType, {
    nullable: true,
    description: "Makes, or makes anew, the caller's Create Webhooks link; the old address stops working.",
  })
  async webhooksLinkRotate(@Ctx() { rooms, viewer }: Context): Promise<WebhooksLinkPayloadType> {
    const made = await rooms.links.rotate(viewer);
    return made.ok
      ? { errors: [], link: toType(made.value, rooms.address()) }
      : { errors: made.problems, link: null };
  }

  @Mutation(() => DeletePayloadType, {
    nullable: true,
    description: "Revokes the caller's Create Webhooks link. Revoking twice is no error.",
  })
  async webhooksLinkRevoke(@Ctx() { rooms, viewer }: Context): Promise<DeletePayloadType> {
    const ended = await rooms.links.revoke(viewer);
    return ended.ok ? { errors: [], deletedId: ended.value } : { errors: ended.problems, deletedId: null };
  }
}

function toType({ secret, ...link }: WebhooksLink, address: string): WebhooksLinkType {
  return { url: `${address}/link/${secret}`, ...link };
}
