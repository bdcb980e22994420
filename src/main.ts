/**
 * The process: reads the command line, runs one command, turns signals into an orderly stop and what
 * went wrong into a sentence and an exit code (0 stopped as asked, 1 failed, 2 wrong command line,
 * 130 told twice to stop). Everything heavy is imported only by the command that needs it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import type { App, Running } from './app.ts';
import { type Config, loadConfig, type Role, ROLES, settingsTable, summarizeConfig } from './config.ts';
import { isConnectionLoss } from './db/connection-loss.ts';
import type { Database } from './db/database.ts';
import type { Demo } from './demo/demo.ts';
import { StartupError } from './errors.ts';
import { createLogger, describeError } from './log.ts';
import { version } from './paths.ts';

const HELP = `Usage: bellwire [command] [options]

Commands
  serve     Start the server (default): the API, and the sending of deliveries, or one of both (--role).
  migrate   Bring the database to this version's schema and end.
  schema    Print the GraphQL schema, or write it to the file of --out.
  settings  Print the table of all settings (environment variables).
  storage   Print what is kept of the past: size, oldest row, what goes next, and how far the jobs of retention
            are. The server may be running.
  keys rotate
            Encrypt with the first of BELLWIRE_ENCRYPTION_KEYS all secrets that were encrypted with another one. Servers
            may be running, with the same keys; it can be broken off and started again.
  sign-in-link
            Make a one-time link to sign in to the console, for the root administrator or the login of
            --login, and print it. The server may be running.

Options
  --role ROLE  What this process does: all (default), api (serves and never sends), or worker (sends, and serves
               nothing but /healthz, /readyz and /metrics). Any number of them share one DATABASE_URL.
  --dev        Let webhooks call http:// and 127.0.0.1: for trying things on one machine only.
  --demo       --dev, and a small platform: logins with tokens, webhooks, a receiver and a mail server that print
               what arrives.
  --out FILE   Where the command schema writes to.
  --login NUMBER
               Whom the command sign-in-link signs in: the number that the API shows of a login.
  --help       This text.
  --version    The version.
`;

const SAME_SIGNAL_MS = 300;

interface Command {
  name: string;
  role: Role | undefined;
  dev: boolean;
  demo: boolean;
  out: string | undefined;
  login: number | null;
}

/** A command without its options. */
const BARE = { role: undefined, dev: false, demo: false, out: undefined, login: null };

class UsageError extends Error {}

