/** Logins, teams and tokens. */
import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';

import type { LoginEntity } from '../../access/login.entity.ts';
import { loginManaged, may, missing } from '../../access/policy.ts';
import type { CountedPage } from '../../db/page.ts';
import { edgeError, valueOf } from '../answers.ts';
import type { Context } from '../context.ts';
import { AccessTokenInput, LoginInput, TeamInput } from '../inputs/access.input.ts';
import { ForwardPageArgs, SearchArgs } from '../inputs/shared.input.ts';
import { toAccessTokenType, toLoginType, toNamedLoginType, toTeamType } from '../mapping.ts';
import {
  AccessTokenCreatePayloadType,
  AccessTokenType,
  LoginConnectionType,
  LoginPayloadType,
  LoginType,
  TeamConnectionType,
  TeamPayloadType,
  TeamType,
} from '../types/access.type.ts';
import { toConnection } from '../types/page.type.ts';
import { DeletePayloadType } from '../types/payload.type.ts';

function toLoginConnection(page: CountedPage<LoginEntity>): LoginConnectionType {
  return { ...toConnection(page, toLoginType), totalCount: page.count };
}

/** Fields of Login, and what is asked and done about logins. */
@Resolver(() => LoginType)
export class LoginResolver {
  @Query(() => LoginType, { nullable: true, description: 'The login that calls.' })
  async viewer(@Ctx() { loaders, viewer }: Context): Promise<LoginType | null> {
    const login = await loaders.login.load(viewer.loginId);
    return login && toLoginType(login);
  }

  @Query(() => LoginConnectionType, {
    nullable: true,
    description: 'The logins that the caller may see, by number; a search compares name, address and number.',
  })
  async logins(
    @Ctx() { rooms, viewer }: Context,
    @Args(() => SearchArgs) { search, ...page }: SearchArgs,
  ): Promise<LoginConnectionType> {
    return toLoginConnection(valueOf(await rooms.access.loginsPage(viewer, page, search)));
  }

  @Mutation(() => LoginPayloadType, {
    nullable: true,
    description: "Creates a login below one of the caller's portfolio. Needs ACCESS_MANAGE.",
  })
  async loginCreate(
    @Ctx() { rooms, viewer }: Context,
    @Arg('input', () => LoginInput, { description: 'The new login.' }) input: LoginInput,
  ): Promise<LoginPayloadType> {
    const result = await rooms.access.createLogin(viewer, input);
    return result.ok
      ? { errors: [], login: toLoginType(result.value) }
      : { errors: result.problems, login: null };
  }

  @Mutation(() => LoginPayloadType, {
    nullable: true,
    description:
      "Edits a login of the caller's portfolio: names, grants, takes back, moves, disables. Needs ACCESS_MANAGE.",
  })
  async loginUpdate(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The login's id (lgn_…)." }) id: string,
    @Arg('input', () => LoginInput, { description: 'What changes.' }) input: LoginInput,
  ): Promise<LoginPayloadType> {
    const result = await rooms.access.updateLogin(viewer, id, input);
    return result.ok
      ? { errors: [], login: toLoginType(result.value) }
      : { errors: result.problems, login: null };
  }

  @FieldResolver()
  async parent(@Ctx() { loaders }: Context, @Root() { parentId }: LoginType): Promise<LoginType | null> {
    const login = parentId === null ? null : await loaders.visibleLogin.load(parentId);
    return login && toLoginType(login);
  }

  @FieldResolver()
  async children(
    @Ctx() { rooms, viewer }: Context,
    @Root() { id }: LoginType,
    @Args(() => ForwardPageArgs) args: ForwardPageArgs,
  ): Promise<LoginConnectionType> {
    return toLoginConnection(valueOf(await rooms.access.childrenPage(viewer, id, args)));
  }

  @FieldResolver()
  async account(@Ctx() { loaders, viewer }: Context, @Root() login: LoginType): Promise<LoginType> {
    if (!login.visible) return login;
    return toNamedLoginType(viewer, (await loaders.accountOf.load(login.id))!);
  }

  @FieldResolver()
  async teams(@Ctx() { loaders }: Context, @Root() { id, visible }: LoginType): Promise<TeamType[]> {
    return visible ? (await loaders.teamsOf.load(id)).map(toTeamType) : [];
  }
}

/** Fields of Team, and what is asked and done about teams. */
@Resolver(() => TeamType)
export class TeamResolver {
  @Query(() => TeamConnectionType, {
    nullable: true,
    description: 'The teams that the caller may see, by number; a search compares name and number.',
  })
  async teams(
    @Ctx() { rooms, viewer }: Context,
    @Args(() => SearchArgs) { search, ...page }: SearchArgs,
  ): Promise<TeamConnectionType> {
    const found = valueOf(await rooms.access.teamsPage(viewer, page, search));
    return { ...toConnection(found, toTeamType), totalCount: found.count };
  }

