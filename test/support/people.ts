/** Logins with tokens, as tests need them: made through the API, their tokens by the room. */
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
  // Only a login itself can make its token over the API; without one it cannot call it.
  const { access } = server.app.rooms;
  const permissions = input.permissions ?? [];
  const made = await access.createToken(
    { ...(await access.rootViewer()), loginId: login.id as string, permissions: new Set(permissions) },
    { name: input.name, permissions },
  );
  if (!made.ok) throw new Error(JSON.stringify(made.problems));
  return { id: login.id, number: login.number, api: new Api(server.api.url, made.value.value) };
}

/** Creates a team with some members. */
export async function createTeam(server: TestServer, name: string, memberIds: string[]): Promise<string> {
  const { team } = await server.api.mutate(
    'mutation ($input: TeamInput!) { teamCreate(input: $input) { errors { code field message } team { id } } }',
    { input: { name, memberIds } },
  );
  return team.id as string;
}
