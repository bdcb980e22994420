/**
 * The sign-in of the host platform: its people come with tokens of its identity provider, to the API with a JWT, to the
 * console by the code flow. Comes in: a token, or a browser that comes back from the provider. Goes out: a caller with the
 * rights that its login has here and now; the provider says who somebody is, and never what he may do.
 */
import type { Identities, Stranger } from '../access/identities.ts';
import type { Viewer } from '../access/viewer.ts';
import type { Begun, CodeFlow, FlowFailure } from './code-flow.ts';
import { type ClaimNames, personOf } from './person.ts';
import type { Provider } from './provider.ts';
import { isJwt, verifyToken } from './verify.ts';

/** A caller; or the rest of a sentence that begins with the token; or nothing can be said now. */
export type ForeignCaller =
  { kind: 'VIEWER'; viewer: Viewer } | { kind: 'REFUSED'; why: string } | { kind: 'UNAVAILABLE' };

/** Why nobody came in by the provider: what went wrong there, or who the person is not here. */
export type SignInFailure = FlowFailure | Stranger | 'NOBODY';

/** The login that comes in, and what was to be kept meanwhile. */
export type SignedIn =
  | { ok: true; loginId: string; kept: Record<string, string> }
  | { ok: false; failure: SignInFailure; detail?: string; kept: Record<string, string> };

/** What it is made of. */
export interface PlatformOptions {
  provider: Provider;
  identities: Identities;
  claims: ClaimNames;
  /** Of tokens for the API; null: it takes none. */
  audience: string | null;
  /** The sign-in of browsers, under the name that people know the provider by; null: there is none. */
  signIn: { name: string; flow: CodeFlow } | null;
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
  /** What people know the provider by; null where they cannot sign in there. */
  get signInName(): string | null {
    return this.#options.signIn?.name ?? null;
  }

  /** Sends a browser to the provider; what is to be kept comes back with it. Undefined while that cannot be reached, or is not to be. */
  async beginSignIn(kept: Record<string, string>): Promise<Begun | undefined> {
    return this.#options.signIn?.flow.begin(kept);
  }

  /** Who comes back, with what the browser has kept and what it brings. */
  async finishSignIn(sealed: string | undefined, parameters: URLSearchParams): Promise<SignedIn> {
    const { signIn, identities, claims: names } = this.#options;
    if (signIn === null) return { ok: false, failure: 'STALE', kept: {} };
    const finished = await signIn.flow.finish(sealed, parameters);
    if (!finished.ok) return finished;
    const { claims, kept } = finished;
    const person = personOf(claims, names);
    if (person === undefined) return { ok: false, failure: 'NOBODY', kept };
    const login = await identities.loginOf(person);
    return typeof login === 'string' ? { ok: false, failure: login, kept } : { ok: true, ...login, kept };
  }
}
