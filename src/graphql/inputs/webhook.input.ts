/** Inputs about webhooks: all fields weak, so that every mistake comes back with its path, all at once. */
import { ArgsType, Field, ID, InputType, Int } from 'type-graphql';

import { DeliveryOrdering, EndpointKind, PayloadFormat, SigningScheme } from '../types/endpoint.type.ts';
import { defineEnum } from '../types/enum.ts';
import { OrderDirection } from '../types/page.type.ts';
import { WebhookStatus } from '../types/webhook.type.ts';
import { EndpointAuthenticationInput } from './authentication.input.ts';
import { DateTimeRangeInput, PageArgs } from './shared.input.ts';

/** Name, description and scope. */
@InputType('WebhookDetailsInput', {
  description:
    'What a webhook is called and whose activity it watches. On an update, what is left out stays as it is.',
})
export class WebhookDetailsInput {
  @Field(() => String, {
    nullable: true,
    description: 'The display name, 200 characters at most; required to create.',
  })
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'What it is for, 2,000 characters at most.' })
  description?: string | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "The login whose activity is watched, with all below. Without it and a team: the account's whole portfolio.",
  })
  forLoginId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'The team whose members are watched; not together with forLoginId.',
  })
  teamId?: string | null;
}

/** One header to send. */
@InputType('HttpHeaderInput', { description: 'One header that every request carries.' })
export class HttpHeaderInput {
  @Field(() => String, {
    description:
      'The name. Host, Connection, Transfer-Encoding, Content-…, webhook-… and ce-… belong to the server.',
  })
  name: string;

  @Field(() => String, {
    nullable: true,
    description: 'The value. Left out on a secret header of an existing endpoint, the stored one stays.',
  })
  value?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'True keeps the value encrypted: it is sent, but never shown again.',
  })
  secret: boolean;
}

/** The Advanced section. */
@InputType('EndpointAdvancedInput', {
  description: 'The Advanced section; what is left out takes its default.',
})
export class EndpointAdvancedInput {
  @Field(() => [HttpHeaderInput], {
    nullable: true,
    description: 'Headers that every request carries, 20 at most; none by default.',
  })
  headers?: HttpHeaderInput[] | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'How long the whole exchange may take, in milliseconds: from 100 to 30000, 15000 by default.',
  })
  timeoutMs?: number | null;

  @Field(() => [Int], {
    nullable: true,
    description:
      "Seconds before each attempt, 1 to 20 entries, as many as attempts; the server's schedule by default.",
  })
  retrySchedule?: number[] | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The most requests that are begun in a second, over all senders: from 1 to 10000; no limit by default.',
  })
  ratePerSecond?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "The most requests at the same time, over all senders: from 1 to 1000. By default the server's setting, which each sender counts for itself.",
  })
  maxConcurrency?: number | null;

  @Field(() => DeliveryOrdering, {
    nullable: true,
    description: 'Whether deliveries arrive in order; NONE by default.',
  })
  ordering?: keyof typeof DeliveryOrdering | null;

  @Field(() => SigningScheme, {
    nullable: true,
    description:
      'How requests are signed; STANDARD_WEBHOOKS_HMAC by default. Another scheme than the stored one makes a new secret (newSecrets) and forgets the old ones at once.',
  })
  signing?: keyof typeof SigningScheme | null;

  @Field(() => PayloadFormat, {
    nullable: true,
    description:
      'What requests look like; STANDARD_WEBHOOKS by default. On an endpoint that exists it counts for events from now on.',
  })
  format?: keyof typeof PayloadFormat | null;
}

/** One endpoint row. */
@InputType('EndpointInput', {
  description: 'One endpoint row. Give the id of a stored endpoint to keep its secrets.',
})
export class EndpointInput {
  @Field(() => ID, {
    nullable: true,
    description: 'The endpoint that this row edits; left out, the row is a new one.',
  })
  id?: string | null;

  @Field(() => EndpointKind, { nullable: true, description: 'What kind of destination it is; required.' })
  kind?: keyof typeof EndpointKind | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The web address, or the mail address where kind is EMAIL; required, but not taken where it is TEAM_MAILBOXES.',
  })
  target?: string | null;

  @Field(() => EndpointAuthenticationInput, {
    nullable: true,
    description:
      'How requests authenticate; null for not at all. Left out, that of a stored endpoint stays, and a new one has none.',
  })
  authentication?: EndpointAuthenticationInput | null;

  @Field(() => EndpointAdvancedInput, {
    nullable: true,
    description: 'Headers, time limit, retries, pace, order, signing and format.',
  })
  advanced?: EndpointAdvancedInput | null;
}

