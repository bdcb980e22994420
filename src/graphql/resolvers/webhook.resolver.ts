/** Webhooks with their endpoints and triggers. */
import { Arg, Args, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';

import { mayReadWebhooks } from '../../access/policy.ts';
import type { WebhookOutcome } from '../../webhooks/outcome.ts';
import { GRACE_SECONDS, type SecretOutcome } from '../../webhooks/signing-secrets.ts';
import { statusReason, type WebhookStatus } from '../../webhooks/status.ts';
import type { EndpointOutcome } from '../../webhooks/switch-endpoint.ts';
import { edgeError, valueOf } from '../answers.ts';
import type { Context } from '../context.ts';
import { DeliveriesArgs } from '../inputs/delivery.input.ts';
import { IDEMPOTENCY_KEY } from '../inputs/shared.input.ts';
import { WebhookInput, WebhooksArgs } from '../inputs/webhook.input.ts';
import {
  toEndpointType,
  toNamedLoginType,
  toRevealedSecretType,
  toSecretType,
  toTeamType,
  toTriggerType,
  toWebhookType,
} from '../mapping.ts';
import { LoginType, TeamType } from '../types/access.type.ts';
import { DeliveryConnectionType } from '../types/delivery.type.ts';
import {
  EndpointMailboxType,
  EndpointPayloadType,
  EndpointSecretType,
  EndpointType,
} from '../types/endpoint.type.ts';
import { toConnection } from '../types/page.type.ts';
import { DeletePayloadType } from '../types/payload.type.ts';
import { TriggerType } from '../types/trigger.type.ts';
import {
  EndpointSecretPayloadType,
  WebhookConnectionType,
  WebhookCreatePayloadType,
  WebhookType,
  WebhookUpdatePayloadType,
} from '../types/webhook.type.ts';
import { deliveryPage } from './delivery.resolver.ts';

function toPayload({ problems, webhook, newSecrets }: WebhookOutcome): WebhookUpdatePayloadType {
  return {
    errors: problems,
    webhook: webhook && toWebhookType(webhook),
    newSecrets: newSecrets.map(toRevealedSecretType),
  };
}

/** What is asked about webhooks, and their fields. */
@Resolver(() => WebhookType)
export class WebhookResolver {
  @Query(() => WebhookType, {
    nullable: true,
    description: 'One webhook; null when there is none that the caller may see.',
  })
  async webhook(
    @Ctx() { loaders }: Context,
    @Arg('id', () => ID, { description: "The webhook's id (whk_…)." }) id: string,
  ): Promise<WebhookType | null> {
    const webhook = await loaders.webhook.load(id);
    return webhook && toWebhookType(webhook);
  }

  @Query(() => WebhookType, { nullable: true, description: 'One webhook by the ID column of the table.' })
  async webhookByNumber(
    @Ctx() { rooms, viewer }: Context,
    @Arg('number', () => Int, { description: "The webhook's number." }) number: number,
  ): Promise<WebhookType | null> {
    const webhook = await rooms.webhooks.byNumber(viewer, number);
    return webhook ? toWebhookType(webhook) : null;
  }

  @Query(() => WebhookConnectionType, {
    nullable: true,
    description: 'The saved table: the webhooks that the caller may see.',
  })
  async webhooks(
    @Ctx() { rooms, viewer }: Context,
    @Args(() => WebhooksArgs) { filter, orderBy, ...page }: WebhooksArgs,
  ): Promise<WebhookConnectionType> {
    if (!mayReadWebhooks(viewer))
      throw edgeError('FORBIDDEN', 'This needs the permission WEBHOOKS_MANAGE, or membership of a team.');
    const found = valueOf(await rooms.webhooks.list(viewer, page, filter, orderBy));
    return { ...toConnection(found, toWebhookType), totalCount: found.count };
  }

  @FieldResolver()
  statusReason(
    @Ctx() { loaders }: Context,
    @Root() { id, status }: { id: string; status: WebhookStatus },
  ): Promise<string | null> {
    return statusReason(status, {
      triggers: () => loaders.triggersOf.load(id),
      endpointsOff: () => loaders.offEndpointsOf.load(id),
    });
  }

  @FieldResolver()
  async login(@Ctx() { loaders, viewer }: Context, @Root() { loginId }: WebhookType): Promise<LoginType> {
    return toNamedLoginType(viewer, (await loaders.login.load(loginId))!);
  }

  @FieldResolver()
  async account(@Ctx() { loaders, viewer }: Context, @Root() { accountId }: WebhookType): Promise<LoginType> {
    return toNamedLoginType(viewer, (await loaders.login.load(accountId))!);
  }

  @FieldResolver()
  async forLogin(
    @Ctx() { loaders, viewer }: Context,
    @Root() { forLoginId }: WebhookType,
  ): Promise<LoginType | null> {
    const login = forLoginId === null ? null : await loaders.login.load(forLoginId);
    return login && toNamedLoginType(viewer, login);
  }

  @FieldResolver()
  async team(@Ctx() { loaders }: Context, @Root() { teamId }: WebhookType): Promise<TeamType | null> {
    const team = teamId === null ? null : await loaders.team.load(teamId);
    return team && toTeamType(team);
  }

  @FieldResolver()
  async endpoints(@Ctx() { loaders }: Context, @Root() { id }: WebhookType): Promise<EndpointType[]> {
    return (await loaders.endpointsOf.load(id)).map(toEndpointType);
  }

  @FieldResolver()
  async triggers(@Ctx() { loaders }: Context, @Root() { id }: WebhookType): Promise<TriggerType[]> {
    return (await loaders.triggersOf.load(id)).map(toTriggerType);
  }

  @FieldResolver()
  deliveries(
    @Ctx() context: Context,
    @Root() { id }: WebhookType,
    @Args(() => DeliveriesArgs) { filter, ...page }: DeliveriesArgs,
  ): Promise<DeliveryConnectionType> {
    if (filter?.webhookId != null && filter.webhookId !== id)
      throw edgeError(
        'BAD_USER_INPUT',
        'filter.webhookId names another webhook than the one whose deliveries these are.',
      );
    return deliveryPage(context, page, { ...filter, webhookId: id });
  }
}

/** What is done about webhooks. Needs WEBHOOKS_MANAGE; the room checks it. */
@Resolver()
export class WebhookMutationResolver {
  @Mutation(() => WebhookCreatePayloadType, {
    nullable: true,
    description: 'Creates a webhook in one call; it is enabled at once. Needs WEBHOOKS_MANAGE.',
  })
  async webhookCreate(
    @Ctx() { rooms, viewer }: Context,
    @Arg('input', () => WebhookInput, { description: 'The new webhook, whole.' }) input: WebhookInput,
    @Arg('idempotencyKey', () => String, { nullable: true, description: IDEMPOTENCY_KEY })
    idempotencyKey?: string | null,
  ): Promise<WebhookCreatePayloadType> {
    return toPayload(await rooms.webhooks.create(viewer, input, idempotencyKey));
  }

  @Mutation(() => WebhookUpdatePayloadType, {
    nullable: true,
    description: 'Edits a webhook: all of the change is made, or nothing. Needs WEBHOOKS_MANAGE.',
  })
  async webhookUpdate(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The webhook's id (whk_…)." }) id: string,
    @Arg('input', () => WebhookInput, { description: 'What changes.' }) input: WebhookInput,
    @Arg('expectedVersion', () => Int, {
      nullable: true,
      description:
        'The version that the change was made on: CONFLICT when it is not the current one. Without it nothing is compared.',
    })
    expectedVersion?: number | null,
  ): Promise<WebhookUpdatePayloadType> {
    return toPayload(await rooms.webhooks.update(viewer, id, expectedVersion ?? null, input));
  }

  @Mutation(() => WebhookUpdatePayloadType, {
    nullable: true,
    description:
      'Turns sending on, for what happens from now on, with the endpoints that switched themselves off. Needs WEBHOOKS_MANAGE.',
  })
  async webhookEnable(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The webhook's id (whk_…)." }) id: string,
  ): Promise<WebhookUpdatePayloadType> {
    return toPayload(await rooms.webhooks.enable(viewer, id));
  }

  @Mutation(() => WebhookUpdatePayloadType, {
    nullable: true,
    description:
      'Turns sending off: history is kept, waiting deliveries are cancelled, later events are not made up for. Needs WEBHOOKS_MANAGE.',
  })
  async webhookDisable(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The webhook's id (whk_…)." }) id: string,
  ): Promise<WebhookUpdatePayloadType> {
    return toPayload(await rooms.webhooks.disable(viewer, id));
  }

  @Mutation(() => DeletePayloadType, {
    nullable: true,
    description:
      'Deletes a webhook and cancels what waits; deleting twice is no error. Needs WEBHOOKS_MANAGE.',
  })
  async webhookDelete(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The webhook's id (whk_…)." }) id: string,
  ): Promise<DeletePayloadType> {
    const result = await rooms.webhooks.remove(viewer, id);
    return result.ok ? { errors: [], deletedId: result.value } : { errors: result.problems, deletedId: null };
  }
}

function toEndpointPayload({ problems, endpoint }: EndpointOutcome): EndpointPayloadType {
  return { errors: problems, endpoint: endpoint && toEndpointType(endpoint) };
}

function toSecretPayload({ problems, revealed }: SecretOutcome): EndpointSecretPayloadType {
  return { errors: problems, revealed: revealed && toRevealedSecretType(revealed) };
}

/** The field of Endpoint that is read apart, its switch, and its secrets. Needs WEBHOOKS_MANAGE; the room checks it. */
@Resolver(() => EndpointType)
export class EndpointResolver {
  @Mutation(() => EndpointPayloadType, {
    nullable: true,
    description:
      'Turns an endpoint back on after it was paused or disabled: it starts afresh, with what happens from now on and with what waited through a pause. Needs WEBHOOKS_MANAGE.',
  })
  async endpointEnable(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The endpoint's id (ep_…)." }) id: string,
  ): Promise<EndpointPayloadType> {
    return toEndpointPayload(await rooms.webhooks.enableEndpoint(viewer, id));
  }

  @Mutation(() => EndpointPayloadType, {
    nullable: true,
    description:
      'Turns one endpoint off: deliveries that wait for it are cancelled, later events are not made up for. Needs WEBHOOKS_MANAGE.',
  })
  async endpointDisable(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The endpoint's id (ep_…)." }) id: string,
  ): Promise<EndpointPayloadType> {
    return toEndpointPayload(await rooms.webhooks.disableEndpoint(viewer, id));
  }

  @Mutation(() => EndpointPayloadType, {
    nullable: true,
    description:
      'Sends the mailboxes of an endpoint that have not confirmed a new confirmation mail; the links before it end. At most once a minute and five times a day. Needs WEBHOOKS_MANAGE.',
  })
  async endpointVerificationSend(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The endpoint's id (ep_…)." }) id: string,
  ): Promise<EndpointPayloadType> {
    return toEndpointPayload(await rooms.webhooks.sendVerification(viewer, id));
  }

  @Mutation(() => EndpointSecretPayloadType, {
    nullable: true,
    description:
      'Shows the newest signing secret of an endpoint, or its public key; each time is an entry of the audit log. Needs WEBHOOKS_MANAGE.',
  })
  async endpointRevealSecret(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The endpoint's id (ep_…)." }) id: string,
  ): Promise<EndpointSecretPayloadType> {
    return toSecretPayload(await rooms.webhooks.revealSecret(viewer, id));
  }

  @Mutation(() => EndpointSecretPayloadType, {
    nullable: true,
    description:
      'Makes a new signing secret for an endpoint; the older ones sign beside it for the grace period. At most 5 sign at once. Needs WEBHOOKS_MANAGE.',
  })
  async endpointRotateSecret(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The endpoint's id (ep_…)." }) id: string,
    @Arg('graceSeconds', () => Int, {
      defaultValue: GRACE_SECONDS.default,
      description:
        'How long the older secrets go on signing, in seconds: from 0, which ends them at once, to 604800 (7 days). One that ends sooner stays with its end.',
    })
    graceSeconds: number,
    @Arg('idempotencyKey', () => String, {
      nullable: true,
      description:
        'A text that names this call for the caller: within 24 hours the same key rotates once (a repeat shows no secret), and another input is refused (KEY_REUSED).',
    })
    idempotencyKey?: string | null,
  ): Promise<EndpointSecretPayloadType> {
    const rotation = { id, graceSeconds, idempotencyKey: idempotencyKey ?? null };
    return toSecretPayload(await rooms.webhooks.rotateSecret(viewer, rotation));
  }

  @FieldResolver()
  async secrets(@Ctx() { loaders }: Context, @Root() { id }: EndpointType): Promise<EndpointSecretType[]> {
    return (await loaders.secretsOf.load(id)).map(toSecretType);
  }
}

/** The field of EndpointMailbox that is read apart. */
@Resolver(() => EndpointMailboxType)
export class EndpointMailboxResolver {
  @FieldResolver()
  async login(
    @Ctx() { loaders, viewer }: Context,
    @Root() { loginId }: EndpointMailboxType,
  ): Promise<LoginType | null> {
    const login = loginId === null ? null : await loaders.login.load(loginId);
    return login && toNamedLoginType(viewer, login);
  }
}
