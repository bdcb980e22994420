/** The webhooks page: a webhook and what its mutations answer. */
import { Field, Int, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars.ts';
import { LoginType, TeamType } from './access.type.ts';
import { DeliveryConnectionType } from './delivery.type.ts';
import { EndpointSecretType, EndpointType } from './endpoint.type.ts';
import { defineEnum } from './enum.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { connectionTypes } from './page.type.ts';
import { MutationPayloadType, type UserErrorType } from './payload.type.ts';
import { TriggerType } from './trigger.type.ts';

/** Whether a webhook works. */
export const WebhookStatus = defineEnum('WebhookStatus', 'Whether a webhook sends.', {
  ENABLED: 'It sends whenever one of its triggers fires.',
  DISABLED: 'Somebody switched it off; what happens meanwhile is not made up for.',
  INACTIVE: 'It is switched on, but none of its triggers can fire; statusReason says why.',
  AUTO_DISABLED:
    'It is switched on, but its endpoints are off, because they failed for too long; statusReason says why, and webhookEnable turns them on again.',
});

/** A webhook, with the ids that its resolvers follow. */
@ObjectType('Webhook', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'A saved webhook: whose activity it watches, what fires it, and where it sends.',
})
export class WebhookType {
  id: string;
  loginId: string;
  accountId: string;
  forLoginId: string | null;
  teamId: string | null;

  @Field(() => Int, { description: 'The ID column of the table; counted up from 1, never reused.' })
  number: number;

  @Field(() => String, { description: 'The display name.' })
  name: string;

  @Field(() => String, { description: 'What it is for.' })
  description: string;

  @Field(() => WebhookStatus, { description: 'Whether it sends.' })
  status?: Resolved<keyof typeof WebhookStatus>;

  @Field(() => String, { nullable: true, description: 'Why it does not send; null when it does.' })
  statusReason?: Resolved<string> | null;

  @Field(() => Int, {
    description: 'Raised by 1 with every change: give it as expectedVersion to notice the changes of others.',
  })
  version: number;

  @Field(() => LoginType, { description: 'Who created it.' })
  login?: Resolved<LoginType>;

  @Field(() => LoginType, {
    description: 'Whose it is: every holder of WEBHOOKS_MANAGE in this account, or in one above, manages it.',
  })
  account?: Resolved<LoginType>;

  @Field(() => LoginType, {
    nullable: true,
    description:
      "Whose activity is watched, with every login below. Null when it is a team's, or the whole portfolio of the account.",
  })
  forLogin?: Resolved<LoginType> | null;

  @Field(() => TeamType, {
    nullable: true,
    description: 'The team whose members are watched; at most one of forLogin and team is set.',
  })
  team?: Resolved<TeamType> | null;

  @Field(() => [EndpointType], { description: 'Where it sends: each event goes to all of them.' })
  endpoints?: Resolved<EndpointType[]>;

  @Field(() => [TriggerType], {
    description: 'What fires it: one of them is enough, and an event is sent once.',
  })
  triggers?: Resolved<TriggerType[]>;

  @Field(() => DeliveryConnectionType, { description: 'What it sent and is about to send, newest first.' })
  deliveries?: Resolved<DeliveryConnectionType>;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt: Date;

  @Field(() => DateTime, { description: 'When its settings last changed.' })
  updatedAt: Date;
}

const webhookPages = connectionTypes('Webhook', 'A webhook', 'webhooks', () => WebhookType);

/** A page of webhooks; totalCount runs only when asked for. */
@ObjectType('WebhookConnection', { simpleResolvers: true, description: 'A page of webhooks.' })
export class WebhookConnectionType extends webhookPages.ConnectionFields {
  @Field(() => Int, { description: 'How many webhooks match the filter.' })
  totalCount: () => Promise<number>;
}

/** A signing secret with its value. */
@ObjectType('RevealedSecret', {
  simpleResolvers: true,
  description: 'A signing secret in clear, shown in the answer that made or revealed it and nowhere else.',
})
export class RevealedSecretType {
  @Field(() => EndpointType, { description: 'The endpoint whose requests it signs.' })
  endpoint: Resolved<EndpointType>;

  @Field(() => EndpointSecretType, { description: 'What can be read of it later.' })
  secret: Resolved<EndpointSecretType>;

  @Field(() => String, {
    description:
      'What the receiver verifies with (Standard Webhooks): the shared secret (whsec_ and base64), or for Ed25519 the public key (whpk_ and base64). A private key never leaves the server.',
  })
  value: string;
}

/** The result of webhookCreate. */
@ObjectType('WebhookCreatePayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of webhookCreate.',
})
export class WebhookCreatePayloadType {
  errors: UserErrorType[];

  @Field(() => WebhookType, { nullable: true, description: 'The new webhook; null when there are errors.' })
  webhook: WebhookType | null;

  @Field(() => [RevealedSecretType], {
    description: 'The signing secret of each endpoint that signs, shown this once.',
  })
  newSecrets: RevealedSecretType[];
}

/** The result of webhookUpdate, webhookEnable and webhookDisable. */
@ObjectType('WebhookUpdatePayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of webhookUpdate, webhookEnable and webhookDisable.',
})
export class WebhookUpdatePayloadType {
  errors: UserErrorType[];

  @Field(() => WebhookType, {
    nullable: true,
    description: 'The webhook as it is now, also on CONFLICT; null on every other error.',
  })
  webhook: WebhookType | null;

  @Field(() => [RevealedSecretType], {
    description:
      'The signing secrets of endpoints that this change added or gave another scheme, shown this once.',
  })
  newSecrets: RevealedSecretType[];
}

/** The result of endpointRotateSecret and endpointRevealSecret. */
@ObjectType('EndpointSecretPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of endpointRotateSecret and endpointRevealSecret.',
})
export class EndpointSecretPayloadType {
  errors: UserErrorType[];

  @Field(() => RevealedSecretType, {
    nullable: true,
    description:
      'The secret in clear; null when there are errors, and when a rotation is repeated with its idempotency key.',
  })
  revealed: RevealedSecretType | null;
}
