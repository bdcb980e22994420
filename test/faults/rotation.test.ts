/** SEC-09: secrets are rotated while events are published without a pause, and no request fails a receiver's check. */
import { figure } from '../support/figure.ts';
import { type Hit, startReceiver } from '../support/receiver.ts';
import { clientEvent, publish, registerResource } from '../support/scenario.ts';
import { startServer } from '../support/server.ts';
import { verifies } from '../support/verify.ts';

const CREATE = `mutation ($input: WebhookInput!) { webhookCreate(input: $input) {
  errors { code } webhook { id endpoints { id target } } newSecrets { value endpoint { id } secret { id } } } }`;
const ROTATE = `mutation ($id: ID!, $graceSeconds: Int!) { endpointRotateSecret(id: $id, graceSeconds: $graceSeconds) {
  errors { code } revealed { value secret { id } endpoint { secrets { id expiresAt } } } } }`;
const SCHEMES = ['STANDARD_WEBHOOKS_HMAC', 'STANDARD_WEBHOOKS_ED25519'];
const ROTATIONS = 12;
const GRACE_SECONDS = 2;
const EVENTS_AT_ONCE = 5;

/** A key as its receiver knows it; times in ms since 1970. */
interface Key {
  value: string;
  /** How many rotations had been answered when it was told, itself included. */
  generation: number;
  endsAt: number;
}

it('in twelve rotations under load each request verifies with every key that is valid, and with none that has ended (SEC-09)', async () => {
  const server = await startServer();
  const receiver = await startReceiver();
  try {
    await registerResource(server.api);
    const { webhook, newSecrets } = await server.api.mutate(CREATE, {
      input: {
        details: { name: 'Rotated' },
        endpoints: SCHEMES.map((signing) => ({
          ...{ kind: 'URL', target: receiver.url.replace('/hooks', `/${signing}`) },
          advanced: { signing },
        })),
        triggers: [{ resource: 'clients', event: 'create' }],
      },
    });
    const endpoints = webhook.endpoints.map((endpoint: { id: string; target: string }) => ({
      id: endpoint.id,
      path: new URL(endpoint.target).pathname,
      keys: new Map<string, Key>(),
    })) as { id: string; path: string; keys: Map<string, Key> }[];
    for (const { value, endpoint, secret } of newSecrets)
      endpoints
        .find(({ id }) => id === endpoint.id)!
        .keys.set(secret.id as string, { value, generation: 0, endsAt: Infinity });

    let generation = 0;
    let running = true;
    /** Of each event the rotations that had been answered, and the time, before it was published. */
    const events = new Map<string, { generation: number; at: number }>();
    const publishing = (async () => {
      while (running) {
        const ids = Array.from({ length: EVENTS_AT_ONCE }, (_, index) => `c${events.size + index}`);
        for (const id of ids) events.set(id, { generation, at: Date.now() });
        await publish(server.api, ...ids.map((id) => clientEvent(id)));
      }
    })();

    let refused = 0;
    while (generation < ROTATIONS) {
      // Five keys sign at once: beyond that the next rotation waits for the first of them to end.
      const answers = await Promise.all(
        endpoints.map(({ id }) => server.api.run(ROTATE, { id, graceSeconds: GRACE_SECONDS })),
      );
      const told = answers.map((answer) => answer.revealed);
      refused += told.filter((revealed) => revealed === null).length;
      for (const [index, revealed] of told.entries()) {
        if (revealed === null) continue;
        const { keys } = endpoints[index]!;
        keys.set(revealed.secret.id, { value: revealed.value, generation: generation + 1, endsAt: Infinity });
        for (const { id, expiresAt } of revealed.endpoint.secrets)
          if (expiresAt !== null) keys.get(id)!.endsAt = Date.parse(expiresAt as string);
      }
      if (told.some((revealed) => revealed !== null)) generation += 1;
      await receiver.until(receiver.hits.length + 4 * EVENTS_AT_ONCE);
    }
    running = false;
    await publishing;
    await receiver.until(events.size * endpoints.length);

    const figures = { requests: 0, checks: 0, failed: 0, staleChecks: 0, stale: 0, severalKeys: 0 };
    for (const { path, keys } of endpoints)
      for (const hit of receiver.hits.filter((one) => one.path === path)) {
        const event = events.get((JSON.parse(hit.body.toString()) as { entityId: string }).entityId)!;
        const cameAt = performance.timeOrigin + hit.at;
        const valid = [...keys.values()].filter(
          (key) => key.generation <= event.generation && cameAt < key.endsAt,
        );
        const ended = [...keys.values()].filter((key) => key.endsAt < event.at);
        figures.requests += 1;
        figures.checks += valid.length;
        figures.failed += count(valid, hit, false);
        figures.staleChecks += ended.length;
        figures.stale += count(ended, hit, true);
        figures.severalKeys += valid.length > 1 ? 1 : 0;
      }
    figure(
      'SEC-09',
      { name: 'rotation', rotations: generation, refused, ...figures },
      {
        ...{ failed: 0, stale: 0, rotations: { atLeast: ROTATIONS }, requests: { atLeast: 300 } },
        ...{ severalKeys: { atLeast: 100 }, staleChecks: { atLeast: 100 } },
      },
    );
  } finally {
    await server.stop();
    await receiver.close();
  }
});

function count(keys: Key[], hit: Hit, expected: boolean): number {
  return keys.filter((key) => verifies(key.value, hit) === expected).length;
}