/** One trigger row. */
@InputType('TriggerInput', { description: 'One trigger row.' })
export class TriggerInput {
  @Field(() => ID, {
    nullable: true,
    description: 'The trigger that this row edits; left out, the row is a new one.',
  })
  id?: string | null;

  @Field(() => String, { nullable: true, description: "The resource's name in the catalog; required." })
  resource?: string | null;

  @Field(() => String, { nullable: true, description: "The event's name in the catalog; required." })
  event?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'A name of its own, 200 characters at most; empty when left out.',
  })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What it is for, 2,000 characters at most; empty when left out.',
  })
  description?: string | null;
}

/** Everything of a webhook. */
@InputType('WebhookInput', {
  description: 'A webhook. An update leaves omitted parts alone and replaces a given list as a whole.',
})
export class WebhookInput {
  @Field(() => WebhookDetailsInput, {
    nullable: true,
    description: 'Name, description and whose activity is watched.',
  })
  details?: WebhookDetailsInput | null;

  @Field(() => [EndpointInput], { nullable: true, description: 'Where it sends, 20 at most.' })
  endpoints?: EndpointInput[] | null;

  @Field(() => [TriggerInput], { nullable: true, description: 'What fires it, 100 at most.' })
  triggers?: TriggerInput[] | null;
}

/** Which webhooks a list shows. */
@InputType('WebhookFilterInput', {
  description: 'Which webhooks to list: every given field must hold, in a list of values one of them.',
})
export class WebhookFilterInput {
  @Field(() => String, {
    nullable: true,
    description:
      'A text that must occur in name, description, login (name or address) or team, or the number itself. On a database without pg_trgm one of them must begin with it.',
  })
  search?: string | null;

  @Field(() => [WebhookStatus], { nullable: true, description: 'The states to show.' })
  status?: (keyof typeof WebhookStatus)[] | null;

  @Field(() => ID, { nullable: true, description: 'Only those that this login created.' })
  loginId?: string | null;

  @Field(() => ID, { nullable: true, description: "Only those that watch this login's activity." })
  forLoginId?: string | null;

  @Field(() => ID, { nullable: true, description: 'Only those that watch this team.' })
  teamId?: string | null;

  @Field(() => String, { nullable: true, description: 'Only those with a trigger on this resource.' })
  resource?: string | null;

  @Field(() => DateTimeRangeInput, { nullable: true, description: 'Only those created in this span.' })
  createdAt?: DateTimeRangeInput | null;
}

/** The columns that sort. */
export const WebhookOrderField = defineEnum(
  'WebhookOrderField',
  'The columns by which webhooks are sorted.',
  {
    NUMBER: 'The number.',
    NAME: 'The name; as all texts without regard to case.',
    DESCRIPTION: 'The first 200 characters of the description.',
    LOGIN: 'The name of the login that created it.',
    FOR_LOGIN: 'The name of the login that is watched; those without one come last.',
    TEAM: 'The name of the team that is watched; those without one come last.',
    CREATED_AT: 'When it was created.',
    UPDATED_AT: 'When its settings last changed.',
  },
);

/** One sort key. */
@InputType('WebhookOrderInput', {
  description: 'One sort key; ties break on the id, in the direction of the last key.',
})
export class WebhookOrderInput {
  @Field(() => WebhookOrderField, { description: 'The column.' })
  field: keyof typeof WebhookOrderField;

  @Field(() => OrderDirection, { defaultValue: OrderDirection.ASC, description: 'Its direction.' })
  direction: keyof typeof OrderDirection;
}

/** The arguments of webhooks. */
@ArgsType()
export class WebhooksArgs extends PageArgs {
  @Field(() => WebhookFilterInput, {
    nullable: true,
    description: 'Which webhooks to list; all when left out.',
  })
  filter?: WebhookFilterInput | null;

  @Field(() => [WebhookOrderInput], {
    nullable: true,
    description: 'Sort keys, the first is the main one; the newest first when left out.',
  })
  orderBy?: WebhookOrderInput[] | null;
}
