/** What the claims of a token say of a person. */
import type { JWTPayload } from 'jose';

import type { ForeignPerson } from '../access/identities.ts';

/** Where the operator says that things are. */
export interface ClaimNames {
  subject: string;
  name: string;
  email: string;
}

/** The longest subject: OpenID Connect Core 1.0, 2, allows 255 characters. */
const MAX_SUBJECT = 255;

/** The person; undefined where the claim that it is known by is missing or no text. */
export function personOf(claims: JWTPayload & { iss: string }, names: ClaimNames): ForeignPerson | undefined {
  const subject = claims[names.subject];
  // eslint-disable-next-line no-control-regex -- no text of the database can hold a NUL
  if (typeof subject !== 'string' || !/^[^\x00-\x1f\x7f]+$/.test(subject) || subject.length > MAX_SUBJECT)
    return undefined;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    issuer: claims.iss,
    subject,
    name: text(claims[names.name]),
    email: text(claims[names.email]),
    emailVerified: claims['email_verified'] === true,
  };
}
