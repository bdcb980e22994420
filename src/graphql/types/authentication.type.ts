/** How requests to an endpoint authenticate, as far as it is shown. */
import { Field, ObjectType } from 'type-graphql';

import type { AuthenticationType as Type } from '../../webhooks/authentication.ts';
import { DateTime } from '../scalars.ts';
import { defineEnum } from './enum.ts';

/** Authentication types. */
export const AuthenticationType = defineEnum(
  'AuthenticationType',
  'Authentication types; each asks for a credential of its own kind.',
  {
    NONE: 'Requests carry no credential; they are signed all the same.',
    BASIC: 'User name and password in the header Authorization (RFC 7617).',
    BEARER: 'A token in the header Authorization (RFC 6750).',
    API_KEY: 'A key in a header, such as X-API-Key.',
    CUSTOM_HEADER: 'A secret value in a header of any name, such as Authorization with a scheme of its own.',
    OAUTH2_CLIENT_CREDENTIALS:
      'A bearer token that is fetched for a client id and secret, kept until shortly before it ends, and fetched once anew when the endpoint answers 401 (RFC 6749, 4.4).',
    MUTUAL_TLS: 'A client certificate, shown in the TLS handshake.',
  } satisfies Record<Type, string>,
);

/** What is shown of an endpoint's authentication. */
@ObjectType('EndpointAuthentication', {
  simpleResolvers: true,
  description: 'How requests authenticate; the credential itself can be written but never read.',
})
export class EndpointAuthenticationType {
  @Field(() => AuthenticationType, { description: 'The type.' })
  type: keyof typeof AuthenticationType;

  @Field(() => String, {
    nullable: true,
    description:
      'What may be shown of the credential: the user name, the header name, the client id and the address of its tokens, or whom the certificate names. Null where nothing may.',
  })
  hint: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When the client certificate, or the first of its chain, ends; null for other types.',
  })
  expiresAt: Date | null;
}
