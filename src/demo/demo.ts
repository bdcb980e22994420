/**
 * `--demo`: a small platform to watch. An insurance company with two branches, its logins with and without
 * permissions, webhooks of every status; a receiver that checks signatures and prints what arrives; mailboxes that print
 * their mails; and a trickle of events in the names of both branches' clerks until the server stops.
 */
import type { SignInLink } from '../access/sessions.ts';
import type { Viewer } from '../access/viewer.ts';
import type { App } from '../app.ts';
import { publicAddress, signInAddress } from '../graphql/origins.ts';
import { describeError } from '../log.ts';
import { LOGINS, MAILBOX } from './cast.ts';
import { sampleEvent } from './catalog.ts';
import type { Inbox, InboxMail } from './inbox.ts';
import { Keys } from './keys.ts';
import { INBOX_PATH, mailPath } from './mail-page.ts';
import { startReceiver, timeOfDay } from './receiver.ts';
import { type DemoLogins, Seed } from './seed.ts';
import { DemoState } from './state.ts';
import { issueTokens, type RoleToken, TOKEN_HOURS, tokenTable } from './tokens.ts';

const TRICKLE_MS = 2_000;
/** Whose table of webhooks shows most of what there is. */
const FIRST_TO_TRY = 'nils';

/** A running demo. */
export interface Demo {
  /** Publishes nothing more; resolves when the last event is stored. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

/** What a demo can be given besides the server. */
export interface DemoOptions {
  /** The mail server to which the server was configured; left out where that is one of the user's own. */
  inbox?: Inbox | undefined;
  /** The time between two events, ms. */
  trickleMs?: number;
}

/**
 * Fills the database as far as an earlier start has not, starts receiver and trickle. What it says are first who there is,
 * with tokens, and where to look, then one line for each thing that arrives.
 */
export async function startDemo(
  app: App,
  say: (text: string) => void,
  { inbox, trickleMs = TRICKLE_MS }: DemoOptions = {},
): Promise<Demo> {
  const { access } = app.rooms;
  const root = await access.rootViewer();
  const state = await DemoState.open(app.config.dataDir, root.loginId);
  const keys = new Keys(app, root, state);
  const receiver = await startReceiver((path, headers, body) => keys.check(path, headers, body), say, inbox);
  const seed = new Seed(app, root, state, { origin: receiver.origin, asksAgain: inbox !== undefined });
  const logins = await seed.run();
  const tokens = await issueTokens(access, root, logins);
  const signIn = await app.rooms.sessions.createLink(logins.get(FIRST_TO_TRY)!.number);
  say(introduce(app, tokens, logins, { receiver: receiver.origin, signIn, inbox }));
  // Only now, or the link to confirm would stand above all that.
  inbox?.follow((mail) => say(mailLine(mail, receiver.origin)));
  const quiet = startTrickle(app, root, logins, trickleMs);
  return {
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

/** A mail that arrived: with the link that it is about, or with that to itself. */
function mailLine({ number, to, subject, confirm }: InboxMail, receiver: string): string {
  return `  ${[timeOfDay(), to, subject, confirm ?? receiver + mailPath(number)].join('  ')}`;
}

function introduce(
  app: App,
  tokens: RoleToken[],
  logins: DemoLogins,
  { receiver, signIn, inbox }: { receiver: string; signIn: SignInLink | undefined; inbox: Inbox | undefined },
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
  const mails = inbox
    ? `One of his webhooks writes to ${MAILBOX}, whose owner is asked
first: open the mail at ${receiver}${INBOX_PATH}, press Confirm, and see the mails come.`
    : `One of his webhooks writes to ${MAILBOX}, by the mail server of BELLWIRE_SMTP_URL.`;
  return `Demo: an insurance company with two branches. A token for each role, valid for ${TOKEN_HOURS} hours:

${tokenTable(tokens)}
${link}${app.config.graphiql ? graphiql : ''}
Try ${first.name} first, the webhook manager of North: the tabs Webhooks and WatchDeliveries show North
alone. ${mails}

The clerks of both branches are at work; what arrives at ${receiver}${inbox ? ', and by mail' : ''}:
`;
}
