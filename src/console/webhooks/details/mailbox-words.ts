/** What the owner of a mailbox, or its mail server, has said, in words. */
import type { MailboxStatus } from '../../gql/graphql.ts';
import { relativeTime } from '../../ui/time.tsx';
import type { DetailedEndpoint } from './use-webhook.ts';

export type Mailbox = DetailedEndpoint['mailboxes'][number];

/** "Waiting for confirmation, mail sent 3 minutes ago", "Refused by its server: 550 …". now may be some seconds old. */
export function mailboxWords({ status, reason, confirmationSentAt }: Mailbox, now: number): string {
  switch (status) {
    case 'CONFIRMED':
      return 'Confirmed';
    case 'UNSUBSCRIBED':
      return 'Unsubscribed';
    case 'SUPPRESSED':
      // What the server itself finds wrong with an address has no code of a mail server.
      return `${/^\d{3}\b/.test(reason ?? '') ? 'Refused by its server' : 'Not written to'}: ${reason ?? 'no reason was given'}`;
    case 'UNCONFIRMED':
      if (reason != null) return `Waiting for confirmation, its mail is tried again: ${reason}`;
      return confirmationSentAt == null
        ? 'Waiting for confirmation, its mail is on its way'
        : `Waiting for confirmation, mail sent ${relativeTime(confirmationSentAt, Math.max(now, Date.parse(confirmationSentAt)))}`;
  }
}

/** Whether another confirmation mail makes sense: a member who unsubscribed may think better of it. */
export function mayAskAgain({ kind, status, mailboxes }: DetailedEndpoint): boolean {
  if (kind === 'URL' || status === 'DISABLED' || status === 'AUTO_DISABLED') return false;
  return mailboxes.some((mailbox) => isWaiting(mailbox) || mailbox.status === 'UNSUBSCRIBED');
}

export function isWaiting({ status }: { status: MailboxStatus }): boolean {
  return status === 'UNCONFIRMED';
}

/** What stands for "Off after failures" where it was no failure. */
export function endedLabel(endpoint: DetailedEndpoint): string | undefined {
  const ended = endpoint.status === 'AUTO_DISABLED' ? endedBy(endpoint) : null;
  return ended === null ? undefined : { SUPPRESSED: 'Refused', UNSUBSCRIBED: 'Unsubscribed' }[ended];
}

/** Why an endpoint that is one mailbox switched itself off; null where that was not its owner's or server's word. */
export function endedBy({ kind, mailboxes }: DetailedEndpoint): 'SUPPRESSED' | 'UNSUBSCRIBED' | null {
  const status = kind === 'EMAIL' ? mailboxes[0]?.status : undefined;
  return status === 'SUPPRESSED' || status === 'UNSUBSCRIBED' ? status : null;
}
