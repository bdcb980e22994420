import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';

import { Egress } from '../../src/egress/egress.ts';
import { createTransport } from '../../src/sending/transport.ts';
import { figure } from '../support/figure.ts';
import { ANSWERS_OK, type HostileServer, startHostileServer } from '../support/hostile-server.ts';
import { loopbackPolicy, PUBLIC_LOOPBACK } from '../support/policy.ts';
import { type ConnectionWatch, watchConnections } from '../support/watch-connections.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** What can reach the network, and the files that may import it. */
const MAY_IMPORT: [module: RegExp, files: RegExp][] = [
  // Who listens needs http and net; who talks to the database needs net; who judges a certificate asks TLS whether it takes it.
  // Only src/egress calls out.
  [
    /^(node:)?(net|http|https|tls)$/,
    /^src\/(egress|db|graphql|metrics)\/|^src\/(main|app|listen)\.ts$|^src\/(demo\/receiver|app\/sending|webhooks\/client-certificate)\.ts$/,
  ],
  [/^(node:)?(dns|dns\/promises)$/, /^src\/egress\//],
  [/^(node:)?(http2|dgram|inspector|_http_client|_tls_wrap)$/, /^$/],
  [/^got$/, /^src\/sending\/lean-got\.ts$/],
  // Calls fetch where it is given none of ours.
  [/^oauth4webapi$/, /^src\/(sending\/oauth-tokens|identity\/(provider|code-flow))\.ts$/],
  [/^jose$/, /^src\/identity\//],
  [/^pg$/, /^src\//],
  [/^ws$/, /^src\/(graphql|client)\/|^src\/(main|app)\.ts$/],
  [/^(axios|undici|node-fetch|superagent|request|needle|ky|cross-fetch|http2-wrapper)(\/|$)/, /^$/],
  [/^nodemailer(\/|$)/, /^src\/egress\/smtp\.ts$/],
  [/^(smtp-server|mailparser)$/, /^src\/demo\/inbox\.ts$/],
];

/** Ways out that need no import. */
const FORBIDDEN_GLOBALS =
  /(?<![.\w])(fetch\s*\(|createRemoteJWKSet\b|new (?:XMLHttpRequest|WebSocket|EventSource)\b)/;

/** How a file that may listen would call out. The database's rooms call out by right: pg and its LISTEN client. */
const CALLS_OUT = /\b(?:net|https?|tls)\.(?:request|get|connect|createConnection|Agent|globalAgent|Socket)\b/;
const IMPORTS_A_CALL =
  /import\s*\{[^}]*\b(?:request|get|connect|createConnection|Agent|globalAgent)\b[^}]*\}\s*from\s*['"](?:node:)?(?:net|https?|tls)['"]/;

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}/${entry.name}`;
    // The console runs in a browser.
    if (entry.isDirectory()) return name === 'src/console' ? [] : sources(name);
    return /\.(ts|js|mjs)$/.test(entry.name) ? [name] : [];
  });
}

/** Everything that a source imports, dynamic imports and require among it, types left out. */
function imports(text: string): string[] {
  const found = text.matchAll(
    /(?:^|[^.\w])(?:import(?!\s+type\b)[^'"`;]*?|export(?!\s+type\b)[^'"`;]*?from\s*|import\s*\(\s*|require\s*\(\s*|getBuiltinModule\s*\(\s*)['"`]([^'"`]+)['"`]/g,
  );
  return [...found].map((match) => match[1]!);
}

/** What one file does that it may not. */
function breaches(file: string, text: string): string[] {
  const code = text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '');
  const wrong = imports(code).filter((name) =>
    MAY_IMPORT.some(([module, files]) => module.test(name) && !files.test(file)),
  );
  if (!/^src\/(egress|db)\//.test(file) && (CALLS_OUT.test(code) || IMPORTS_A_CALL.test(code))) {
    wrong.push('calls out');
  }
  if (FORBIDDEN_GLOBALS.test(code)) wrong.push(FORBIDDEN_GLOBALS.exec(code)![1]!);
  return wrong.map((name) => `${file}: ${name}`);
}

