/** Strings as JSON text, on the hot path. */

/** Printable ASCII without quotation mark and backslash: nothing in it is escaped (RFC 8259, 7), and there is no NUL and no surrogate. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Whether JSON takes a text as it is, which nearly all names, ids and header values are. */
export function isPlain(text: string): boolean {
  return PLAIN.test(text);
}

/** What JSON.stringify says of it. */
export function jsonString(text: string): string {
  return isPlain(text) ? `"${text}"` : JSON.stringify(text);
}
