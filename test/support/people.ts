/** Logins with tokens, as tests need them, made through the API. */
import type { Permission } from '../../src/access/viewer.ts';
import { Api } from './api.ts';

/** A login that can call the API. */
export interface Person {
  id: string;
  number: number;
  api: Api;
}

/** Creates, as a caller of the API, a login below it (or below parent), and a token with the same permissions. */
export async function createPerson(
  { api }: { api: Api },
  input: { name: string; parentId?: string; isAccount?: boolean; permissions?: Permission[] },
): Promise<Person> {
  const { login } = await api.mutate(
    'mutation ($input: LoginInput!) { loginCreate(input: $input) { errors { code field message } login { id number } } }',
    { input },
  );
  const made = await api.mutate(
    'mutation ($input: AccessTokenInput!) { accessTokenCreate(input: $input) { errors { code field message } value } }',
    { input: { name: input.name, permissions: input.permissions ?? [], loginId: login.id } },
  );
  return { id: login.id, number: login.number, api: new Api(api.url, made.value) };
}

/** Creates, as a caller of the API, a team with some members. */
export async function createTeam({ api }: { api: Api }, name: string, memberIds: string[]): Promise<string> {
  const { team } = await api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code field message } team { id } } }',
    { input: { name, memberIds } },
  );
  return team.id as string;
}
