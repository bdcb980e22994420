/** Where a webhook sends: an endpoint, its Advanced section and its signing secrets. */
import { Field, Int, ObjectType } from 'type-graphql';

import { DateTime } from '../scalars.ts';
import { defineEnum } from './enum.ts';
import { HttpHeaderType } from './http.type.ts';
import { NodeType, type Resolved } from './node.type.ts';

/** Kinds of destination. */
export const EndpointKind = defineEnum('EndpointKind', 'Kinds of destination.', {
  URL: 'An http or https address that takes POST requests.',
});

/** Whether an endpoint is sent to. */
export const EndpointStatus = defineEnum('EndpointStatus', 'Whether an endpoint is sent to.', {
  ACTIVE: 'It gets what its webhook sends.',
});

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
}

/** A signing secret without its value. */
@ObjectType('EndpointSecret', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'A signing secret; its value was in the answer of the mutation that made it.',
})
export class EndpointSecretType {
  id: string;

  @Field(() => String, { description: 'Enough to recognise it, too little to sign with.' })
  hint: string;

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it stops signing; null while it is in use without an end.',
  })
  expiresAt: Date | null;
}

/** An endpoint. */
@ObjectType('Endpoint', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'A destination of a webhook.',
})
export class EndpointType {
  id: string;

  @Field(() => EndpointKind, { description: 'What kind of destination it is.' })
  kind: keyof typeof EndpointKind;

  @Field(() => String, { description: 'The address, in the normal form in which it is called.' })
  target: string;

  @Field(() => EndpointStatus, { description: 'Whether it is sent to.' })
  status: keyof typeof EndpointStatus;

  @Field(() => String, { nullable: true, description: 'Why it is not sent to; null while it is active.' })
  statusReason: string | null;

  @Field(() => EndpointAdvancedType, { description: 'Headers, time limit and retries.' })
  advanced: EndpointAdvancedType;

  @Field(() => [EndpointSecretType], { description: 'The secrets that sign its requests, newest first.' })
  secrets?: Resolved<EndpointSecretType[]>;
}
