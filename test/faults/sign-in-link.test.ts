/** One-time links as the operator gets them: printed by each start, and made by a command beside the running server. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync } from 'node:fs';
import { text } from 'node:stream/consumers';

import { packageRoot } from '../../src/paths.ts';
import { Browser } from '../support/browser.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const PUBLIC_URL = 'https://hooks.example.com/bellwire';
const LINK = /(\S+)\/sign-in#link=(bwl_[0-9A-Za-z]{36})/;

const folder = temporaryFolder();
chmodSync(folder.path, 0o711);
afterAll(() => folder.remove());

/** The program from its sources, on the embedded database of this test. */
function bellwire(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { NODE_OPTIONS: _jest, ...inherited } = process.env;
  const settings = { BELLWIRE_DATA_DIR: folder.path, BELLWIRE_PORT: '0', BELLWIRE_LOG_LEVEL: 'debug' };
  return spawn(process.execPath, ['--import', '@swc-node/register/esm-register', 'src/main.ts', ...args], {
    cwd: packageRoot,
    env: { ...inherited, ...settings, ...env },
    stdio: 'pipe',
  });
}

async function outcome(args: string[], env: NodeJS.ProcessEnv = { BELLWIRE_PUBLIC_URL: PUBLIC_URL }) {
  const child = bellwire(args, env);
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number]>,
  ]);
  return { output, errors, code };
}

it('the link that a start prints and the one of the command sign in once; the log holds neither', async () => {
  const server = bellwire([], { BELLWIRE_PUBLIC_URL: PUBLIC_URL });
  const ended = once(server, 'exit');
  const log = text(server.stderr);
  let printed = '';
  await new Promise<void>((ready) =>
    server.stdout.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      if (printed.includes('/readyz')) ready();
    }),
  );
  try {
    expect(printed).toMatch(
      /^ {2}Console {3}https:\/\/hooks\.example\.com\/bellwire\/ {2}\(one-time sign-in: \S+\/sign-in#link=bwl_\w{36}\)$/m,
    );
    const [command, unknown] = await Promise.all([
      outcome(['sign-in-link', '--login', '1']),
      outcome(['sign-in-link', '--login', '7']),
    ]);
    expect(command).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Signs in Root administrator \(login 1\), once, until /),
    });
    expect(unknown).toMatchObject({ code: 1, output: '' });
    expect(unknown.errors).toContain('There is no login 7, or it is disabled.');
    const url = /GraphQL +(\S+)\/graphql/.exec(printed)![1]!;
    const links = [printed, command.output].map((one) => LINK.exec(one)!);
    expect(links.map(([, at]) => at)).toEqual([PUBLIC_URL, PUBLIC_URL]);
    for (const [, , secret] of links) {
      const browser = new Browser(url, { origin: 'https://hooks.example.com' });
      expect(await browser.signIn(secret!)).toMatchObject({
        status: 201,
        body: { login: { name: 'Root administrator' } },
      });
      expect((await browser.signIn(secret!)).status).toBe(401);
    }
    server.kill('SIGTERM');
    await ended;
    const lines = (await log) + command.errors;
    expect(lines).toContain('"level":"info"');
    expect(lines).not.toMatch(/bwl_|bws_/);
    for (const [, , secret] of links) expect(lines).not.toContain(secret!.slice(4));
  } finally {
    // It takes its PostgreSQL along.
    server.kill('SIGTERM');
    await ended;
  }
}, 120_000);

it('the command says what is wrong with its command line and its settings', async () => {
  const [both, wrong, nowhere] = await Promise.all([
    outcome(['migrate', '--login', '1']),
    outcome(['sign-in-link', '--login', 'nils']),
    outcome(['sign-in-link'], {}),
  ]);
  expect(both).toMatchObject({
    code: 2,
    errors: expect.stringContaining('--login goes with the command sign-in-link only.'),
  });
  expect(wrong).toMatchObject({
    code: 2,
    errors: expect.stringContaining("--login must be the number of a login, such as 5, not 'nils'."),
  });
  expect(nowhere).toMatchObject({ code: 1, errors: expect.stringContaining('BELLWIRE_PUBLIC_URL') });
}, 60_000);
