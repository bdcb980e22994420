/**
 * The secrets of the links in mails. None is stored: each is worked out from the mailbox with a key of the keyring, and
 * recognised by working it out again. A confirmation hangs on the nonce of the last confirmation mail, so that a new
 * one ends the links before it; a link to unsubscribe has no end.
 */
import { kindOfId } from '../ids.ts';
import type { Keyring } from '../secrets/keyring.ts';

/** What a link is for. */
export type LinkPurpose = 'confirm' | 'unsubscribe';

/** The part of a link behind /mail/confirm/ or /mail/unsubscribe/; nonce is the mailbox's, and counts for confirm only. */
export function linkToken(
  keyring: Pick<Keyring, 'fingerprint'>,
  purpose: LinkPurpose,
  mailbox: { id: string; nonce: string },
): string {
  return `${mailbox.id}.${keyring.fingerprint(textOf(purpose, mailbox)).toString('base64url')}`;
}

/** The mailbox that a token speaks of; nothing is checked but the form of its id. */
export function mailboxOfToken(token: string): string | undefined {
  const [id = ''] = token.split('.', 1);
  return kindOfId(id) === 'mailbox' ? id : undefined;
}

/** Whether a token was made for this purpose and mailbox. */
export function isToken(
  keyring: Pick<Keyring, 'isFingerprint'>,
  purpose: LinkPurpose,
  mailbox: { id: string; nonce: string },
  token: string,
): boolean {
  const secret = Buffer.from(token.slice(mailbox.id.length + 1), 'base64url');
  // Read leniently by Buffer: only the one spelling counts.
  return linkIs(token, mailbox.id, secret) && keyring.isFingerprint(secret, textOf(purpose, mailbox));
}

function linkIs(token: string, id: string, secret: Buffer): boolean {
  return token === `${id}.${secret.toString('base64url')}`;
}

function textOf(purpose: LinkPurpose, { id, nonce }: { id: string; nonce: string }): string {
  return purpose === 'confirm' ? `confirm ${id} ${nonce}` : `unsubscribe ${id}`;
}
