/** The wizard: drafts, their three steps, and saving. */
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';

import { may, missing } from '../../access/policy.ts';
import type { DraftStep } from '../../webhooks/draft-view.ts';
import type { DraftOutcome } from '../../webhooks/drafts.ts';
import type { TriggerInactiveReason } from '../../webhooks/status.ts';
import { edgeError } from '../answers.ts';
import type { Context } from '../context.ts';
import { EndpointInput, TriggerInput, WebhookDetailsInput } from '../inputs/webhook.input.ts';
import { toDraftType, toLoginType, toRevealedSecretType, toTeamType, toWebhookType } from '../mapping.ts';
import { LoginType, TeamType } from '../types/access.type.ts';
import {
  DraftTriggerType,
  WebhookDraftCreatePayloadType,
  WebhookDraftSavePayloadType,
  WebhookDraftStepPayloadType,
  WebhookDraftType,
} from '../types/draft.type.ts';
import { DeletePayloadType, UserErrorType } from '../types/payload.type.ts';
import { WebhookType } from '../types/webhook.type.ts';

const ID_DESCRIPTION = "The draft's id (drf_…).";
const VERSION_DESCRIPTION =
  'The version that the step was typed on: CONFLICT when it is not the current one. Without it nothing is compared.';

function toPayload({ problems, draft }: DraftOutcome): WebhookDraftStepPayloadType {
  return { errors: problems, draft: draft && toDraftType(draft) };
}

