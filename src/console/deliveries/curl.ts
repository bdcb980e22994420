/** An attempt's request as a command for a shell, so that it can be repeated by hand. Knows no secret: each has a placeholder. */
import type { HttpMessageViewFragment } from '../gql/graphql.ts';

/** What curl writes by itself, from the address and the body. */
const CURLS_OWN = new Set(['content-length', 'host', 'connection']);

export interface CurlCommand {
  command: string;
  /** What the command cannot know: the names of headers whose values are kept secret. */
  placeholders: string[];
  /** The body is longer than what is kept: the command reads it from a file. */
  bodyMissing: boolean;
}

/** The command, quoted for POSIX shells; clientCertificate where the connection is made with one, which no header tells. */
export function curlOf(request: HttpMessageViewFragment, clientCertificate: boolean): CurlCommand {
  const placeholders: string[] = [];
  // As it stands: curl would take brackets and braces in an address for patterns.
  const lines = [`curl --globoff --request ${request.method ?? 'POST'} ${quoted(request.url ?? '')}`];
  if (clientCertificate) lines.push('--cert client.pem --key client-key.pem');
  for (const { name, value, secret } of request.headers) {
    if (CURLS_OWN.has(name.toLowerCase())) continue;
    if (secret || value == null) placeholders.push(name);
    // curl takes a header with a semicolon for one with an empty value; with a colon it would leave it out.
    const header =
      secret || value == null ? `${name}: <${name}>` : value === '' ? `${name};` : `${name}: ${value}`;
    lines.push(`--header ${quoted(header)}`);
  }
  const bodyMissing = request.bodyTruncated || (request.body == null && request.bodyBytes > 0);
  if (bodyMissing) lines.push('--data-binary @body.json');
  else if (request.body != null && request.body !== '') lines.push(`--data-raw ${quoted(request.body)}`);
  return { command: lines.join(' \\\n  '), placeholders, bodyMissing };
}

/** One word of a POSIX shell, whatever is in it. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