  @Mutation(() => TeamPayloadType, {
    nullable: true,
    description: "Creates a team in the caller's account. Needs ACCESS_MANAGE.",
  })
  async teamCreate(
    @Ctx() { rooms, viewer }: Context,
    @Arg('input', () => TeamInput, { description: 'The new team.' }) input: TeamInput,
  ): Promise<TeamPayloadType> {
    const result = await rooms.access.createTeam(viewer, input);
    return result.ok
      ? { errors: [], team: toTeamType(result.value) }
      : { errors: result.problems, team: null };
  }

  @Mutation(() => TeamPayloadType, {
    nullable: true,
    description: 'Renames a team or replaces its members. Needs ACCESS_MANAGE.',
  })
  async teamUpdate(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The team's id (tem_…)." }) id: string,
    @Arg('input', () => TeamInput, { description: 'What changes.' }) input: TeamInput,
  ): Promise<TeamPayloadType> {
    const result = await rooms.access.updateTeam(viewer, id, input);
    return result.ok
      ? { errors: [], team: toTeamType(result.value) }
      : { errors: result.problems, team: null };
  }

  @Mutation(() => DeletePayloadType, {
    nullable: true,
    description: 'Deletes a team that no webhook uses. Needs ACCESS_MANAGE.',
  })
  async teamDelete(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The team's id (tem_…)." }) id: string,
  ): Promise<DeletePayloadType> {
    const result = await rooms.access.deleteTeam(viewer, id);
    return result.ok ? { errors: [], deletedId: result.value } : { errors: result.problems, deletedId: null };
  }

  @FieldResolver()
  async members(
    @Ctx() { loaders, rooms, viewer }: Context,
    @Root() { id }: TeamType,
    @Args(() => ForwardPageArgs) args: ForwardPageArgs,
  ): Promise<LoginConnectionType> {
    // A list of a hundred teams asked a hundred times.
    const firstOf = (teamId: string, limit: number) => loaders.membersOf.load({ teamId, limit });
    return toLoginConnection(valueOf(await rooms.access.membersPage(viewer, id, args, firstOf)));
  }
}

/** What is asked and done about access tokens. */
@Resolver(() => AccessTokenType)
export class AccessTokenResolver {
  @Query(() => [AccessTokenType], {
    nullable: true,
    description:
      'The access tokens of the caller, or with ACCESS_MANAGE of a login of its portfolio (null where it is none), oldest first.',
  })
  async accessTokens(
    @Ctx() { rooms, viewer }: Context,
    @Arg('loginId', () => ID, {
      nullable: true,
      description: "Whose tokens; the caller's when left out.",
    })
    loginId: string | null | undefined,
  ): Promise<AccessTokenType[] | null> {
    if (loginId != null && loginId !== viewer.loginId) {
      if (!may(viewer, 'ACCESS_MANAGE')) throw edgeError('FORBIDDEN', missing('ACCESS_MANAGE').message);
      const login = await rooms.access.visibleLogin(viewer, loginId);
      if (!login || !loginManaged(viewer, login)) return null;
    }
    return (await rooms.access.tokens(viewer, loginId ?? viewer.loginId)).map(toAccessTokenType);
  }

  @Mutation(() => AccessTokenCreatePayloadType, {
    nullable: true,
    description:
      'Makes an access token, with no more than the caller may, ending no later than the token of the caller; its value is shown this once. For another login it needs ACCESS_MANAGE. A login may have 100 that are valid.',
  })
  async accessTokenCreate(
    @Ctx() { rooms, viewer }: Context,
    @Arg('input', () => AccessTokenInput, { description: 'The new token.' }) input: AccessTokenInput,
  ): Promise<AccessTokenCreatePayloadType> {
    const result = await rooms.access.createToken(viewer, input);
    return result.ok
      ? { errors: [], accessToken: toAccessTokenType(result.value.token), value: result.value.value }
      : { errors: result.problems, accessToken: null, value: null };
  }

  @Mutation(() => DeletePayloadType, {
    nullable: true,
    description:
      "Ends an access token at once, open sockets included: one of the caller's, or with ACCESS_MANAGE one of its portfolio. A token that may do more than that of the caller is not ended by it.",
  })
  async accessTokenRevoke(
    @Ctx() { rooms, viewer }: Context,
    @Arg('id', () => ID, { description: "The token's id (tok_…), not its value." }) id: string,
  ): Promise<DeletePayloadType> {
    const result = await rooms.access.revokeToken(viewer, id);
    return result.ok ? { errors: [], deletedId: result.value } : { errors: result.problems, deletedId: null };
  }
}
