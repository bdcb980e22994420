/**
 * `--demo`: a small platform to watch. An insurance company with two branches, its logins with and without
 * permissions, webhooks of every status; a receiver that checks signatures and prints what arrives; and a
 * trickle of events in the names of both branches' clerks until the server stops.
 */
import type { SignInLink } from '../access/sessions.ts';
import type { Viewer } from '../access/viewer.ts';
import type { App } from '../app.ts';
import { publicAddress, signInAddress } from '../graphql/origins.ts';
import { describeError } from '../log.ts';
import { LOGINS } from './cast.ts';
import { sampleEvent } from './catalog.ts';
import { Keys } from './keys.ts';
import { startReceiver } from './receiver.ts';
import { type DemoLogins, Seed } from './seed.ts';
import { DemoState } from './state.ts';
import { issueTokens, type RoleToken, TOKEN_HOURS, tokenTable } from './tokens.ts';

const TRICKLE_MS = 2_000;
/** Whose table of webhooks shows most of what there is. */
const FIRST_TO_TRY = 'nils';

/** A running demo. */
export interface Demo {
  /** What to print: who there is, with tokens, and where to look. */
  introduction: string;
  /** Publishes nothing more; resolves when the last event is stored. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Fills the database as far as an earlier start has not, starts receiver and trickle; say prints one line for
 * each thing that arrives. trickleMs is the time between two events, ms.
 */
export async function startDemo(
  app: App,
  say: (line: string) => void,
  { trickleMs = TRICKLE_MS } = {},
): Promise<Demo> {
  const { access } = app.rooms;
  const root = await access.rootViewer();
  const state = await DemoState.open(app.config.dataDir, root.loginId);
  const keys = new Keys(app, root, state);
  const receiver = await startReceiver((path, headers, body) => keys.check(path, headers, body), say);
  const logins = await new Seed(app, root, state, receiver.origin).run();
  const tokens = await issueTokens(access, root, logins);
  const signIn = await app.rooms.sessions.createLink(logins.get(FIRST_TO_TRY)!.number);
  const quiet = startTrickle(app, root, logins, trickleMs);
  return {
    introduction: introduce(app, tokens, logins, { receiver: receiver.origin, signIn }),
    quiet,
    stop: async () => {
      await quiet();
      await receiver.stop();
    },
  };
}

/** The clerks work in turns, one event at a time; the answer stops them. */
function startTrickle(app: App, root: Viewer, logins: DemoLogins, everyMs: number): () => Promise<void> {
  const workers = [...logins].filter(([key]) => LOGINS[key]!.works).map(([, login]) => login);
  let turn = 0;
  const publish = async (): Promise<void> => {
    const event = sampleEvent(turn, workers[turn % workers.length]!);
    turn++;
    const published = await app.rooms.events.publish(root, [event]);
    if (!published.ok) {
      const reasons = published.problems.map(({ message }) => message);
      app.logger.warn({ reasons }, 'an event of the demo was refused');
    }
  };
  let working: Promise<void> | undefined;
  const timer = setInterval(() => {
    working ??= publish()
      .catch((error: unknown) => app.logger.warn(describeError(error), 'the demo could not publish'))
      .finally(() => (working = undefined));
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await working;
  };
}

function introduce(
  app: App,
  tokens: RoleToken[],
  logins: DemoLogins,
  { receiver, signIn }: { receiver: string; signIn: SignInLink | undefined },
): string {
  const first = logins.get(FIRST_TO_TRY)!;
  const graphiql = `
GraphiQL, signed in as the root; put another token behind #token= to be somebody else:
  ${app.url}/graphiql/#token=${tokens[0]!.token}
`;
  const server = publicAddress(app.config, app.port);
  // Whoever tries the demo may have disabled him.
  const link = signIn
    ? `
The console, signed in as ${first.name}, once, until ${signIn.expiresAt.toISOString().slice(11, 16)} UTC; to be somebody else, paste a token there:
  ${signInAddress(server, signIn.secret)}
`
    : '';
  return `Demo: an insurance company with two branches. A token for each role, valid for ${TOKEN_HOURS} hours:

${tokenTable(tokens)}
${link}${app.config.graphiql ? graphiql : ''}
Try ${first.name} first, the webhook manager of North: the tabs Webhooks and WatchDeliveries show North
alone. The clerks of both branches are at work; what arrives at ${receiver}:
`;
}
