/** Who: logins, teams, permissions, access tokens. */
import { Field, Int, ObjectType } from 'type-graphql';

import type { Permission as PermissionName } from '../../access/viewer.ts';
import { DateTime } from '../scalars.ts';
import { defineEnum } from './enum.ts';
import { NodeType, type Resolved } from './node.type.ts';
import { connectionTypes } from './page.type.ts';
import { MutationPayloadType, type UserErrorType } from './payload.type.ts';

/** The permissions of src/access. */
export const Permission = defineEnum(
  'Permission',
  "What a login may do inside its account's portfolio; a token may hold fewer than its login.",
  {
    WEBHOOKS_MANAGE: "Create, edit, switch, test and delete the account's webhooks, and read what they sent.",
    EVENTS_PUBLISH: "Publish events for the logins of the account's portfolio.",
    CATALOG_MANAGE: 'Register and remove resources of the catalog.',
    ACCESS_MANAGE: "Manage logins and teams of the caller's own portfolio.",
  } satisfies Record<PermissionName, string>,
);

/** A login, with the id that its resolver follows, and whether the caller may see more than who it is. */
@ObjectType('Login', {
  implements: NodeType,
  simpleResolvers: true,
  description:
    'A person or a service account. Logins form a tree: the portfolio of a login is itself and every login below it. Of a login that the caller only knows by name, because a webhook, a login or an entry of the audit log names it, no more than id, number, name and createdAt is told: the other fields are empty or false, and it is shown as its own account.',
})
export class LoginType {
  id: string;
  parentId: string | null;
  visible: boolean;

  @Field(() => Int, { description: 'The short number that people use; counted up from 1, never reused.' })
  number: number;

  @Field(() => String, { description: 'The display name.' })
  name: string;

  @Field(() => String, { description: 'The mail address.' })
  email: string;

  @Field(() => LoginType, {
    nullable: true,
    description: 'The login above; null for the root, and where it lies outside what the caller may see.',
  })
  parent?: Resolved<LoginType> | null;

  @Field(() => LoginConnectionType, {
    description: 'The logins directly below, in the order of their creation.',
  })
  children?: Resolved<LoginConnectionType>;

  @Field(() => LoginType, {
    description: 'The nearest login at or above this one that is marked as an account; the root always is.',
  })
  account?: Resolved<LoginType>;

  @Field(() => Boolean, { description: 'Whether this login is an account: the owner of webhooks and teams.' })
  isAccount: boolean;

  @Field(() => [TeamType], { description: 'The teams it is a member of, as far as the caller may see them.' })
  teams?: Resolved<TeamType[]>;

  @Field(() => [Permission], { description: 'What it may do in its account.' })
  permissions: PermissionName[];

  @Field(() => Boolean, { description: 'A disabled login cannot sign in; its tokens are refused.' })
  disabled: boolean;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt: Date;
}

const loginPages = connectionTypes('Login', 'A login', 'logins', () => LoginType);

/** A page of logins; totalCount runs only when asked for. */
@ObjectType('LoginConnection', { simpleResolvers: true, description: 'A page of logins.' })
export class LoginConnectionType extends loginPages.ConnectionFields {
  @Field(() => Int, { description: 'How many logins the whole list holds.' })
  totalCount: () => Promise<number>;
}

/** A team. */
@ObjectType('Team', {
  implements: NodeType,
  simpleResolvers: true,
  description:
    "A group of logins whose activity one webhook can watch, as far as it lies in the webhook's account. Its members may read the team's webhooks.",
})
export class TeamType {
  id: string;

  @Field(() => Int, { description: 'The short number that people use; counted up from 1, never reused.' })
  number: number;

  @Field(() => String, { description: 'The display name.' })
  name: string;

  @Field(() => LoginConnectionType, { description: 'The members, in the order of their creation as logins.' })
  members?: Resolved<LoginConnectionType>;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt: Date;
}

const teamPages = connectionTypes('Team', 'A team', 'teams', () => TeamType);

/** A page of teams; totalCount runs only when asked for. */
@ObjectType('TeamConnection', { simpleResolvers: true, description: 'A page of teams.' })
export class TeamConnectionType extends teamPages.ConnectionFields {
  @Field(() => Int, { description: 'How many teams the whole list holds.' })
  totalCount: () => Promise<number>;
}

/** An access token without its value. */
@ObjectType('AccessToken', {
  implements: NodeType,
  simpleResolvers: true,
  description: 'A bearer token. Its value was in the answer of accessTokenCreate and cannot be read again.',
})
export class AccessTokenType {
  id: string;

  @Field(() => String, { description: 'What it is for, in the words of its maker.' })
  name: string;

  @Field(() => String, {
    description: 'Enough of its beginning and end to recognise it, too little to use it.',
  })
  hint: string;

  @Field(() => [Permission], { description: 'What it may do, as far as its login may.' })
  permissions: PermissionName[];

  @Field(() => DateTime, { description: 'When it was made.' })
  createdAt: Date;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was last used, to the minute; null if never.',
  })
  lastUsedAt: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it stops working; null if only by revocation.',
  })
  expiresAt: Date | null;
}

/** The result of loginCreate and loginUpdate. */
@ObjectType('LoginPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of a change to a login.',
})
export class LoginPayloadType {
  errors: UserErrorType[];

  @Field(() => LoginType, {
    nullable: true,
    description: 'The login as it is now; null when there are errors.',
  })
  login: LoginType | null;
}

/** The result of teamCreate and teamUpdate. */
@ObjectType('TeamPayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of a change to a team.',
})
export class TeamPayloadType {
  errors: UserErrorType[];

  @Field(() => TeamType, {
    nullable: true,
    description: 'The team as it is now; null when there are errors.',
  })
  team: TeamType | null;
}

/** The result of accessTokenCreate: the only place where a token's value stands. */
@ObjectType('AccessTokenCreatePayload', {
  implements: MutationPayloadType,
  simpleResolvers: true,
  description: 'Result of accessTokenCreate.',
})
export class AccessTokenCreatePayloadType {
  errors: UserErrorType[];

  @Field(() => AccessTokenType, { nullable: true, description: 'The new token; null when there are errors.' })
  accessToken: AccessTokenType | null;

  @Field(() => String, {
    nullable: true,
    description: 'Its value, shown this once: send it as Authorization: Bearer <value>.',
  })
  value: string | null;
}
