/** Where the secret of a Create Webhooks link is sealed: feed/ writes it, `keys rotate` seals it anew. */
import type { Place } from './keyring.ts';

/** The place in the row of a link. */
export function webhooksLinkPlace(id: string): Place {
  return { table: 'webhooks_links', row: id, column: 'sealed' };
}
