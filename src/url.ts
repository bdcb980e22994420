/** Parsing addresses, the same for all rooms. */

/**
 * The parsed address (WHATWG URL), or undefined where it is none. Not by URL.canParse: once that is
 * compiled, Node 20.20 takes its Latin-1 strings for UTF-8, and https://bücher.example/ is no URL any
 * more from some 4,000 calls on.
 */
export function parseUrl(input: string): URL | undefined {
  try {
    return new URL(input);
  } catch {
    return undefined;
  }
}
