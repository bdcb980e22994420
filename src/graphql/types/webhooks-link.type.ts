/** The Create Webhooks link. */
import { Field, ObjectType } from 'type-graphql';

import { DateTime, Url } from '../scalars.ts';
import { MutationPayloadType, type UserErrorType } from './payload.type.ts';

/** The link of the caller. */
@ObjectType('WebhooksLink', {
  simpleResolvers: true,
  description:
    'The Create Webhooks link of the caller: a secret address from which another site reads the API information and pulls notifications.',
})
export class WebhooksLinkType {
  @Field(() => Url, {
    description:
      'The address itself. Whoever has it reads what its login may read: give it to one site, and make a new one when it got about.',
  })
  url: string;

  @Field(() => DateTime, { description: 'When this address was made.' })
  createdAt: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was last used, to the minute; null while it never was.',
  })
  lastUsedAt: Date | null;
}

/** The result of webhooksLinkRotate. */
@ObjectType('WebhooksLinkPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of webhooksLinkRotate.',
})
export class WebhooksLinkPayloadType {
  errors: UserErrorType[];

  @Field(() => WebhooksLinkType, {
    nullable: true,
    description: 'The new link; null when there are errors.',
  })
  link: WebhooksLinkType | null;
}
