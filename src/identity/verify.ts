/**
 * Judges a JWT of the identity provider (RFC 7519, RFC 8725, RFC 9068). Comes in: the token and what it must be for. Goes
 * out: its claims, or the sentence that says why not. The algorithm is one of a list and never the token's choice alone; the
 * key is one that the provider publishes for it; clocks may differ by half a minute, and no token outlives its own end.
 */
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';

import type { Known, Provider } from './provider.ts';

/** With a public key: none of them can be made by somebody who only checks. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'],
  ...['EdDSA', 'Ed25519'],
];
/** What a token may call itself: an access token, or nothing in particular. A logout token, a DPoP proof and others do not pass. */
const TYPES = ['at+jwt', 'jwt'];
/** How far the provider's clock may be ahead, s. */
const SKEW_S = 30;
/** The longest life of a token, s: it cannot be called back before its end. */
const MAX_LIFE_S = 24 * 3_600;
/** The longest token, characters. */
const MAX_TOKEN = 8_192;
const FORM = /^[\w-]+\.[\w-]+\.[\w-]*$/;

/** Claims that hold, always with an end, in seconds; or the rest of a sentence that begins with the token; or nothing can be said now. */
export type Verdict =
  | { kind: 'GOOD'; claims: JWTPayload & { iss: string; exp: number } }
  | { kind: 'REFUSED'; why: string }
  | { kind: 'UNAVAILABLE' };

/** Whether a text has the form of a JWT that is signed. */
export function isJwt(value: string): boolean {
  return value.startsWith('eyJ') && value.length <= MAX_TOKEN && FORM.test(value);
}

/** Verifies a token for an audience, by the time that is now. */
export async function verifyToken(
  provider: Provider,
  token: string,
  { audience, now }: { audience: string; now: Date },
): Promise<Verdict> {
  const known = await provider.known();
  if (known === undefined) return { kind: 'UNAVAILABLE' };
  try {
    // Before its key is looked for: what is none of the provider's makes it asked for nothing.
    if (decodeJwt(token).iss !== known.server.issuer) return refused('its issuer (iss) is another one');
    const { typ } = decodeProtectedHeader(token);
    if (typ !== undefined && !TYPES.includes(typ.toLowerCase().replace(/^application\//, '')))
      return refused(`it is no access token (typ)`);
    const claims = await verified(provider, known, token, audience, now);
    return claims === undefined
      ? refused('the provider publishes no key that it names (kid, alg)')
      : judged(claims, now);
  } catch (error) {
    return refused(reasonOf(error));
  }
}

/** The claims; undefined where the key is not there, also after another look. */
async function verified(
  provider: Provider,
  known: Known,
  token: string,
  audience: string,
  currentDate: Date,
): Promise<JWTPayload | undefined> {
  const verify = async ({ server, keys }: Known) => {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ALGORITHMS,
      issuer: server.issuer,
      audience,
      currentDate,
      clockTolerance: SKEW_S,
      requiredClaims: ['iat', 'exp'],
    });
    return payload;
  };
  try {
    return await verify(known);
  } catch (error) {
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
  }
  const anew = await provider.anew();
  if (anew === undefined || anew === known) return undefined;
  try {
    return await verify(anew);
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return undefined;
    throw error;
  }
}

/** What the library leaves to those who use it. */
function judged(claims: JWTPayload, now: Date): Verdict {
  const { iss, iat, exp, cnf } = claims as JWTPayload & { iss: string; iat: number; exp: number };
  const seconds = now.getTime() / 1000;
  // The tolerance is for a clock that is behind the provider's, and lengthens no life.
  if (exp <= seconds) return refused('it has expired (exp)');
  if (!(iat <= seconds + SKEW_S)) return refused('it was issued in the future (iat)');
  if (!(exp - iat <= MAX_LIFE_S)) return refused('it lives for more than 24 hours (exp, iat)');
  // Its holder would have to prove the key, and a bearer does not.
  if (cnf !== undefined) return refused('it is bound to a key (cnf), which a bearer does not show');
  return { kind: 'GOOD', claims: { ...claims, iss, exp } };
}

function refused(why: string): Verdict {
  return { kind: 'REFUSED', why };
}

const CLAIMS: Record<string, string> = {
  iss: 'its issuer (iss) is another one',
  aud: 'it is for another audience (aud)',
  nbf: 'it is not valid yet (nbf)',
};

function reasonOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired (exp)';
  if (error instanceof errors.JWTClaimValidationFailed)
    return CLAIMS[error.claim] ?? `its claim ${error.claim} is missing or malformed`;
  if (error instanceof errors.JOSEAlgNotAllowed)
    return `it is signed by an algorithm (alg) that is not one of ${ALGORITHMS.join(', ')}`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  if (error instanceof errors.JWKSMultipleMatchingKeys) return 'it does not say which key signed it (kid)';
  return 'it cannot be read, or its signature cannot be checked';
}
