/** Inputs about logins, teams and tokens. */
import { Field, ID, InputType } from 'type-graphql';

import type { Permission as PermissionName } from '../../access/viewer.ts';
import { DateTime } from '../scalars.ts';
import { Permission } from '../types/access.type.ts';

/** A login to create or edit. */
@InputType('LoginInput', { description: 'A login. On an update, what is left out stays as it is.' })
export class LoginInput {
  @Field(() => String, {
    nullable: true,
    description: 'The display name, 200 characters at most; required to create.',
  })
  name?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The mail address; empty when left out on create, as a service account has none.',
  })
  email?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: "The login above, one of the caller's portfolio; the caller itself when left out on create.",
  })
  parentId?: string | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'Whether it is an account; false when left out on create.',
  })
  isAccount?: boolean | null;

  @Field(() => [Permission], {
    nullable: true,
    description:
      'What it may do; nothing when left out on create. Only what the caller holds may be given or taken away.',
  })
  permissions?: PermissionName[] | null;

  @Field(() => Boolean, {
    nullable: true,
    description: 'True locks it out: its tokens are refused and its sockets closed.',
  })
  disabled?: boolean | null;
}

/** A team to create or edit. */
@InputType('TeamInput', { description: 'A team. On an update, what is left out stays as it is.' })
export class TeamInput {
  @Field(() => String, {
    nullable: true,
    description: 'The display name, 200 characters at most; required to create.',
  })
  name?: string | null;

  @Field(() => [ID], {
    nullable: true,
    description:
      "All members, logins of the account's portfolio: those not named leave. Who joins may read the team's webhooks, so the caller must.",
  })
  memberIds?: string[] | null;
}

/** A token to make. */
@InputType('AccessTokenInput', {
  description: 'A token, of the caller or of a login of its portfolio.',
})
export class AccessTokenInput {
  @Field(() => String, { description: 'What it is for, 200 characters at most.' })
  name: string;

  @Field(() => [Permission], {
    description: 'What it may do: no more than the token that makes it, and than the login that it is for.',
  })
  permissions: PermissionName[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it stops working; never by itself when left out.',
  })
  expiresAt?: Date | null;

  @Field(() => ID, {
    nullable: true,
    description:
      "Whose it is: the caller's when left out, or with ACCESS_MANAGE a login of the caller's portfolio.",
  })
  loginId?: string | null;
}
