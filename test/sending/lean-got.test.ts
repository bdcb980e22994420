/** That got asks what we replaced: with another version of got this test says first that requests cost three times as much again. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';

import { type AgentPair, createAgents, destroyAgents } from '../../src/egress/agents.ts';
import { begin, destinationOf } from '../../src/sending/lean-got.ts';
import { loopbackPolicy, PUBLIC_LOOPBACK } from '../support/policy.ts';

/** The agents of an endpoint, and what node's request hands to the one for http. */
function notingAgents(): { agents: AgentPair; noted: () => object } {
  const policy = loopbackPolicy();
  const agents = createAgents({
    policy: () => policy,
    resolve: async () => [],
    secureContext: () => createSecureContext(),
    maxSockets: 4,
  });
  let noted: object = {};
  // In node's agent, but not in its types.
  const agent = agents.http as unknown as { addRequest(request: unknown, options: object): void };
  const addRequest = agent.addRequest.bind(agent);
  agent.addRequest = (request, options) => {
    noted = { ...options };
    addRequest(request, options);
  };
  return { agents, noted: () => noted };
}

it('a request hands to node what it needs, and none of the thirty options that got would make', async () => {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(200, { 'x-seen': request.url }).end('taken'));
  });
  await new Promise<void>((listening) => server.listen(0, PUBLIC_LOOPBACK, listening));
  const { port } = server.address() as AddressInfo;
  const { agents, noted } = notingAgents();
  try {
    const destination = destinationOf(`http://${PUBLIC_LOOPBACK}:${port}/hooks?x=1`, agents);
    const seen: unknown[] = [];
    for (const body of ['one', 'another']) {
      const stream = begin(destination, {
        method: 'POST',
        headers: ['content-type', 'text/plain'],
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
    expect(Object.keys(noted()).sort()).toEqual(
      ['agent', 'headers', 'host', 'hostname', 'maxHeaderSize', 'method', 'path', 'port', 'protocol'].sort(),
    );
  } finally {
    destroyAgents(agents);
    server.close();
  }
});
