/** Logins with tokens, as tests need them, made through the API. */
import type { Permission } from '../../src/access/viewer.ts';
import { Api } from './api.ts';
import type { TestServer } from './server.ts';

/** A login that can call the API. */
export interface Person {
  id: string;
  number: number;
  api: Api;
}

/** Creates a login below parent (the root unless given) and a token with the same permissions. */
export async function createPerson(
  server: TestServer,
  input: { name: string; parentId?: string; isAccount?: boolean; permissions?: Permission[] },
): Promise<Person> {
  const { login } = await server.api.mutate(
    'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code field message } login { id number } } }',
    { input },
  );
  const made = await server.api.mutate(
    'mutation ($input: AccessTokenInput!) { accessTokenCreate(input: $input) { errors { code field message } value } }',
    { input: { name: input.name, permissions: input.permissions ?? [], loginId: login.id } },
  );
  return { id: login.id, number: login.number, api: new Api(server.api.url, made.value) };
}

/** Creates a team with some members. */
export async function createTeam(server: TestServer, name: string, memberIds: string[]): Promise<string> {
  const { team } = await server.api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code field message } team { id } } }',
    { input: { name, memberIds } },
  );
  return team.id as string;
}
