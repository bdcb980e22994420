/** The wizard: a draft, its rows as typed, and what its mutations answer. */
import { Field, ID, Int, ObjectType } from 'type-graphql';

import type { DraftCheck, DraftStep as Step } from '../../webhooks/draft-view.ts';
import { DateTime } from '../scalars.ts';
import { LoginType, TeamType } from './access.type.ts';
import { EndpointAuthenticationType } from './authentication.type.ts';
import { EndpointAdvancedType, EndpointKind } from './endpoint.type.ts';
import { defineEnum } from './enum.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { MutationPayloadType, UserErrorType } from './payload.type.ts';
import { TriggerInactiveReason } from './trigger.type.ts';
import { RevealedSecretType, WebhookType } from './webhook.type.ts';

/** Where to resume a wizard. */
export const DraftStep = defineEnum('DraftStep', 'The first step of a wizard that still needs attention.', {
  DETAILS: 'Step 1: name, description and whose activity is watched.',
  ENDPOINTS: 'Step 2: where to send.',
  TRIGGERS: 'Step 3: what fires it.',
  READY: 'Nothing stands in the way of saving.',
  SAVED: 'It is a webhook already; savedAs is that webhook.',
} satisfies Record<Step, string>);

/** A row of step 2. */
@ObjectType('DraftEndpoint', {
  simpleResolvers: true,
  description: 'An endpoint row as typed so far, valid or not.',
})
export class DraftEndpointType {
  @Field(() => ID, {
    description:
      'Give it in the next input to keep what was typed and the secret values; the endpoint will have it.',
  })
  id: string;

  @Field(() => EndpointKind, { nullable: true, description: 'What kind of destination it is.' })
  kind: keyof typeof EndpointKind | null;

  @Field(() => String, { nullable: true, description: 'The address as typed.' })
  target: string | null;

  @Field(() => EndpointAuthenticationType, {
    nullable: true,
    description: 'How requests will authenticate; null while nobody has touched it.',
  })
  authentication: EndpointAuthenticationType | null;

  @Field(() => EndpointAdvancedType, {
    nullable: true,
    description: 'The Advanced section with defaults filled in; null while nobody has touched it.',
  })
  advanced: EndpointAdvancedType | null;
}

/** A row of step 3. */
@ObjectType('DraftTrigger', {
  simpleResolvers: true,
  description: 'A trigger row as chosen so far, valid or not.',
})
export class DraftTriggerType {
  @Field(() => ID, {
    description: 'Give it in the next input to keep what was typed; the trigger will have it.',
  })
  id: string;

  @Field(() => String, { nullable: true, description: "The resource's name in the catalog." })
  resource: string | null;

  @Field(() => String, { nullable: true, description: "The event's name in the catalog." })
  event: string | null;

  @Field(() => String, { nullable: true, description: 'A name of its own.' })
  name: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for.' })
  description: string | null;

  @Field(() => Boolean, { description: 'Whether it could fire; worked out from the catalog as it is now.' })
  active?: Resolved<boolean>;

  @Field(() => TriggerInactiveReason, {
    nullable: true,
    description: 'Why it could not fire; null when it could, and while nothing is chosen.',
  })
  inactiveReason?: Resolved<keyof typeof TriggerInactiveReason> | null;
}

/** A draft, with what its resolvers read. */
@ObjectType('WebhookDraft', {
  implements: NodeType,
  simpleResolvers: true,
  description:
    'An unfinished run of the wizard. It belongs to the login that began it, keeps whatever was typed, and ends 7 days after its last change.',
})
export class WebhookDraftType {
  id: string;
  forLoginId: string | null;
  teamId: string | null;
  savedAsId: string | null;
  check: () => Promise<DraftCheck>;

  @Field(() => DraftStep, { description: 'Where to resume.' })
  step?: Resolved<Step>;

  @Field(() => Int, {
    description: 'Raised by 1 with every step: give it as expectedVersion to notice the changes of others.',
  })
  version: number;

  @Field(() => String, { nullable: true, description: 'The display name as typed.' })
  name: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for, as typed.' })
  description: string | null;

  @Field(() => LoginType, {
    nullable: true,
    description:
      'The login whose activity will be watched; null too where the caller may not see it any more.',
  })
  forLogin?: Resolved<LoginType> | null;

  @Field(() => TeamType, {
    nullable: true,
    description: 'The team that will be watched; null too where the caller may not see it any more.',
  })
  team?: Resolved<TeamType> | null;

  @Field(() => [DraftEndpointType], { description: 'The rows of step 2, in their order.' })
  endpoints: DraftEndpointType[];

  @Field(() => [DraftTriggerType], { description: 'The rows of step 3, in their order.' })
  triggers: DraftTriggerType[];

  @Field(() => [UserErrorType], {
    description:
      'Everything that saving would refuse now, each with its path as in webhookCreate: ["endpoints", "1", "target"]. Empty when it is ready.',
  })
  problems?: Resolved<UserErrorType[]>;

  @Field(() => WebhookType, {
    nullable: true,
    description: 'The webhook that it became; null before, and once deleted.',
  })
  savedAs?: Resolved<WebhookType> | null;

  @Field(() => DateTime, { description: 'When something was last typed.' })
  updatedAt: Date;

  @Field(() => DateTime, { description: 'When it ends if nothing more is typed.' })
  expiresAt: Date;
}

/** The result of webhookDraftCreate. */
@ObjectType('WebhookDraftCreatePayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of webhookDraftCreate.',
})
export class WebhookDraftCreatePayloadType {
  errors: UserErrorType[];

  @Field(() => WebhookDraftType, {
    nullable: true,
    description: 'The new draft; null when there are errors.',
  })
  draft: WebhookDraftType | null;
}

/** The result of the three steps. */
@ObjectType('WebhookDraftStepPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description:
    "Result of a step. Errors with a path into details, endpoints or triggers are the step's problems, and what was typed is kept all the same.",
})
export class WebhookDraftStepPayloadType {
  errors: UserErrorType[];

  @Field(() => WebhookDraftType, {
    nullable: true,
    description: 'The draft as it is now, on CONFLICT too; null when there is none to store into.',
  })
  draft: WebhookDraftType | null;
}

/** The result of webhookDraftSave. */
@ObjectType('WebhookDraftSavePayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of webhookDraftSave.',
})
export class WebhookDraftSavePayloadType {
  errors: UserErrorType[];

  @Field(() => WebhookDraftType, { nullable: true, description: 'The draft; null when there is none.' })
  draft: WebhookDraftType | null;

  @Field(() => WebhookType, {
    nullable: true,
    description: 'The webhook, enabled; null when there are errors.',
  })
  webhook: WebhookType | null;

  @Field(() => [RevealedSecretType], {
    description:
      'The signing secret of each endpoint that signs, shown this once: empty when the save is repeated.',
  })
  newSecrets: RevealedSecretType[];
}
