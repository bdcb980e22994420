/** Whether the mailboxes of an endpoint are written to, in words: who has confirmed, who has not, and what a server said. */
import type { MailboxStatus } from '../mailboxes/mailboxes.ts';
import { instant } from './endpoint-status.ts';

/** A mailbox as it is read with its endpoint. */
export interface MailboxState {
  address: string;
  status: MailboxStatus;
  reason: string | null;
  /** ISO 8601; null while the confirmation mail has yet to go. */
  sentAt: string | null;
  /** The member whose mailbox it is; null where the endpoint is the mailbox. */
  loginId: string | null;
}

/** What the mailboxes say. */
export interface MailStatus {
  /** Whether nothing is sent before somebody confirms, or mail is configured. */
  unverified: boolean;
  reason: string | null;
}

/** What stands with endpoints while the server has no mail server. */
export const NOT_CONFIGURED = 'Mail is not configured on this server: set BELLWIRE_SMTP_URL.';

/** How many mailboxes of a team a reason names. */
const NAMED = 3;

/** The mailboxes of endpoint ep of webhook w as JSON, null for a URL: its own, or those of the team's members as they are now. */
export const MAILBOXES_COLUMN = `case ep.kind
  when 'EMAIL' then (
    select coalesce(json_agg(json_build_object('address', mb.address, 'status', mb.status, 'reason', mb.reason,
                                      'sentAt', mb.confirmation_sent_at, 'loginId', null)), '[]')
    from mailboxes mb where mb.endpoint_id = ep.id and mb.removed_at is null)
  when 'TEAM_MAILBOXES' then (
    select coalesce(json_agg(json_build_object('address', coalesce(mb.address, m.email), 'status', coalesce(mb.status, 'UNCONFIRMED'),
                                      'reason', mb.reason, 'sentAt', mb.confirmation_sent_at, 'loginId', m.id) order by m.email), '[]')
    from (select distinct on (lower(l.email)) l.email, l.id
          from team_members tm join logins l on l.id = tm.login_id and not l.disabled and l.email <> ''
          where tm.team_id = w.team_id order by lower(l.email), l.id) m
    left join mailboxes mb on mb.endpoint_id = ep.id and mb.given = lower(m.email) and mb.removed_at is null)
  end as mailboxes`;

/** The status of an endpoint that is on, by its mailboxes. */
export function mailStatus(
  kind: 'EMAIL' | 'TEAM_MAILBOXES',
  mailboxes: MailboxState[],
  configured: boolean,
): MailStatus {
  if (!configured) return { unverified: true, reason: NOT_CONFIGURED };
  if (kind === 'EMAIL') return aloneStatus(mailboxes[0]);
  const confirmed = mailboxes.filter(({ status }) => status === 'CONFIRMED').length;
  if (mailboxes.length === 0)
    return { unverified: false, reason: 'The team has no member with an e-mail address: nothing is sent.' };
  const others = mailboxes.filter(({ status }) => status === 'SUPPRESSED' || status === 'UNSUBSCRIBED');
  const unverified = confirmed === 0 && others.length < mailboxes.length;
  if (confirmed === mailboxes.length) return { unverified, reason: null };
  const named = others.slice(0, NAMED).map(refusalOf).join('; ');
  const more = others.length > NAMED ? `, and ${others.length - NAMED} more` : '';
  const count = `${confirmed} of ${mailboxes.length} mailboxes confirmed`;
  return { unverified, reason: `${count}${named && `; ${named}${more}`}.` };
}

function aloneStatus(mailbox: MailboxState | undefined): MailStatus {
  if (mailbox === undefined || mailbox.status === 'CONFIRMED') return { unverified: false, reason: null };
  if (mailbox.status !== 'UNCONFIRMED') return { unverified: false, reason: `${refusalOf(mailbox)}.` };
  const { address, sentAt, reason } = mailbox;
  const sent = reason
    ? `The confirmation mail to ${address} could not be handed over: ${reason.replace(/\.$/, '')}. It is tried again.`
    : sentAt === null
      ? `A confirmation mail to ${address} is on its way.`
      : `A confirmation mail went to ${address} at ${instant(new Date(sentAt))}; it holds a link with a button.`;
  return {
    unverified: true,
    reason: `${sent} Until somebody confirms, what is to be sent waits for up to 7 days.`,
  };
}

function refusalOf({ address, status, reason }: MailboxState): string {
  if (status === 'UNSUBSCRIBED') return `${address} unsubscribed`;
  return `${address} was refused: ${(reason ?? 'no reason was given').replace(/\.$/, '')}`;
}
