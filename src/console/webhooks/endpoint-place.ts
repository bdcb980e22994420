/** Where an endpoint sends, in words: its web address, its mailbox, or the mailboxes of the webhook's team. */
import type { EndpointKind } from '../gql/graphql.ts';

/** How each kind reads, and what it means. */
export const KIND_WORDS: Record<EndpointKind, { label: string; meaning: string }> = {
  URL: { label: 'URL', meaning: 'A POST request to a server of yours.' },
  EMAIL: { label: 'Mailbox', meaning: 'An e-mail with the JSON attached.' },
  TEAM_MAILBOXES: {
    label: 'The team’s mailboxes',
    meaning: 'One e-mail to each member of the team that is watched.',
  },
};

/** Whether an endpoint writes mails, and has nothing that only a request can have. */
export function isMail(kind: EndpointKind): boolean {
  return kind !== 'URL';
}

/** The address, or what stands for the mailboxes of a team, which have none of their own. */
export function placeOf({ kind, target }: { kind: EndpointKind; target: string }): string {
  return kind === 'TEAM_MAILBOXES' ? KIND_WORDS.TEAM_MAILBOXES.label : target;
}
