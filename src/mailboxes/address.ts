/**
 * One mail address, as somebody types it, in the form in which it is written to (RFC 5321, 4.1.2: Dot-string@Domain).
 * What could name a second recipient, or be read in two ways, is refused: quoted local parts, comments, lists,
 * address literals, control characters.
 */
import { domainToASCII } from 'node:url';

/** The longest address and local part (RFC 5321, 4.5.3.1), in characters. */
export const MAX_ADDRESS = 254;
const MAX_LOCAL = 64;
const MAX_DOMAIN = 253;

/** The address, its domain in small letters and in ASCII; or the sentence that says what is wrong with it. */
export type ParsedAddress = { ok: true; address: string } | { ok: false; message: string };

const ATOMS = /^[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+(?:\.[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]+)*$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

function wrong(message: string): ParsedAddress {
  return { ok: false, message };
}

/** Reads an address; blanks around it do not count. */
export function parseMailAddress(input: string): ParsedAddress {
  // Trimmed of blanks only: a line break at an end is no slip of the keyboard.
  const text = input.replace(/^ +| +$/g, '');
  // eslint-disable-next-line no-control-regex -- what begins another header or ends a text
  if (/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(text))
    return wrong('An e-mail address has no line breaks or other control characters.');
  if (/[,;]/.test(text)) return wrong('Give one e-mail address only; add an endpoint for each further one.');
  if (/["()<>[\]\\:\s]/.test(text))
    return wrong('Give the address alone, such as ann@example.com, without a name, quotes or comments.');
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at));
  if (at <= 0 || at === text.length - 1 || local.includes('@'))
    return wrong('This is not an e-mail address, such as ann@example.com.');
  if (/[^\x20-\x7e]/.test(local))
    return wrong('The part before the @ may hold ASCII characters only: not every mail server takes others.');
  if (local.length > MAX_LOCAL)
    return wrong(`The part before the @ may have at most ${MAX_LOCAL} characters.`);
  if (!ATOMS.test(local))
    return wrong('The part before the @ has letters, digits and single dots between them, such as ann.lee.');
  const domain = domainToASCII(text.slice(at + 1).replace(/\.$/, ''));
  const labels = domain.split('.');
  // The last part of a domain holds a letter: else it is an IP address.
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label)) || !/[a-z]/.test(labels.at(-1)!))
    return wrong('The part behind the @ is not a domain, such as example.com.');
  const address = `${local}@${domain}`;
  if (domain.length > MAX_DOMAIN || address.length > MAX_ADDRESS)
    return wrong(`An e-mail address may have at most ${MAX_ADDRESS} characters.`);
  return { ok: true, address };
}