function readCommand(args: string[]): Command {
  let parsed;
  try {
    parsed = parseArgs({
      args,
      allowPositionals: true,
      options: {
        role: { type: 'string' },
        dev: { type: 'boolean', default: false },
        demo: { type: 'boolean', default: false },
        out: { type: 'string' },
        login: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
      },
    });
  } catch (error) {
    // Node's message goes on about positional arguments behind its first sentence.
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
  const { values, positionals } = parsed;
  if (values.help) return { ...BARE, name: 'help' };
  if (values.version) return { ...BARE, name: 'version' };
  const [first = 'serve', ...others] = positionals;
  // The one command of two words.
  const [name, ...rest] =
    first === 'keys' ? [positionals.slice(0, 2).join(' '), ...others.slice(1)] : [first, ...others];
  if (!COMMANDS.has(name)) throw new UsageError(`Unknown command '${name}'`);
  if (rest.length > 0) throw new UsageError(`Unexpected argument '${rest[0]}'`);
  if (values.out !== undefined && name !== 'schema')
    throw new UsageError(`--out goes with the command schema only`);
  if ((values.dev || values.demo) && name !== 'serve')
    throw new UsageError(`--dev and --demo go with the command serve only`);
  if (values.role !== undefined && name !== 'serve')
    throw new UsageError('--role goes with the command serve only');
  const role = ROLES.find((known) => known === values.role);
  if (role !== values.role)
    throw new UsageError(`--role must be one of ${ROLES.join(', ')}, not '${values.role}'`);
  if (values.login !== undefined && name !== 'sign-in-link')
    throw new UsageError('--login goes with the command sign-in-link only');
  if (values.login !== undefined && !/^[1-9]\d{0,8}$/.test(values.login))
    throw new UsageError(`--login must be the number of a login, such as 5, not '${values.login}'`);
  const login = values.login === undefined ? null : Number(values.login);
  return { name, role, dev: values.dev || values.demo, demo: values.demo, out: values.out, login };
}

const COMMANDS = new Map<string, (command: Command) => Promise<void> | void>([
  ['serve', serve],
  ['migrate', migrate],
  ['schema', schema],
  ['sign-in-link', signInLink],
  ['storage', storage],
  ['keys rotate', rotate],
  ['settings', () => say(settingsTable())],
  ['help', () => say(HELP.trimEnd())],
  ['version', () => say(version)],
]);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Serves until SIGTERM or SIGINT. A signal during the start is heeded as soon as there is something to stop. */
async function serve(command: Command): Promise<void> {
  const { role, dev, demo } = command;
  const config = loadConfig(process.env, { dev, ...(role ? { role } : {}) });
  if (demo && config.role !== 'all')
    throw new UsageError(
      `--demo shows all of it in one process: it goes with the role all, not ${config.role}`,
    );
  const stopAsked = onStopSignal();
  if (config.role === 'worker') await work(config, stopAsked);
  else await serveApi(config, demo, stopAsked);
}

async function serveApi(config: Config, withDemo: boolean, stopAsked: Promise<void>): Promise<void> {
  const { startApp } = await import('./app.ts');
  const inbox = withDemo ? await (await import('./demo/inbox.ts')).openInbox(config) : undefined;
  let app: App | undefined;
  let demo: Demo | undefined;
  try {
    app = await startApp(inbox?.configure(config) ?? config);
    logSettings(config);
    await sayAddresses(app);
    if (withDemo) {
      const { startDemo } = await import('./demo/demo.ts');
      demo = await startDemo(app, say, { inbox });
    }
    await stopAsked;
    say('Stopping…');
  } finally {
    // First no new events, then what is on the wire, and the receivers last.
    await demo?.quiet();
    await app?.stop();
    await demo?.stop();
    await inbox?.stop();
  }
}

/** Sends until it is told to stop. */
async function work(config: Config, stopAsked: Promise<void>): Promise<void> {
  const { startWorker } = await import('./app.ts');
  const worker = await startWorker(config);
  logSettings(config);
  say(`Bellwire ${version} is ready, as a worker: it sends deliveries and has no API.

${probeAddresses(worker)}
`);
  warnOfDev(config);
  await stopAsked;
  say('Stopping…');
  await worker.stop();
}

function logSettings(config: Config): void {
  const settings = summarizeConfig(process.env);
  if (Object.keys(settings).length > 0) createLogger(config.logLevel).info({ settings }, 'settings');
}

function probeAddresses({ url, metricsUrl }: Running): string {
  const metrics = metricsUrl === null ? '' : `\n  Metrics   ${metricsUrl}`;
  return `  Health    ${url}/healthz  ${url}/readyz${metrics}`;
}

function warnOfDev({ dev }: Config): void {
  if (dev)
    say(
      `WARNING: --dev lets webhooks call http:// and 127.0.0.1. Never use it where others can reach this server.\n`,
    );
}

async function sayAddresses(app: App): Promise<void> {
  const { url, rootToken, config, port, rooms } = app;
  const { publicAddress, signInAddress } = await import('./graphql/origins.ts');
  const console = publicAddress(config, port);
  const link = await rooms.sessions.createLink(null);
  const signIn = link ? `  (one-time sign-in: ${signInAddress(console, link.secret)})` : '';
  const graphiql = config.graphiql ? `\n  GraphiQL  ${url}/graphiql` : '';
  const role = config.role === 'api' ? ', as an API: it sends nothing, workers do' : '';
  say(`Bellwire ${version} is ready${role}.

  Console   ${console}/${signIn}
  GraphQL   ${url}/graphql${graphiql}
${probeAddresses(app)}
`);
  warnOfDev(config);
  if (rootToken !== null)
    say(`The root administrator's token, shown this once; keep it in a safe place:\n\n  ${rootToken}\n`);
}

/** Resolves at the first signal; the second one does not wait for anything. */
function onStopSignal(): Promise<void> {
  return new Promise((stop) => {
    let askedAt: number | undefined;
    const heed = (): void => {
      askedAt ??= Date.now();
      // npm passes on the very Ctrl-C that the terminal has sent to us already.
      if (Date.now() - askedAt > SAME_SIGNAL_MS) process.exit(130);
      stop();
    };
    process.on('SIGTERM', heed);
    process.on('SIGINT', heed);
  });
}

async function migrate(): Promise<void> {
  const config = loadConfig(process.env);
  await withDatabase(config, config.databaseUrl, () => say('The database is up to date.'));
}

/** Beside a running server, too. */
async function storage(): Promise<void> {
  const config = loadConfig(process.env);
  const { storageText } = await import('./history/storage.ts');
  await withDatabase(config, await presentDatabase(config), async (database) =>
    say(await storageText(database.reads, config)),
  );
}

/** Beside running servers, too. */
async function rotate(): Promise<void> {
  const config = loadConfig(process.env);
  const { loadKeyring } = await import('./secrets/load-keyring.ts');
  const { rotateKeys } = await import('./webhooks/rotate-keys.ts');
  const keyring = await loadKeyring(config);
  await withDatabase(config, await presentDatabase(config), async (database) => {
    const { resealed, broken, current, outrun } = await rotateKeys(
      database.engine,
      keyring,
      ({ table, resealed: soFar }) => say(`${table}: ${soFar} encrypted anew so far`),
    );
    say(
      `${resealed} encrypted anew with the key ${keyring.activeId}, with which ${current} in all are encrypted now; ${broken.length} do not open.`,
    );
    if (broken.length > 0)
      throw new StartupError(`These were left as they are:\n${broken.map((line) => `  ${line}`).join('\n')}`);
    if (outrun)
      throw new StartupError(
        'A server goes on encrypting with another key: start all of them with the same BELLWIRE_ENCRYPTION_KEYS, then run this again.',
      );
  });
}

/** The address of the database that is set, or of the embedded one that a server runs; null where none does. */
async function presentDatabase(config: Config): Promise<string | null> {
  const { runningEmbeddedPostgres } = await import('./db/embedded-postgres.ts');
  return config.databaseUrl ?? runningEmbeddedPostgres(config.dataDir) ?? null;
}

/** Beside a running server, too: what it needs is in the database. */
async function signInLink({ login: number }: Command): Promise<void> {
  const config = loadConfig(process.env);
  const { publicAddress, signInAddress } = await import('./graphql/origins.ts');
  const { readerOf } = await import('./db/sql.ts');
  const { Access } = await import('./access/access.ts');
  const { Sessions } = await import('./access/sessions.ts');
  if (config.publicUrl === null && config.port === 0)
    throw new StartupError(
      'Set BELLWIRE_PUBLIC_URL: with BELLWIRE_PORT=0 nobody knows where the server listens.',
    );
  await withDatabase(config, await presentDatabase(config), async (database) => {
    const access = new Access(database.orm, config);
    const sessions = new Sessions({ sql: readerOf(database.rights), access, limits: config });
    const link = await sessions.createLink(number);
    if (link === undefined)
      throw new StartupError(
        number === null
          ? 'There is no root administrator yet: start the server once.'
          : `There is no login ${number}, or it is disabled.`,
      );
    say(`Signs in ${link.login.name} (login ${link.login.number}), once, until ${link.expiresAt.toISOString()}:

  ${signInAddress(publicAddress(config, config.port), link.secret)}
`);
  });
}

/** Opens the database at url, brought up to date, or the embedded one if that is null, for as long as work takes. */
async function withDatabase(
  config: Config,
  url: string | null,
  work: (database: Database) => Promise<void> | void,
): Promise<void> {
  const logger = createLogger(config.logLevel);
  const { createDataSource } = await import('../ormconfig.ts');
  const { openDatabase } = await import('./db/database.ts');
  const { startEmbeddedPostgres } = await import('./db/embedded-postgres.ts');
  const embedded =
    url === null ? await startEmbeddedPostgres({ dataDir: config.dataDir, logger }) : undefined;
  try {
    const address = url ?? embedded!.url;
    const database = await openDatabase(createDataSource(address), { url: address, logger, keep: config });
    try {
      await work(database);
    } finally {
      await database.close();
    }
  } finally {
    await embedded?.stop();
  }
}

async function schema({ out }: Command): Promise<void> {
  const { printedSchema } = await import('./graphql/schema.ts');
  if (out === undefined) {
    process.stdout.write(printedSchema());
    return;
  }
  const file = resolve(out);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, printedSchema());
}

/** Nothing is left to be trusted after an error that nobody caught: the database keeps what counts. */
function dieOf(what: string) {
  return (error: unknown): void => {
    createLogger('error').error(describeError(error), what);
    process.exit(1);
  };
}

async function main(): Promise<number> {
  process.on('uncaughtException', dieOf('uncaught exception'));
  process.on('unhandledRejection', dieOf('unhandled rejection'));
  try {
    const command = readCommand(process.argv.slice(2));
    await COMMANDS.get(command.name)!(command);
    return 0;
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}. --help shows what there is.\n`);
      return 2;
    }
    if (error instanceof StartupError) process.stderr.write(`${error.message}\n`);
    else if (isConnectionLoss(error))
      process.stderr.write(
        `The database went away: ${describeError(error).error}. Start again once it is back.\n`,
      );
    else createLogger('error').error(describeError(error), 'failed');
    return 1;
  }
}

const exitCode = await main();
// Not process.exit() right away: it would cut off what is still being written to a pipe.
process.exitCode = exitCode;
setTimeout(() => process.exit(exitCode), 2_000).unref();
