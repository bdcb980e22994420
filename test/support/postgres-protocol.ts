/** What of PostgreSQL's protocol 3 tests read and write on the wire (PostgreSQL manual, chapter "Message Formats"). */

/** The message "Query" with a text. */
export function simpleQuery(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5);
  head.write('Q');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Whether a connection's first bytes are the startup message of a client that goes by this application_name. */
export function isStartupOf(head: Buffer, applicationName: string): boolean {
  return head.includes(`application_name\0${applicationName}\0`);
}
