/**
 * The session of this browser: a cookie that scripts cannot read, made in exchange for an access token or a
 * one-time link, and known to the server by a row. Three calls, outside GraphQL.
 */
import { apiAddress } from '../address.ts';
import type { Permission } from '../gql/graphql.ts';

/** Why there is no session: what to tell the person. */
export type SignInFailure = { message: string; retryAfterSeconds: number | null };

/** Exchanges a token, or the secret of a one-time link, for a session; null when that worked. */
export async function signIn(token: string): Promise<SignInFailure | null> {
  let response: Response;
  try {
    response = await fetch(apiAddress('session'), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
      credentials: 'same-origin',
    });
  } catch {
    return {
      message: 'The server cannot be reached. Check your connection and try again.',
      retryAfterSeconds: null,
    };
  }
  if (response.ok) return null;
  const retryAfter = Number(response.headers.get('retry-after'));
  const body = (await response.json().catch(() => null)) as { errors?: { message?: string }[] } | null;
  return {
    message: body?.errors?.[0]?.message ?? `The server answered with ${response.status}.`,
    retryAfterSeconds: retryAfter > 0 ? retryAfter : null,
  };
}

/** How people sign in besides: the name of the identity provider that they know; null without one, or without an answer. */
export async function readProvider(): Promise<string | null> {
  try {
    const response = await fetch(apiAddress('session/ways'), { credentials: 'same-origin' });
    return response.ok
      ? (((await response.json()) as { oidc: { name: string } | null }).oidc?.name ?? null)
      : null;
  } catch {
    return null;
  }
}

/** Where a browser goes to sign in there and come back to a page. */
export function providerAddress(back: string): string {
  return apiAddress(`session/oidc?${new URLSearchParams({ back }).toString()}`);
}

const PROVIDER_PROBLEMS: Record<string, string> = {
  stale: 'That sign-in was begun too long ago, in another browser, or was used already. Begin anew.',
  cancelled: 'You turned back before you were signed in.',
  refused: 'The identity provider refused to sign you in.',
  broken:
    'The identity provider and this server do not understand each other; the log of the server has the cause.',
  unavailable: 'The identity provider cannot be reached now. Try again in a moment.',
  unknown: 'You are signed in there, but have no login here: ask an administrator for one.',
  disabled: 'Your login here is disabled.',
  no_parent: 'No login could be made for you: the log of the server has the cause.',
  nobody: 'The identity provider did not say who you are; the log of the server has the cause.',
  later: 'Too many sign-ins have failed: try again in a quarter of an hour.',
};

/** What to tell the person about a sign-in at the provider that failed, by the word that the server sent it back with. */
export function providerProblem(word: string | null): SignInFailure | null {
  if (word === null) return null;
  return { message: PROVIDER_PROBLEMS[word] ?? 'The sign-in failed.', retryAfterSeconds: null };
}

/** What the session may do, which a token of fewer permissions narrows; null when there is none, or no server. */
export async function readPermissions(): Promise<Permission[] | null> {
  try {
    const response = await fetch(apiAddress('session'), { credentials: 'same-origin' });
    return response.ok ? ((await response.json()) as { permissions: Permission[] }).permissions : null;
  } catch {
    return null;
  }
}

/** Ends the session on the server and forgets the cookie; false when the server could not be reached. */
export async function signOut(): Promise<boolean> {
  try {
    const response = await fetch(apiAddress('session'), { method: 'DELETE', credentials: 'same-origin' });
    return response.ok || response.status === 401;
  } catch {
    return false;
  }
}

/** Takes the secret of a one-time link out of the address (#link=…), and out of the history with it. */
export function takeLinkFromAddress(): string | null {
  const link = new URLSearchParams(window.location.hash.slice(1)).get('link')?.trim();
  if (!link) return null;
  window.history.replaceState(window.history.state, '', window.location.pathname + window.location.search);
  return link;
}
