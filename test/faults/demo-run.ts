/** A start of the demo in this process: what it printed, and what its receiver heard. */
import { pino } from 'pino';

import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { type Demo, startDemo } from '../../src/demo/demo.ts';
import { openInbox } from '../../src/demo/inbox.ts';
import { Api } from '../support/api.ts';
import { ROOT_TOKEN } from '../support/server.ts';

/** A line of the receiver. */
export interface Heard {
  path: string;
  /** Whose work it was; '' in the line of a request that is not signed. */
  by: string;
  attempt: number;
  verdict: string;
}

/** A line of the inbox. */
export interface MailLine {
  to: string;
  subject: string;
  link: string;
}

/** A line of the printed table. */
export interface RoleLine {
  login: string;
  /** Of W, P, C and A, with blanks between. */
  letters: string;
  token: string;
}

/** One start. */
export interface DemoRun {
  app: App;
  demo: Demo;
  root: Api;
  /** What it printed first. */
  introduction: string;
  heard: Heard[];
  mails: MailLine[];
  /** Resolves once look is true of what was heard. */
  until(look: (heard: Heard[]) => boolean): Promise<void>;
  /** Resolves with the first mail, past or to come, that fits. */
  mail(fits: (mail: MailLine) => boolean): Promise<MailLine>;
  /** The printed table, by role and account: "Clerk of North". */
  roles: Map<string, RoleLine>;
  /** The API with a printed token. */
  as(who: string): Api;
  stop(): Promise<void>;
}

/** Starts server and demo, with an event every 50 ms; warnings of the log go to warned, and settings are added. */
export async function startDemoRun(
  databaseUrl: string,
  dataDir: string,
  warned: (line: string) => void,
  settings: Record<string, string> = {},
): Promise<DemoRun> {
  const env = {
    DATABASE_URL: databaseUrl,
    BELLWIRE_DATA_DIR: dataDir,
    BELLWIRE_PORT: '0',
    BELLWIRE_ROOT_TOKEN: ROOT_TOKEN,
    BELLWIRE_POLL_INTERVAL: '50ms',
    // On a busy machine the demo starts a second one, whose thread cannot load what is not built.
    BELLWIRE_SENDERS: '1',
    ...settings,
  };
  const logger = pino({ level: 'warn' }, { write: warned });
  const config = loadConfig(env, { dev: true });
  const inbox = await openInbox(config);
  const app = await startApp(inbox?.configure(config) ?? config, { logger });
  let introduction = '';
  const heard: Heard[] = [];
  const mails: MailLine[] = [];
  const waiting = new Set<() => void>();
  const say = (text: string): void => {
    const columns = text.trim().split(/ {2,}/);
    if (text.startsWith('Demo: ')) introduction = text;
    else if (columns.length === 4) mails.push({ to: columns[1]!, subject: columns[2]!, link: columns[3]! });
    else heard.push(readLine(columns));
    for (const check of [...waiting]) check();
  };
  const demo = await startDemo(app, say, { inbox, trickleMs: 50 });
  const roles = readTable(introduction);
  const wait = <T>(look: () => T | undefined): Promise<T> =>
    new Promise((resolve, reject) => {
      const seen = () => JSON.stringify([whoHeardWhom(heard), mails]);
      const timer = setTimeout(() => reject(new Error(`heard only ${seen()}`)), 15_000);
      const check = (): void => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(found);
      };
      waiting.add(check);
      check();
    });
  return {
    ...{ app, demo, introduction, heard, mails, roles },
    root: new Api(app.url, ROOT_TOKEN),
    as: (who) => new Api(app.url, roles.get(who)!.token),
    until: async (look) => void (await wait(() => look(heard) || undefined)),
    mail: (fits) => wait(() => mails.find(fits)),
    stop: async () => {
      await demo.quiet();
      await app.stop();
      await demo.stop();
      await inbox?.stop();
    },
  };
}

/** By path of the receiver, whose work arrived there. */
export function whoHeardWhom(heard: Heard[]): Record<string, string[]> {
  const found: Record<string, Set<string>> = {};
  for (const { path, by } of heard) (found[path] ??= new Set()).add(by);
  return Object.fromEntries(Object.entries(found).map(([path, names]) => [path, [...names].sort()]));
}

/** Of the columns of a line those of the entity are missing where the request was not signed. */
function readLine(columns: string[]): Heard {
  const [attempt, , verdict] = columns.slice(-3);
  return {
    path: columns[1]!,
    by: columns.length === 8 ? columns[4]! : '',
    attempt: Number(attempt!.replace('attempt ', '')),
    verdict: verdict!,
  };
}

function readTable(text: string): Map<string, RoleLine> {
  const lines = text.split('\n').filter((line) => / (bw_\w+|disabled)$/.test(line));
  return new Map(
    lines.map((line) => {
      const [role, login, account, ...rest] = line.trim().split(/ {2,}/);
      const letters = rest.length === 2 ? rest[0]! : '';
      return [`${role} of ${account}`, { login: login!, letters, token: rest.at(-1)! }];
    }),
  );
}
