/** That got asks what we replaced: with another version of got this test says first that requests cost three times as much again. */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';

import { begin, destinationOf } from '../../src/sending/lean-got.ts';

/** An agent that notes what node's request hands to it. */
class NotingAgent extends http.Agent {
  noted: object = {};
  addRequest(request: http.ClientRequest, options: object): void {
    this.noted = { ...options };
    // In node's agent, but not in its types.
    (http.Agent.prototype as unknown as { addRequest(...args: unknown[]): void }).addRequest.call(
      this,
      request,
      options,
    );
  }
}

it('a request hands to node what it needs, and none of the thirty options that got would make', async () => {
  const server = http.createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'x-seen': request.url }).end('taken'));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const agent = new NotingAgent();
  try {
    const destination = destinationOf(`http://127.0.0.1:${port}/hooks?x=1`, {
      http: agent,
      https: new https.Agent(),
    });
    const seen: unknown[] = [];
    for (const body of ['one', 'another']) {
      const stream = begin(destination, {
        method: 'POST',
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from(body),
      });
      seen.push(
        await new Promise((resolve, reject) => {
          stream.on('error', reject);
          stream.on('response', (answer: { statusCode: number; headers: Record<string, string> }) => {
            stream.resume();
            stream.on('end', () => resolve([answer.statusCode, answer.headers['x-seen']]));
          });
        }),
      );
    }
    expect(seen).toEqual([
      [200, '/hooks?x=1'],
      [200, '/hooks?x=1'],
    ]);
    expect(Object.keys(agent.noted).sort()).toEqual(
      ['agent', 'headers', 'host', 'hostname', 'maxHeaderSize', 'method', 'path', 'port', 'protocol'].sort(),
    );
  } finally {
    agent.destroy();
    server.close();
  }
});
