/**
 * The sign-in of the host platform: its people come with tokens of its identity provider, to the API with a JWT, to the
 * console by the code flow. Comes in: a token, or a browser that comes back from the provider. Goes out: a caller with the
 * rights that its login has here and now; the provider says who somebody is, and never what he may do.
 */
import type { Identities, Stranger } from '../access/identities.ts';
import type { Viewer } from '../access/viewer.ts';
import { type ClaimNames, personOf } from './person.ts';
import type { Provider } from './provider.ts';
import { isJwt, verifyToken } from './verify.ts';

/** A caller; or the rest of a sentence that begins with the token; or nothing can be said now. */
export type ForeignCaller =
  { kind: 'VIEWER'; viewer: Viewer } | { kind: 'REFUSED'; why: string } | { kind: 'UNAVAILABLE' };

/** What it is made of. */
export interface PlatformOptions {
  provider: Provider;
  identities: Identities;
  claims: ClaimNames;
  /** Of tokens for the API; null: it takes none. */
  audience: string | null;
  now: () => Date;
}

/** Why somebody who the provider knows may not come in: the rest of a sentence that begins with the token. */
const STRANGERS: Record<Stranger, string> = {
  UNKNOWN: 'nobody here is known by it: an administrator of this server has to let newcomers in',
  DISABLED: 'its login here is disabled',
  NO_PARENT: 'no login could be made for it: the one that BELLWIRE_OIDC_PARENT names is missing or disabled',
};

/** See the head of this file. */
export class Platform {
  readonly #options: PlatformOptions;

  constructor(options: PlatformOptions) {
    this.#options = options;
  }

  /** Whose token this is; undefined for what has not the form of one, told without a query. */
  async callerOf(token: string): Promise<ForeignCaller | undefined> {
    const { provider, identities, claims: names, audience, now } = this.#options;
    if (audience === null || !isJwt(token)) return undefined;
    const verdict = await verifyToken(provider, token, { audience, now: now() });
    if (verdict.kind !== 'GOOD') return verdict;
    const person = personOf(verdict.claims, names);
    if (person === undefined) return { kind: 'REFUSED', why: `it names nobody (${names.subject})` };
    const viewer = await identities.viewerOf(person, new Date(Math.floor(verdict.claims.exp) * 1000));
    return typeof viewer === 'string'
      ? { kind: 'REFUSED', why: STRANGERS[viewer] }
      : { kind: 'VIEWER', viewer };
  }
}
