/**
 * The endpoints of the demo's webhooks: one HTTP server, a path for each webhook. It checks every signature
 * with the reference library and prints what arrives.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Webhook as SignatureCheck } from 'standardwebhooks';

const PORT = 4001;
/** The path that answers 500 to everything. */
export const BROKEN_PATH = '/broken';

/** A running receiver. */
export interface Receiver {
  /** Scheme, host and port. */
  origin: string;
  stop(): Promise<void>;
}

/** Listens on port 4001, or on any other where that is taken; secretAt has the key to each path. */
export async function startReceiver(
  secretAt: (path: string) => string | undefined,
  say: (line: string) => void,
): Promise<Receiver> {
  const server = await listen(answering(secretAt, say));
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

/** Answers 404 where it has no key, 401 to what is not signed with it, 503 to every tenth first attempt, 204 to the rest. */
function answering(secretAt: (path: string) => string | undefined, say: (line: string) => void): Server {
  let received = 0;
  const statusFor = (path: string, attempt: string, body: Body | undefined): keyof typeof VERDICTS => {
    if (body === undefined) return 401;
    if (path === BROKEN_PATH) return 500;
    return attempt === '1' && ++received % 10 === 0 ? 503 : 204;
  };
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = request.url!;
      const secret = secretAt(path);
      if (secret === undefined) return void response.writeHead(404).end();
      const attempt = String(request.headers['webhook-attempt'] ?? '');
      const body = signedBody(secret, Buffer.concat(chunks).toString(), request);
      const status = statusFor(path, attempt, body);
      response.writeHead(status).end();
      const { type = '', entityId = '', data } = body ?? {};
      const columns = [
        new Date().toISOString().slice(11, 19),
        path.padEnd(12),
        type.padEnd(15),
        entityId.padEnd(7),
        (data?.handledBy ?? '').padEnd(9),
        `attempt ${attempt}`,
        status,
        VERDICTS[status],
      ];
      say(`  ${columns.join('  ')}`);
    });
  });
}

/** The part of a body that is printed. */
interface Body {
  type?: string;
  entityId?: string;
  data?: { handledBy?: string | null };
}

/** The body, if its signature is that of the key. */
function signedBody(secret: string, text: string, { headers }: IncomingMessage): Body | undefined {
  try {
    return new SignatureCheck(secret).verify(text, headers as Record<string, string>) as Body;
  } catch {
    return undefined;
  }
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
