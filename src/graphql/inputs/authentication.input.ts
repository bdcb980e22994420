/** Inputs about how requests authenticate: a type, and the credential of that very type. */
import { Field, InputType } from 'type-graphql';

import { AuthenticationType } from '../types/authentication.type.ts';

/** For BASIC. */
@InputType('BasicCredentialInput', { description: 'User name and password; one of the two may be empty.' })
export class BasicCredentialInput {
  @Field(() => String, { description: 'The user name, 1,024 characters at most, without a colon.' })
  username: string;

  @Field(() => String, { description: 'The password, 1,024 characters at most.' })
  password: string;
}

/** For BEARER. */
@InputType('BearerCredentialInput', { description: 'A bearer token.' })
export class BearerCredentialInput {
  @Field(() => String, {
    description: 'The token without the word Bearer: letters, digits and -._~+/, 8,192 characters at most.',
  })
  token: string;
}

/** For API_KEY and CUSTOM_HEADER. */
@InputType('HeaderCredentialInput', { description: 'A header and its secret value.' })
export class HeaderCredentialInput {
  @Field(() => String, {
    description: "The header's name, such as X-API-Key, by the rules of HttpHeaderInput.",
  })
  name: string;

  @Field(() => String, { description: 'Its value, printable ASCII characters, 4,096 at most.' })
  value: string;
}

/** For OAUTH2_CLIENT_CREDENTIALS. */
@InputType('OAuth2CredentialInput', {
  description: 'OAuth 2.0 client credentials grant; id and secret go by HTTP Basic (client_secret_basic).',
})
export class OAuth2CredentialInput {
  @Field(() => String, {
    description: 'The address that tokens are fetched from, by the same rules as the address of an endpoint.',
  })
  tokenUrl: string;

  @Field(() => String, { description: 'The client id, 1,024 characters at most.' })
  clientId: string;

  @Field(() => String, { description: 'The client secret, 1,024 characters at most.' })
  clientSecret: string;

  @Field(() => String, {
    nullable: true,
    description: 'The scope to ask for, words with one blank between them; none when left out.',
  })
  scope?: string | null;
}

/** For MUTUAL_TLS. */
@InputType('MutualTlsCredentialInput', { description: 'A client certificate and its key, PEM.' })
export class MutualTlsCredentialInput {
  @Field(() => String, {
    description: 'The certificate, behind it those that signed it, 16,384 characters at most.',
  })
  certificate: string;

  @Field(() => String, { description: 'Its private key, without a passphrase.' })
  privateKey: string;
}

/** The type and its credential. */
@InputType('EndpointAuthenticationInput', {
  description:
    'The authentication type and the credential of that very type; leave the credential out to keep the stored one.',
})
export class EndpointAuthenticationInput {
  @Field(() => AuthenticationType, { description: 'The type; NONE forgets the stored credential.' })
  type: keyof typeof AuthenticationType;

  @Field(() => BasicCredentialInput, { nullable: true, description: 'For BASIC.' })
  basic?: BasicCredentialInput | null;

  @Field(() => BearerCredentialInput, { nullable: true, description: 'For BEARER.' })
  bearer?: BearerCredentialInput | null;

  @Field(() => HeaderCredentialInput, { nullable: true, description: 'For API_KEY.' })
  apiKey?: HeaderCredentialInput | null;

  @Field(() => HeaderCredentialInput, { nullable: true, description: 'For CUSTOM_HEADER.' })
  customHeader?: HeaderCredentialInput | null;

  @Field(() => OAuth2CredentialInput, { nullable: true, description: 'For OAUTH2_CLIENT_CREDENTIALS.' })
  oauth2?: OAuth2CredentialInput | null;

  @Field(() => MutualTlsCredentialInput, { nullable: true, description: 'For MUTUAL_TLS.' })
  mutualTls?: MutualTlsCredentialInput | null;
}