/** What is asked and done about drafts, and their fields. Needs WEBHOOKS_MANAGE; the room checks it. */
@Resolver(() => WebhookDraftType)
export class DraftResolver {
  @Query(() => WebhookDraftType, {
    nullable: true,
    description: 'A wizard to resume; null when the caller has no such draft.',
  })
  async webhookDraft(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: ID_DESCRIPTION }) id: string,
  ): Promise<WebhookDraftType | null> {
    const draft = await rooms.drafts.byId(viewer, id);
    return draft && toDraftType(draft);
  }

  @Query(() => [WebhookDraftType], {
    nullable: true,
    description: "The caller's unfinished drafts, the latest change first. Needs WEBHOOKS_MANAGE.",
  })
  async webhookDrafts(@Ctx() { rooms, viewer }: Context): Promise<WebhookDraftType[]> {
    if (!may(viewer, 'WEBHOOKS_MANAGE')) throw edgeError('FORBIDDEN', missing('WEBHOOKS_MANAGE').message);
    return (await rooms.drafts.list(viewer)).map(toDraftType);
  }

  @Mutation(() => WebhookDraftCreatePayloadType, {
    nullable: true,
    description: 'Starts a wizard: at most 20 unfinished ones for each login. Needs WEBHOOKS_MANAGE.',
  })
  async webhookDraftCreate(
    @Ctx() { rooms, viewer }: Context,
    @Arg('input', () => WebhookDetailsInput, {
      nullable: true,
      description: 'Step 1, as far as it is known.',
    })
    input?: WebhookDetailsInput | null,
  ): Promise<WebhookDraftCreatePayloadType> {
    return toPayload(await rooms.drafts.create(viewer, input ?? null));
  }

  @Mutation(() => WebhookDraftStepPayloadType, {
    nullable: true,
    description: 'Wizard step 1: stores what was typed, valid or not. Needs WEBHOOKS_MANAGE.',
  })
  async webhookDraftSetDetails(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: ID_DESCRIPTION }) id: string,
    @Arg('input', () => WebhookDetailsInput, { description: 'What was typed; what is left out stays.' })
    input: WebhookDetailsInput,
    @Arg('expectedVersion', () => Int, { nullable: true, description: VERSION_DESCRIPTION })
    expectedVersion?: number | null,
  ): Promise<WebhookDraftStepPayloadType> {
    return toPayload(await rooms.drafts.setDetails(viewer, id, expectedVersion ?? null, input));
  }

  @Mutation(() => WebhookDraftStepPayloadType, {
    nullable: true,
    description:
      'Wizard step 2: replaces all endpoint rows by what was typed, valid or not; a row with an id keeps its secret values. Needs WEBHOOKS_MANAGE.',
  })
  async webhookDraftSetEndpoints(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: ID_DESCRIPTION }) id: string,
    @Arg('input', () => [EndpointInput], { description: 'All rows, in their order.' }) input: EndpointInput[],
    @Arg('expectedVersion', () => Int, { nullable: true, description: VERSION_DESCRIPTION })
    expectedVersion?: number | null,
  ): Promise<WebhookDraftStepPayloadType> {
    return toPayload(await rooms.drafts.setEndpoints(viewer, id, expectedVersion ?? null, input));
  }

  @Mutation(() => WebhookDraftStepPayloadType, {
    nullable: true,
    description:
      'Wizard step 3: replaces all trigger rows by what was chosen, valid or not. Needs WEBHOOKS_MANAGE.',
  })
  async webhookDraftSetTriggers(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: ID_DESCRIPTION }) id: string,
    @Arg('input', () => [TriggerInput], { description: 'All rows, in their order.' }) input: TriggerInput[],
    @Arg('expectedVersion', () => Int, { nullable: true, description: VERSION_DESCRIPTION })
    expectedVersion?: number | null,
  ): Promise<WebhookDraftStepPayloadType> {
    return toPayload(await rooms.drafts.setTriggers(viewer, id, expectedVersion ?? null, input));
  }

  @Mutation(() => WebhookDraftSavePayloadType, {
    nullable: true,
    description:
      'ADD: turns a draft into an enabled webhook, all of it or nothing; repeating it returns the same webhook. Needs WEBHOOKS_MANAGE.',
  })
  async webhookDraftSave(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: ID_DESCRIPTION }) id: string,
  ): Promise<WebhookDraftSavePayloadType> {
    const outcome = await rooms.drafts.save(viewer, id);
    const { webhook, newSecrets } = outcome;
    return {
      ...toPayload(outcome),
      webhook: webhook && toWebhookType(webhook),
      newSecrets: newSecrets.map(toRevealedSecretType),
    };
  }

  @Mutation(() => DeletePayloadType, {
    nullable: true,
    description: 'Abandons a wizard; a webhook that it became stays. Needs WEBHOOKS_MANAGE.',
  })
  async webhookDraftDiscard(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: ID_DESCRIPTION }) id: string,
  ): Promise<DeletePayloadType> {
    const result = await rooms.drafts.discard(viewer, id);
    return result.ok ? { errors: [], deletedId: result.value } : { errors: result.problems, deletedId: null };
  }

  @FieldResolver()
  async step(@Root() { check }: WebhookDraftType): Promise<DraftStep> {
    return (await check()).step;
  }

  @FieldResolver()
  async problems(@Root() { check }: WebhookDraftType): Promise<UserErrorType[]> {
    return (await check()).problems;
  }

  @FieldResolver()
  async forLogin(@Ctx() { loaders }: Context, @Root() draft: WebhookDraftType): Promise<LoginType | null> {
    const login = draft.forLoginId === null ? null : await loaders.visibleLogin.load(draft.forLoginId);
    return login && toLoginType(login);
  }

  @FieldResolver()
  async team(@Ctx() { rooms, viewer }: Context, @Root() draft: WebhookDraftType): Promise<TeamType | null> {
    const team = draft.teamId === null ? undefined : await rooms.access.visibleTeam(viewer, draft.teamId);
    return team ? toTeamType(team) : null;
  }

  @FieldResolver()
  async savedAs(@Ctx() { loaders }: Context, @Root() draft: WebhookDraftType): Promise<WebhookType | null> {
    const webhook = draft.savedAsId === null ? null : await loaders.webhook.load(draft.savedAsId);
    return webhook && toWebhookType(webhook);
  }
}

/** Whether a chosen row could fire. */
@Resolver(() => DraftTriggerType)
export class DraftTriggerResolver {
  @FieldResolver()
  async active(@Ctx() { loaders }: Context, @Root() { resource, event }: DraftTriggerType): Promise<boolean> {
    return Boolean(resource && event) && (await loaders.inactiveReason.load({ resource, event })) === null;
  }

  @FieldResolver()
  inactiveReason(
    @Ctx() { loaders }: Context,
    @Root() { resource, event }: DraftTriggerType,
  ): Promise<TriggerInactiveReason | null> {
    return loaders.inactiveReason.load({ resource, event });
  }
}
