/** A start of the demo in this process: what it printed, and what its receiver heard. */
import { pino } from 'pino';

import { type App, startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { type Demo, startDemo } from '../../src/demo/demo.ts';
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
  heard: Heard[];
  /** Resolves once look is true of what was heard. */
  until(look: (heard: Heard[]) => boolean): Promise<void>;
  /** The printed table, by role and account: "Clerk of North". */
  roles: Map<string, RoleLine>;
  /** The API with a printed token. */
  as(who: string): Api;
  stop(): Promise<void>;
}

/** Starts server and demo, with an event every 50 ms; warnings of the log go to warned. */
export async function startDemoRun(
  databaseUrl: string,
  dataDir: string,
  warned: (line: string) => void,
): Promise<DemoRun> {
  const env = {
    DATABASE_URL: databaseUrl,
    BELLWIRE_DATA_DIR: dataDir,
    BELLWIRE_PORT: '0',
    BELLWIRE_ROOT_TOKEN: ROOT_TOKEN,
    BELLWIRE_POLL_INTERVAL: '50ms',
  };
  const logger = pino({ level: 'warn' }, { write: warned });
  const app = await startApp(loadConfig(env, { dev: true }), { logger });
  const heard: Heard[] = [];
  const waiting = new Set<() => void>();
  const say = (line: string): void => {
    heard.push(readLine(line));
    for (const check of [...waiting]) check();
  };
  const demo = await startDemo(app, say, { trickleMs: 50 });
  const roles = readTable(demo.introduction);
  return {
    ...{ app, demo, heard, roles },
    root: new Api(app.url, ROOT_TOKEN),
    as: (who) => new Api(app.url, roles.get(who)!.token),
    until: (look) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`heard only ${JSON.stringify(whoHeardWhom(heard))}`)),
          15_000,
        );
        const check = (): void => {
          if (!look(heard)) return;
          clearTimeout(timer);
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    stop: async () => {
      await demo.quiet();
      await app.stop();
      await demo.stop();
    },
  };
}

/** By path of the receiver, whose work arrived there. */
export function whoHeardWhom(heard: Heard[]): Record<string, string[]> {
  const found: Record<string, Set<string>> = {};
  for (const { path, by } of heard) (found[path] ??= new Set()).add(by);
  return Object.fromEntries(Object.entries(found).map(([path, names]) => [path, [...names].sort()]));
}

/** The columns of a line; those of the entity are missing where the request was not signed. */
function readLine(line: string): Heard {
  const columns = line.trim().split(/ {2,}/);
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
