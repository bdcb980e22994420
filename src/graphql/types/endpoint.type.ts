/** Where a webhook sends: an endpoint, its Advanced section and its signing secrets. */
import { Field, Int, ObjectType } from 'type-graphql';

import type { MailboxStatus as MailStatus } from '../../mailboxes/mailboxes.ts';
import type { PayloadFormat as Format } from '../../queue/payload-format.ts';
import type { SigningScheme as Scheme } from '../../secrets/signing-secret.ts';
import type { EndpointKind as Kind } from '../../webhooks/inputs.ts';
import { DateTime } from '../scalars.ts';
import { LoginType } from './access.type.ts';
import { EndpointAuthenticationType } from './authentication.type.ts';
import { defineEnum } from './enum.ts';
import { HttpHeaderType } from './http.type.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { MutationPayloadType, type UserErrorType } from './payload.type.ts';

/** Kinds of destination. */
export const EndpointKind = defineEnum('EndpointKind', 'Kinds of destination.', {
  URL: 'An http or https address that takes POST requests.',
  EMAIL: 'A mailbox: each delivery is a mail to it, with the JSON attached.',
  TEAM_MAILBOXES:
    "The mailboxes of the members of the webhook's team, as they are when something is published: one delivery for each. The target is empty.",
} satisfies Record<Kind, string>);

/** Whether an endpoint is sent to. */
export const EndpointStatus = defineEnum('EndpointStatus', 'Whether an endpoint is sent to.', {
  ACTIVE: 'It gets what its webhook sends.',
  PAUSED:
    'It failed too often in a row: what is to be sent waits, and from time to time one delivery tries whether it works again.',
  UNVERIFIED:
    'A mailbox that has not confirmed yet, or mail is not configured on this server: what is to be sent waits for up to 7 days.',
  DISABLED: 'Somebody switched it off; what happens meanwhile is not made up for.',
  AUTO_DISABLED:
    'It switched itself off: it had failed for days without a success between, the receiver answered that it is gone (410), or a mailbox was refused or unsubscribed.',
});

/** What the owner of a mailbox, or its server, has said. */
export const MailboxStatus = defineEnum(
  'MailboxStatus',
  'What the owner of a mailbox, or its mail server, has said.',
  {
    UNCONFIRMED: 'Its owner has not pressed the button behind the link of the confirmation mail yet.',
    CONFIRMED: 'It gets what the endpoint sends.',
    SUPPRESSED: 'Its mail server refused it for good, or its address is none; reason says which.',
    UNSUBSCRIBED: 'Its owner wants no more mails.',
  } satisfies Record<MailStatus, string>,
);

/** Whether the order of deliveries is kept. */
export const DeliveryOrdering = defineEnum(
  'DeliveryOrdering',
  'Whether an endpoint gets deliveries in order.',
  {
    NONE: 'Each delivery goes as soon as it can.',
    PER_ENTITY:
      'The deliveries of one entity arrive in order, one after the other; a failing one holds back only those of its own entity.',
  },
);

/** How requests are signed. */
export const SigningScheme = defineEnum(
  'SigningScheme',
  'How the requests of an endpoint are signed (Standard Webhooks).',
  {
    STANDARD_WEBHOOKS_HMAC:
      'HMAC-SHA256 with a secret that both sides hold (whsec_…): signatures begin with v1.',
    STANDARD_WEBHOOKS_ED25519:
      'Ed25519: the server keeps the private key, the receiver verifies with the public one (whpk_…). Signatures begin with v1a.',
    NONE: 'Not at all: the receiver cannot tell who a request is from.',
  } satisfies Record<Scheme, string>,
);

/** What a request looks like. */
export const PayloadFormat = defineEnum(
  'PayloadFormat',
  'What the requests of an endpoint look like. A delivery keeps the format of its beginning, on every attempt.',
  {
    STANDARD_WEBHOOKS: 'The entity as data in an envelope of Standard Webhooks; application/json.',
    CLOUDEVENTS_STRUCTURED:
      'CloudEvents 1.0 in one JSON document, the entity as its data; application/cloudevents+json.',
    CLOUDEVENTS_BINARY: 'CloudEvents 1.0 with its attributes in ce-… headers, the entity alone as the body.',
    ENTITY: 'The entity alone, byte for byte as it was published; application/json.',
  } satisfies Record<Format, string>,
);

/** The Advanced section of an endpoint. */
@ObjectType('EndpointAdvanced', {
  simpleResolvers: true,
  description: 'The Advanced section of an endpoint.',
})
export class EndpointAdvancedType {
  @Field(() => [HttpHeaderType], {
    description: 'Headers that every request carries beside those of the server.',
  })
  headers: HttpHeaderType[];

