/** People, a small catalog and Webhooks with the real guard, for tests of what is saved. */
import { randomBytes } from 'node:crypto';

import { Egress } from '../../src/egress/egress.ts';
import { newId } from '../../src/ids.ts';
import { Keyring } from '../../src/secrets/keyring.ts';
import { Drafts } from '../../src/webhooks/drafts.ts';
import type { WebhookInput } from '../../src/webhooks/inputs.ts';
import type { WebhookOutcome } from '../../src/webhooks/outcome.ts';
import { Webhooks } from '../../src/webhooks/webhooks.ts';
import { type People, startPeople } from '../access/people.ts';
import { strictPolicy } from '../support/policy.ts';
import { scriptedResolver } from '../support/resolver.ts';

/** Everything a test of webhooks needs. */
export interface Workshop extends People {
  webhooks: Webhooks;
  drafts: Drafts;
  keyring: Keyring;
  /** Adds or changes a resource with one event, both open to webhooks unless said otherwise. */
  catalog(resource: string, event: string, flags?: { allowed?: boolean; supported?: boolean }): Promise<void>;
}

/** The catalog starts with clients: create. */
export async function openWorkshop(): Promise<Workshop> {
  const people = await startPeople();
  const keyring = new Keyring([{ id: 'test', key: randomBytes(32) }]);
  const resolver = scriptedResolver({ 'private.example.com': ['10.0.0.1'], 'one.example.com': ['1.1.1.1'] });
  const egress = new Egress({ policy: strictPolicy(), resolver, dnsTimeoutMs: 1000, maxSockets: 1 });
  const options = {
    orm: people.orm,
    access: people.access,
    keyring,
    egress,
    defaults: { timeoutMs: 15_000, retryScheduleSeconds: [0, 5], maxConcurrency: 32, mailConfigured: true },
  };
  const webhooks = new Webhooks(options);
  const workshop: Workshop = {
    ...people,
    webhooks,
    drafts: new Drafts(options),
    keyring,
    async catalog(resource, event, { allowed = true, supported = true } = {}) {
      await people.orm.query(
        `with r as (
           insert into resources (id, name, label, description, model, payload_schema, allowed)
           values ($1, $2, initcap($2), '', '', '{}', $4)
           on conflict (name) do update set allowed = excluded.allowed returning id
         )
         insert into resource_events (resource_id, name, position, label, description, supported, example_payload)
         select id, $3, 0, initcap($3), '', $5, '{}' from r
         on conflict (resource_id, name) do update set supported = excluded.supported`,
        [newId('resource'), resource, event, allowed, supported],
      );
    },
    async close() {
      egress.close();
      await people.close();
    },
  };
  await workshop.catalog('clients', 'create');
  return workshop;
}

/** A good input, with what is given in place of its parts. */
export function inputOf(parts: WebhookInput = {}): WebhookInput {
  return {
    details: { name: 'Orders' },
    endpoints: [{ kind: 'URL', target: 'https://one.example.com/hook' }],
    triggers: [{ resource: 'clients', event: 'create' }],
    ...parts,
  };
}

/** The problems of an outcome as "CODE path". */
export function problemsOf(outcome: WebhookOutcome): string[] {
  return outcome.problems.map((one) => `${one.code} ${one.field?.join('.') ?? '-'}`);
}

/** The webhook of an outcome that must be good. */
export function saved(outcome: WebhookOutcome) {
  if (outcome.problems.length > 0) throw new Error(`refused: ${JSON.stringify(outcome.problems)}`);
  return outcome.webhook!;
}
