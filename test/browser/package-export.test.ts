/** The built package as an app of somebody else uses it: its client by name, in Node and for the compiler. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { packageRoot } from '../../src/paths.ts';
import { ROOT_TOKEN, startServer } from '../support/server.ts';

const run = promisify(execFile);
/** Without what jest put into the environment. */
const env = { ...process.env, NODE_OPTIONS: '' };

const APP = `
import { createLiveClient, type LiveStatus } from 'bellwire/client';
import WebSocket from 'ws';

const client = createLiveClient({
  url: process.argv[2]!,
  webSocketImpl: WebSocket,
  connectionParams: () => ({ Authorization: 'Bearer ' + process.argv[3] }),
});
const query = 'subscription ($after: StreamCursor) { deliveryEvents(after: $after) { cursor } }';
for await (const { data } of client.iterate<{ deliveryEvents: { cursor: string } }>({ query })) {
  const status: LiveStatus = client.status;
  console.log(status, typeof data?.deliveryEvents.cursor);
  break;
}
await client.dispose();
`;

/** What the README leaves to the app. */
const APPS_OWN = `
declare function freshToken(): Promise<string>;
declare function signIn(): void;
declare function showBadge(status: string): void;
declare function show(data: unknown): void;
declare const page: { streamCursor: string };
declare const watchDeliveries: string;
declare const deliveryEvents: string;
`;

let folder: string;

beforeAll(() => {
  if (!existsSync(join(packageRoot, 'dist/src/client/index.js')))
    throw new Error('The package is not built: run "npm run build" first.');
  // Inside of the package, so that its own name means it.
  folder = mkdtempSync(join(packageRoot, 'dist/app-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles files of the folder, each with its text. */
async function compile(files: Record<string, string>): Promise<void> {
  const options = {
    target: 'ES2022',
    lib: ['ES2023', 'DOM'],
    module: 'NodeNext',
    strict: true,
    skipLibCheck: true,
    types: ['node'],
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: Object.keys(files) }),
  );
  const compiler = join(packageRoot, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [compiler, '-p', folder], { env }).catch((error: { stdout: string }) => {
    throw new Error(error.stdout);
  });
}

it('an app compiles against bellwire/client with strict types, and its program runs', async () => {
  await compile({ 'app.ts': APP });
  const server = await startServer();
  try {
    const { stdout } = await run(
      process.execPath,
      [join(folder, 'app.js'), `${server.app.url}/graphql`, ROOT_TOKEN],
      { env, timeout: 30_000 },
    );
    expect(stdout).toBe('live string\n');
  } finally {
    await server.stop();
  }
});

it('the code that the README shows for the client, urql and Apollo Client compiles', async () => {
  const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
  const blocks = [...readme.matchAll(/^```ts\n([^]*?)^```$/gm)].map((match) => match[1]!);
  expect(blocks).toHaveLength(4);
  await compile({ 'readme.ts': [...blocks, APPS_OWN].join('\n') });
});

it('nothing else of the package can be imported', async () => {
  const code = "await import('bellwire/dist/src/app.js')";
  await expect(
    run(process.execPath, ['--input-type=module', '-e', code], { cwd: packageRoot, env }),
  ).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED');
});