  @Field(() => Int, { description: 'How long the whole exchange may take, in milliseconds.' })
  timeoutMs: number;

  @Field(() => [Int], {
    description:
      'Seconds before each attempt, jittered by a fifth: as many entries as attempts, the first delays the first.',
  })
  retrySchedule: number[];

  @Field(() => Int, {
    nullable: true,
    description: 'The most requests that are begun in a second, over all senders; null for no limit.',
  })
  ratePerSecond: number | null;

  @Field(() => Int, {
    description:
      "The most requests at the same time: counted over all senders when it was chosen, by each sender when it is the server's default.",
  })
  maxConcurrency: number;

  @Field(() => DeliveryOrdering, { description: 'Whether deliveries arrive in order.' })
  ordering: keyof typeof DeliveryOrdering;

  @Field(() => SigningScheme, {
    description:
      'How requests are signed. A change makes a secret of the new kind at once and forgets those of the old one.',
  })
  signing: Scheme;

  @Field(() => PayloadFormat, {
    description:
      'What the requests of events from now on look like; deliveries that are there keep the format that they began with.',
  })
  format: Format;
}

/** A signing secret without its value. */
@ObjectType('EndpointSecret', {
  implements: NodeType,
  simpleResolvers: true,
  description:
    'A signing secret; its value was in the answer of the mutation that made it, and is in that of endpointRevealSecret.',
})
export class EndpointSecretType {
  id: string;

  @Field(() => String, { description: 'Enough to recognise it, too little to sign with.' })
  hint: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The public key to verify with, whpk_ and the base64 of its 32 bytes; null for a shared secret (HMAC).',
  })
  publicKey: string | null;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it stops signing; null while it is in use without an end.',
  })
  expiresAt: Date | null;
}

/** A mailbox. */
@ObjectType('EndpointMailbox', {
  simpleResolvers: true,
  description: 'A mailbox that an endpoint writes to, and whether it may.',
})
export class EndpointMailboxType {
  loginId: string | null;

  @Field(() => String, { description: 'The address.' })
  address: string;

  @Field(() => MailboxStatus, { description: 'What its owner, or its mail server, has said.' })
  status: MailStatus;

  @Field(() => String, {
    nullable: true,
    description:
      'What the mail server said where it refused, or did not take the confirmation mail yet; null where it did not.',
  })
  reason: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the newest confirmation mail went; null before the first.',
  })
  confirmationSentAt: Date | null;

  @Field(() => LoginType, {
    nullable: true,
    description: 'The member of the team whose mailbox it is; null where the endpoint is the mailbox.',
  })
  login?: Resolved<LoginType> | null;
}

/** An endpoint. */
@ObjectType('Endpoint', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'A destination of a webhook.',
})
export class EndpointType {
  id: string;
  /** For the resolver of stats. */
  webhookId: string;

  @Field(() => EndpointKind, { description: 'What kind of destination it is.' })
  kind: keyof typeof EndpointKind;

  @Field(() => String, {
    description:
      'The address, in the normal form in which it is called; that of a mailbox with its domain in ASCII and small letters. Empty for the mailboxes of a team.',
  })
  target: string;

  @Field(() => EndpointStatus, { description: 'Whether it is sent to.' })
  status: keyof typeof EndpointStatus;

  @Field(() => String, {
    nullable: true,
    description:
      'Why it is not sent to, or only later: the cause and when, in English, for people. Null while nothing stands in the way.',
  })
  statusReason: string | null;

  @Field(() => [EndpointMailboxType], {
    description:
      "The mailboxes that it writes to: its own, or those of the team's members as they are now. None for a URL.",
  })
  mailboxes: EndpointMailboxType[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'Since when every attempt has failed; null when the last one succeeded.',
  })
  failingSince: Date | null;

  @Field(() => EndpointAuthenticationType, { description: 'How requests authenticate.' })
  authentication: EndpointAuthenticationType;

  @Field(() => EndpointAdvancedType, {
    description: 'Headers, time limit, retries, pace, order, signing and format.',
  })
  advanced: EndpointAdvancedType;

  @Field(() => [EndpointSecretType], {
    description:
      'The secrets that sign its requests, newest first; of each there is a signature in every request.',
  })
  secrets?: Resolved<EndpointSecretType[]>;
}

/** The result of endpointEnable, endpointDisable and endpointVerificationSend. */
@ObjectType('EndpointPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of an action on one endpoint.',
})
export class EndpointPayloadType {
  errors: UserErrorType[];

  @Field(() => EndpointType, {
    nullable: true,
    description: 'The endpoint as it is now; null when there are errors.',
  })
  endpoint: EndpointType | null;
}
