/** Everything that the page of a Create Webhooks link tells its reader to run is run, as it stands on the page (P15). */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { ask, makeLink } from '../feed/link.ts';
import { examplesOf } from '../feed/page.ts';
import { figure } from '../support/figure.ts';
import { type Hit, type Receiver, startReceiver } from '../support/receiver.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer, type TestServer } from '../support/server.ts';

const run = promisify(execFile);

/** What a check is given. */
interface Case {
  body: string;
  headers: Record<string, string>;
  secret: string;
}

let server: TestServer;
let receiver: Receiver;
let folder: string;
let link: string;
let examples: Map<string, string>;

beforeAll(async () => {
  server = await startServer();
  receiver = await startReceiver();
  folder = mkdtempSync(join(tmpdir(), 'bellwire-examples-'));
  await registerResource(server.api);
  link = await makeLink(server.api);
  examples = await examplesOf(link);
});
afterAll(async () => {
  await server?.stop();
  await receiver?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a block of the page in bash; what it wrote. */
async function bash(label: string, change: (text: string) => string = (text) => text): Promise<string> {
  const text = examples.get(label);
  if (text === undefined) throw new Error(`the page has no ${label}: ${[...examples.keys()].join(', ')}`);
  return (await run('bash', ['-c', change(text)])).stdout;
}

it('polls with an entity tag, subscribes, gets a signed request, unsubscribes', async () => {
  const polled = await bash('Polling the newest');
  expect(polled.match(/^HTTP\/1\.1 200/gm)).toHaveLength(2);
  const tag = /^etag: (.*)$/im.exec(polled)![1]!.trim();
  const again = await bash('Polling the newest', (text) => text.replace('"…the ETag…"', tag));
  expect(again).toMatch(/^HTTP\/1\.1 304/m);

  const made = await bash('Subscribing', (text) => text.replace(/https:\/\/example\.com[^"]*/, receiver.url));
  const { id, signingSecret } = JSON.parse(made);
  expect([id, signingSecret]).toEqual([expect.stringMatching(/^whk_/), expect.stringMatching(/^whsec_/)]);
  await publish(server.api, clientEvent('example'));
  await receiver.until(1);
  await bash('Unsubscribing', (text) => text.replace('whk_…', id));
  expect((await ask(`${link}/subscriptions/${id}`)).status).toBe(404);
});

/** How a language is told to run the check on cases in a file, and to print true or false for each, one a line. */
const LANGUAGES: Record<string, (text: string, cases: Case[]) => Promise<string>> = {
  'Node.js': async (text, cases) => {
    put('verify.mjs', text);
    put('cases.json', JSON.stringify(cases));
    const main = `import { readFileSync } from 'node:fs'; import { isGenuine } from './verify.mjs';
      for (const one of JSON.parse(readFileSync('cases.json'))) console.log(isGenuine(one.body, one.headers, one.secret));`;
    put('main.mjs', main);
    return start(process.execPath, 'main.mjs');
  },
  Python: async (text, cases) => {
    put('verify.py', text);
    put('cases.json', JSON.stringify(cases));
    put(
      'main.py',
      `import json\nfrom verify import is_genuine\nfor one in json.load(open("cases.json", encoding="utf-8")):\n    print(str(is_genuine(one["body"].encode(), one["headers"], one["secret"])).lower())\n`,
    );
    return start('python3', 'main.py');
  },
  Ruby: async (text, cases) => {
    put('verify.rb', text);
    put('cases.json', JSON.stringify(cases));
    put(
      'main.rb',
      `require "json"\nrequire_relative "verify"\nJSON.parse(File.read("cases.json", encoding: "utf-8")).each { |one| puts genuine?(one["body"], one["headers"], one["secret"]) }\n`,
    );
    return start('ruby', 'main.rb');
  },
  PHP: async (text, cases) => {
    put('verify.php', text);
    put('cases.json', JSON.stringify(cases));
    put(
      'main.php',
      `<?php require 'verify.php';\nforeach (json_decode(file_get_contents('cases.json'), true) as $one) {\n  echo is_genuine($one['body'], $one['headers'], $one['secret']) ? 'true' : 'false', "\\n";\n}\n`,
    );
    return start('php', 'main.php');
  },
  Go: async (text, cases) => {
    put('go.mod', 'module example.com/check\n\ngo 1.19\n');
    put('webhooks/verify.go', text);
    put('cases.json', JSON.stringify(cases));
    put(
      'main.go',
      `package main
import ("encoding/json"; "fmt"; "net/http"; "os"; "example.com/check/webhooks")
func main() {
	var cases []struct{ Body, Secret string; Headers map[string]string }
	text, _ := os.ReadFile("cases.json")
	if err := json.Unmarshal(text, &cases); err != nil { panic(err) }
	for _, one := range cases {
		headers := http.Header{}
		for name, value := range one.Headers { headers.Set(name, value) }
		fmt.Println(webhooks.IsGenuine([]byte(one.Body), headers, one.Secret))
	}
}
`,
    );
    return start('go', 'run', '.');
  },
  Java: async (text, cases) => {
    put('Verify.java', text);
    // It has no JSON of its own: a line for each text, in base64.
    const lines = cases.flatMap(({ body, secret, headers }) =>
      [body, secret, ...['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`] ?? '')].map(
        (value) => Buffer.from(value).toString('base64'),
      ),
    );
    put('cases.txt', lines.map((line) => `${line}\n`).join(''));
    put(
      'Main.java',
      `import java.nio.file.*; import java.util.*;
public class Main {
  public static void main(String[] args) throws Exception {
    List<String> lines = Files.readAllLines(Path.of("cases.txt"));
    for (int at = 0; at + 4 < lines.size(); at += 5) {
      byte[][] texts = new byte[5][];
      for (int part = 0; part < 5; part++) texts[part] = Base64.getDecoder().decode(lines.get(at + part));
      Map<String, String> headers = Map.of("webhook-id", new String(texts[2]), "webhook-timestamp", new String(texts[3]), "webhook-signature", new String(texts[4]));
      System.out.println(Verify.isGenuine(texts[0], headers, new String(texts[1])));
    }
  }
}
`,
    );
    await start('javac', 'Verify.java', 'Main.java');
    return start('java', '-cp', '.', 'Main');
  },
};

function put(name: string, text: string): void {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), text);
}

async function start(command: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, NODE_OPTIONS: '', GOTOOLCHAIN: 'local', GOPROXY: 'off' };
  return (await run(command, args, { cwd: folder, env })).stdout;
}

function headersOf({ headers }: Hit): Record<string, string> {
  return Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [name, String(headers[name])]),
  );
}

describe('the check of a signature', () => {
  let good: Case;

  beforeAll(async () => {
    const before = receiver.hits.length;
    const made = await ask(`${link}/subscriptions`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: JSON.stringify({ targetUrl: receiver.url, resource: 'clients', event: 'create' }),
    });
    // Bytes and characters differ.
    await publish(server.api, clientEvent('grün – 緑'));
    await receiver.until(before + 1);
    const hit = receiver.hits[before]!;
    good = { body: hit.body.toString(), headers: headersOf(hit), secret: made.json.signingSecret };
  });

  it.each(Object.keys(LANGUAGES))(
    'in %s takes what is genuine, also beside another signature, and nothing else',
    async (language) => {
      const text = examples.get(`Check of a signature, ${language}`)!;
      const { headers } = good;
      const signature = headers['webhook-signature']!;
      const with_ = (more: Record<string, string>): Case => ({ ...good, headers: { ...headers, ...more } });
      const old = String(Number(headers['webhook-timestamp']) - 301);
      const cases: [Case, boolean][] = [
        [good, true],
        [with_({ 'webhook-signature': `v1,AAAA v1a,BBBB ${signature}` }), true],
        [{ ...good, body: `${good.body} ` }, false],
        [{ ...good, secret: `whsec_${Buffer.alloc(24, 9).toString('base64')}` }, false],
        [with_({ 'webhook-id': 'dlv_other' }), false],
        [with_({ 'webhook-timestamp': old }), false],
        [with_({ 'webhook-timestamp': 'soon' }), false],
        [with_({ 'webhook-signature': signature.replace('v1,', 'v2,') }), false],
        [with_({ 'webhook-signature': '' }), false],
      ];
      const printed = await LANGUAGES[language]!(
        text,
        cases.map(([one]) => one),
      );
      expect(printed.trim().split('\n')).toEqual(cases.map(([, expected]) => String(expected)));
      figure('P15 signature checks', { language, cases: cases.length });
    },
    // Go compiles its library where it never has before.
    240_000,
  );
});