describe('the source', () => {
  it('imports what reaches the network in its few places only, and never calls fetch', () => {
    const files = sources('src');
    const wrong = files.flatMap((file) => breaches(file, readFileSync(path.join(root, file), 'utf8')));
    figure('only-way-out', { files: files.length, breaches: wrong.length });
    expect(files).toContain('src/egress/agents.ts');
    expect(wrong).toEqual([]);
  });

  it('would be caught if it did otherwise', () => {
    for (const text of [
      "import http from 'node:http';",
      "import { connect } from 'net';",
      "import * as tls from\n  'node:tls';",
      "export { request } from 'https';",
      "const dns = await import('node:dns');",
      "const dgram = require('dgram');",
      "import got from 'got';",
      "import { jwtVerify } from 'jose';",
      'const keys = createRemoteJWKSet(url);',
      "await fetch('https://example.com/');",
      "const socket = new WebSocket('wss://example.com/');",
    ]) {
      expect([text, breaches('src/webhooks/other.ts', text).length > 0]).toEqual([text, true]);
    }
    expect(
      breaches('src/webhooks/other.ts', "import type { Agent } from 'node:http';\nthis.fetch(1);"),
    ).toEqual([]);
    expect(breaches('src/sending/lean-got.ts', "import { got } from 'got';")).toEqual([]);
  });
});

describe('the watch over connections', () => {
  let server: HostileServer;
  let watch: ConnectionWatch;
  beforeAll(async () => {
    server = await startHostileServer(ANSWERS_OK);
  });
  afterAll(() => server.close());
  beforeEach(() => {
    watch = watchConnections();
  });
  afterEach(() => watch.stop());

  const settled = (emitter: NodeJS.EventEmitter) =>
    new Promise<void>((resolve) => {
      for (const event of ['response', 'connect', 'error', 'close']) emitter.once(event, () => resolve());
    });

  it('catches every way out that passes the guard by', async () => {
    const { host, port } = server;
    const ways: Record<string, () => http.ClientRequest | net.Socket> = {
      'http.get': () => http.get({ host, port, agent: false }),
      'https.get': () => https.get({ host, port, agent: false }),
      'net.connect': () => net.connect(port, host),
      'net.createConnection': () => net.createConnection({ port, host }),
      'Socket.connect': () => new net.Socket().connect(port, host),
      'tls.connect': () => tls.connect({ host, port }),
      'a local socket': () => net.connect('/nowhere.sock'),
    };
    for (const [name, open] of Object.entries(ways)) {
      const before = watch.unguarded.length;
      const opened = open();
      opened.on('error', () => undefined);
      opened.destroy();
      expect([name, watch.unguarded.length - before]).toEqual([name, 1]);
    }
    await fetch(`http://${host}:${port}/`).then((answer) => answer.text());
    figure('watch-connections', { ways: Object.keys(ways).length + 1, caught: watch.unguarded.length });
    expect(watch.unguarded.map(({ target }) => target)).toEqual([
      ...Array<string>(6).fill(`${host}:${port}`),
      '/nowhere.sock',
      `${host}:${port}`,
    ]);
  });

  it('lets the guarded client pass, and counts it', async () => {
    const egress = new Egress({ policy: loopbackPolicy(), dnsTimeoutMs: 1000, maxSockets: 1 });
    const url = `http://${PUBLIC_LOOPBACK}:${server.port}/`;
    const request = { key: 'ep', url, headers: [], body: Buffer.from('{}'), timeoutMs: 1000 };
    const outcome = await createTransport(egress, { maxBodyBytes: 10 }).send(request);
    egress.close();
    expect(outcome.failure).toBeNull();
    expect(watch.all.map(({ way }) => way)).toEqual(['egress']);
    expect(watch.unguarded).toEqual([]);
  });

  it('leaves out what a test says is its own, and sees nothing once stopped', async () => {
    watch.stop();
    const own = watchConnections({ ignore: ({ port }) => port === server.port });
    await settled(http.get({ host: server.host, port: server.port, agent: false }));
    own.stop();
    await settled(http.get({ host: server.host, port: server.port, agent: false }));
    expect([own.all.length, watch.all.length]).toEqual([0, 0]);
  });
});
