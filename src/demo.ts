/**
 * `--demo`: a small platform to watch. A catalog of clients, policies and payments, a receiver that
 * checks signatures with the reference library and prints what arrives, one webhook, and a trickle
 * of events until the server stops. Every tenth delivery is answered 503 once, so that retries show.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { Webhook as SignatureCheck } from 'standardwebhooks';

import type { Viewer } from './access/viewer.ts';
import type { App } from './app.ts';
import { DEMO_RESOURCES, sampleEvent } from './demo-catalog.ts';
import type { Problem, Result } from './errors.ts';
import { describeError } from './log.ts';
import type { WebhookOutcome } from './webhooks/outcome.ts';

const RECEIVER_PORT = 4001;
const TRICKLE_MS = 2_000;
/** Seconds; short, so that a newcomer sees a retry. */
const RETRY_SCHEDULE = [0, 2, 5, 10];
const TOKEN_HOURS = 24;
const TOKEN_NAME = 'GraphiQL of the demo';
const WEBHOOK_NAME = 'Demo: everything, to the receiver in this process';

/** A running demo. */
export interface Demo {
  /** Opens GraphiQL signed in; the token is behind the #, which browsers send to nobody. */
  graphiqlUrl: string;
  receiverUrl: string;
  /** Publishes nothing more. */
  quiet(): void;
  stop(): Promise<void>;
}

/** What survives a restart: which webhook is the demo's, and the key its receiver checks with. */
interface DemoState {
  webhookId: string;
  secret: string;
}

/** Fills the catalog, starts receiver and trickle; say prints one line for each thing that arrives. */
export async function startDemo(app: App, say: (line: string) => void): Promise<Demo> {
  const { access, catalog } = app.rooms;
  const viewer = await access.rootViewer();
  for (const resource of DEMO_RESOURCES) must(await catalog.register(viewer.loginId, resource));

  const keys: { secret: string | undefined } = { secret: undefined };
  const receiver = await listen(createReceiver(keys, say));
  const receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hooks`;
  keys.secret = (await settleWebhook(app, viewer, receiverUrl)).secret;

  for (const token of await access.tokens(viewer))
    if (token.name === TOKEN_NAME) must(await access.revokeToken(viewer, token.id));
  const { value: token } = must(
    await access.createToken(viewer, {
      name: TOKEN_NAME,
      permissions: [...viewer.permissions],
      expiresAt: new Date(Date.now() + TOKEN_HOURS * 3_600_000),
    }),
  );

  const trickle = setInterval(() => {
    app.rooms.events
      .publish(viewer, [sampleEvent()])
      .then(must)
      .catch((error: unknown) => app.logger.warn(describeError(error), 'the demo could not publish'));
  }, TRICKLE_MS);
  return {
    graphiqlUrl: `${app.url}/graphiql/#token=${token}`,
    receiverUrl,
    quiet: () => clearInterval(trickle),
    stop: () => {
      clearInterval(trickle);
      receiver.closeAllConnections();
      return new Promise((done) => receiver.close(() => done()));
    },
  };
}

/** Answers 401 to what is not signed with the key, 503 to every tenth first attempt, 204 to the rest. */
function createReceiver(keys: { secret: string | undefined }, say: (line: string) => void): Server {
  let received = 0;
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const header = (name: string): string => String(request.headers[name] ?? '');
      const attempt = header('webhook-attempt');
      const status = !signed(keys.secret, body, request.headers as Record<string, string>)
        ? 401
        : attempt === '1' && ++received % 10 === 0
          ? 503
          : 204;
      response.writeHead(status).end();
      const verdict =
        status === 204
          ? 'signature valid, taken'
          : status === 503
            ? 'refused once, to show a retry'
            : 'BAD SIGNATURE';
      const type = status === 401 ? '' : (JSON.parse(body) as { type: string }).type;
      say(
        `  ${new Date().toISOString().slice(11, 19)}  ${type.padEnd(16)} ${header('webhook-id')}  attempt ${attempt}  ${status}  ${verdict}`,
      );
    });
  });
}

function signed(secret: string | undefined, body: string, headers: Record<string, string>): boolean {
  if (secret === undefined) return false;
  try {
    new SignatureCheck(secret).verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

/** The usual port, or any other where that is taken. */
async function listen(server: Server): Promise<Server> {
  const tryPort = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', reject);
        resolve();
      });
    });
  await tryPort(RECEIVER_PORT).catch(() => tryPort(0));
  return server;
}

/** The webhook of the last run, pointed at this run's receiver; a new one where its secret is not at hand. */
async function settleWebhook(app: App, viewer: Viewer, target: string): Promise<DemoState> {
  const { webhooks } = app.rooms;
  const file = join(app.config.dataDir, 'demo.json');
  const known = await readState(file);
  const existing = known && (await webhooks.byId(viewer, known.webhookId));
  if (known && existing) {
    const endpoint = (await webhooks.endpointsOf([existing.id])).get(existing.id)?.[0];
    if (endpoint && endpoint.target !== target) {
      const moved = {
        id: endpoint.id,
        kind: 'URL' as const,
        target,
        advanced: { retrySchedule: RETRY_SCHEDULE },
      };
      saved(await webhooks.update(viewer, existing.id, null, { endpoints: [moved] }));
    }
    return known;
  }
  const created = saved(
    await webhooks.create(viewer, {
      details: { name: WEBHOOK_NAME, description: 'Made by --demo. Delete it freely.' },
      endpoints: [{ kind: 'URL', target, advanced: { retrySchedule: RETRY_SCHEDULE } }],
      triggers: DEMO_RESOURCES.flatMap((resource) =>
        resource.events.map((event) => ({ resource: resource.name, event: event.name })),
      ),
    }),
  );
  const state = { webhookId: created.webhook!.id, secret: created.newSecrets[0]!.value };
  await mkdir(app.config.dataDir, { recursive: true });
  await writeFile(file, JSON.stringify(state), { mode: 0o600 });
  return state;
}

async function readState(file: string): Promise<DemoState | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as DemoState;
  } catch {
    return undefined;
  }
}

/** The demo's own inputs are right; a refusal is a bug. */
function must<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw refusal(result.problems);
}

function saved(outcome: WebhookOutcome): WebhookOutcome {
  if (outcome.problems.length > 0) throw refusal(outcome.problems);
  return outcome;
}

function refusal(problems: Problem[]): Error {
  return new Error(problems.map((found) => `${found.field?.join('.')}: ${found.message}`).join('; '));
}
