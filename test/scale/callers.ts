/** Who asks: callers of different size, each with a token and, where it may have one, a Create Webhooks link. */
import { randomBytes } from 'node:crypto';

import type pg from 'pg';

import { hashToken, hintOf, makeToken } from '../../src/access/token-format.ts';
import { Api } from '../support/api.ts';
import { fixedId, PEOPLE } from './fill.ts';

/** The callers: the root administrator, the account above the large one, the large, a sparse and a tiny one, a member of a team. */
export const CALLERS = ['root', 'above', 'large', 'sparse', 'tiny', 'member'] as const;
/** One of them, or an account with many logins that hardly do anything, and no webhooks. */
export type Caller = (typeof CALLERS)[number] | 'dormant';

/** One caller, signed in. */
export interface SignedIn {
  api: Api;
  /** The address of its Create Webhooks link. */
  link: string;
}

/** Signs them all in. */
export async function signIn(
  sql: pg.Client,
  url: string,
  rootToken: string,
): Promise<Record<Caller, SignedIn>> {
  const made = {} as Record<Caller, SignedIn>;
  for (const caller of [...CALLERS, 'dormant'] as const) {
    const api = caller === 'root' ? new Api(url, rootToken) : await signInAs(sql, url, PEOPLE[caller]);
    const { link } = await api.mutate(
      'mutation { webhooksLinkRotate { errors { code message } link { url } } }',
    );
    made[caller] = { api, link: `${url}${new URL(link.url).pathname}` };
  }
  return made;
}

/** The API as a login of the tree sees it, by its number in ids. */
export async function signInAs(sql: pg.Client, url: string, login: number): Promise<Api> {
  const token = makeToken();
  await sql.query(
    `insert into access_tokens (id, login_id, origin, name, sha256, hint, permissions)
     values ($1, $2, 'USER', 'scale', $3, $4, '{WEBHOOKS_MANAGE,EVENTS_PUBLISH,ACCESS_MANAGE}')`,
    [`tok_${randomBytes(13).toString('hex')}`, fixedId('lgn', login), hashToken(token), hintOf(token)],
  );
  return new Api(url, token);
}
