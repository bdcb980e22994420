/**
 * The endpoints of the demo's webhooks: one HTTP server, a path for each webhook. It checks every signature
 * and prints what arrives; mails that arrive in the inbox it shows to whoever opens them in a browser.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Inbox } from './inbox.ts';
import type { Signed } from './keys.ts';
import { answerMailPage } from './mail-page.ts';

const PORT = 4001;
/** The path that answers 500 to everything. */
export const BROKEN_PATH = '/broken';

/** A running receiver. */
export interface Receiver {
  /** Scheme, host and port. */
  origin: string;
  stop(): Promise<void>;
}

/** How it checks a request to a path. */
export type Check = (path: string, headers: IncomingMessage['headers'], body: Buffer) => Promise<Signed>;

/** Listens on port 4001, or on any other where that is taken. */
export async function startReceiver(
  check: Check,
  say: (line: string) => void,
  inbox?: Inbox,
): Promise<Receiver> {
  const server = await listen(answering(check, say, inbox));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

const VERDICTS = {
  204: 'signature valid',
  401: 'BAD SIGNATURE',
  500: 'always fails',
  503: 'to show a retry',
};

/** Answers 404 to paths that it does not know, 401 to what is not signed as it should be, 503 to every tenth first attempt, 204 to the rest. */
function answering(check: Check, say: (line: string) => void, inbox: Inbox | undefined): Server {
  let received = 0;
  const statusFor = (path: string, attempt: string, signed: Signed): keyof typeof VERDICTS => {
    if (signed === 'BAD') return 401;
    if (path === BROKEN_PATH) return 500;
    return attempt === '1' && ++received % 10 === 0 ? 503 : 204;
  };
  const answer = async (request: IncomingMessage, body: Buffer): Promise<number> => {
    const path = request.url!;
    const signed = await check(path, request.headers, body);
    if (signed === 'UNKNOWN_PATH') return 404;
    const attempt = String(request.headers['webhook-attempt'] ?? '');
    const status = statusFor(path, attempt, signed);
    const { type, entityId, handledBy } = signed === 'BAD' ? NOTHING : printed(request.headers, body);
    const columns = [
      timeOfDay(),
      path.padEnd(12),
      type.padEnd(15),
      entityId.padEnd(7),
      handledBy.padEnd(9),
      `attempt ${attempt}`,
      status,
      signed === 'NONE' && status === 204 ? 'not signed' : VERDICTS[status],
    ];
    say(`  ${columns.join('  ')}`);
    return status;
  };
  return createServer((request, response) => {
    if (request.method === 'GET') return answerMailPage(inbox, request.url!, response);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      void answer(request, Buffer.concat(chunks))
        // The server that it asks for a key may be stopping.
        .catch(() => 503)
        .then((status) => response.writeHead(status).end());
    });
  });
}

/** With what each printed line begins. */
export function timeOfDay(): string {
  return new Date().toISOString().slice(11, 19);
}

const NOTHING = { type: '', entityId: '', handledBy: '' };

/** What is printed of a request, whichever format it has. */
function printed(headers: IncomingMessage['headers'], body: Buffer): typeof NOTHING {
  const parsed = JSON.parse(body.toString()) as {
    type?: string;
    entityId?: string;
    subject?: string;
    data?: Entity;
  } & Entity;
  const { id = '', handledBy } = parsed.data ?? parsed;
  return {
    type: parsed.type ?? String(headers['ce-type'] ?? ''),
    entityId: parsed.entityId ?? parsed.subject ?? id,
    handledBy: handledBy ?? '',
  };
}

/** What all entities of the demo have. */
interface Entity {
  id?: string;
  handledBy?: string | null;
}

async function listen(server: Server): Promise<Server> {
  const tryPort = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await tryPort(PORT).catch(() => tryPort(0));
  return server;
}
