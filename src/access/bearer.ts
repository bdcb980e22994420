/** Bearer tokens as clients send them (RFC 6750, 2.1), in a header or in connectionParams. */

/** The token of an Authorization value, or undefined when it holds none. */
export function bearerToken(authorization: unknown): string | undefined {
  if (typeof authorization !== 'string') return undefined;
  return /^Bearer +(\S.*)$/i.exec(authorization.trim())?.[1];
}

/**
 * The token of graphql-ws connectionParams; the name of the entry is compared without regard to case. Undefined
 * without such an entry, null for one that holds no token.
 */
export function tokenOfParams(params: Record<string, unknown> | undefined): string | null | undefined {
  const entry = Object.entries(params ?? {}).find(([name]) => name.toLowerCase() === 'authorization');
  return entry && (bearerToken(entry[1]) ?? null);
}
