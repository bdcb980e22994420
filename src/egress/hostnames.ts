/** Which host names may be called at all, before DNS is asked (RFC 1035 for their form, RFC 6761 and others for the reserved ones). */

/** Names under these endings lead into the local machine, network, cluster or a hidden network. */
const REFUSED_SUFFIXES = [
  'localhost',
  'localdomain',
  'local',
  'internal',
  'home.arpa',
  'onion',
  'i2p',
  'svc',
  'cluster.local',
];

/** Names of the clouds' metadata services that do not end in one of the above, or are worth saying. */
const REFUSED_NAMES = new Set([
  'metadata',
  'instance-data',
  'metadata.google.internal',
  'metadata.amazonaws.com',
]);

/**
 * What is wrong with the form of a host name (lower case, no trailing dot), or undefined. WHATWG
 * URLs accept empty labels, over-long ones and most punctuation; DNS host names do not.
 */
export function malformedHostname(hostname: string): string | undefined {
  if (hostname.length > 253) return 'The host name is longer than 253 characters.';
  for (const label of hostname.split('.')) {
    if (label === '') return 'The host name has an empty part between two dots.';
    if (label.length > 63) return 'A part of the host name is longer than 63 characters.';
    if (!/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/.test(label)) {
      return 'The host name may hold letters, digits and inner hyphens only.';
    }
  }
  return undefined;
}

/** Whether a well-formed host name is one that never leads to a public receiver. */
export function isReservedHostname(hostname: string): boolean {
  if (!hostname.includes('.') || REFUSED_NAMES.has(hostname)) return true;
  return REFUSED_SUFFIXES.some((suffix) => hostname === suffix || hostname.endsWith(`.${suffix}`));
}
