/** What of a webhook's change stands in the audit log: every setting by its path, secret ones only as changed. */
import { isDeepStrictEqual } from 'node:util';

import { type Changes, difference } from '../audit/audit-log.ts';
import type { Current } from './current.ts';
import type { EndpointEntity } from './endpoint.entity.ts';
import type { StoredHeader } from './headers.ts';

/** What changed between two states of a webhook; null stands for one that is not there. */
export function webhookChanges(before: Current | null, after: Current | null): Changes {
  return { ...difference(settings(before), settings(after)), ...secretChanges(before, after) };
}

function settings(current: Current | null): Record<string, unknown> {
  if (current === null) return {};
  const { name, description, forLoginId, teamId, enabled } = current.webhook;
  const flat: Record<string, unknown> = { name, description, forLoginId, teamId, enabled };
  flat['endpoints'] = current.endpoints.map((endpoint) => endpoint.id);
  for (const { id, headers, ...endpoint } of current.endpoints) {
    const { kind, target, timeoutMs, retrySchedule, ratePerSecond, maxConcurrency } = endpoint;
    const { ordering, signing, format } = endpoint;
    const parts = {
      ...{ kind, target, timeoutMs, retrySchedule, ratePerSecond, maxConcurrency },
      ...{ ordering, signing, format },
    };
    for (const [part, value] of Object.entries(parts)) flat[`endpoints.${id}.${part}`] = value;
    flat[`endpoints.${id}.authentication.type`] = endpoint.authType;
    flat[`endpoints.${id}.authentication.hint`] = endpoint.authHint;
    for (const header of headers) if (!header.secret) flat[headerPath(id, header)] = header.value;
  }
  flat['triggers'] = current.triggers.map((trigger) => trigger.id);
  for (const { id, resource, event, name, description } of current.triggers) {
    const parts = { resource, event, name, description };
    for (const [part, value] of Object.entries(parts)) flat[`triggers.${id}.${part}`] = value;
  }
  return flat;
}

/** Paths of secret headers that came, went or got another value; signing secrets that came or went, too. */
function secretChanges(before: Current | null, after: Current | null): Changes {
  const [old, now] = [secrets(before?.endpoints ?? []), secrets(after?.endpoints ?? [])];
  const changed = [...new Set([...old.keys(), ...now.keys()])].filter(
    (path) => !isDeepStrictEqual(old.get(path), now.get(path)),
  );
  return Object.fromEntries(changed.map((path) => [path, { changed: true }]));
}

function secrets(endpoints: EndpointEntity[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { id, headers, signing, authSealed } of endpoints) {
    // They come and go with the scheme.
    if (signing !== 'NONE') found.set(`endpoints.${id}.signingSecret`, signing);
    if (authSealed) found.set(`endpoints.${id}.authentication.credential`, authSealed.toString('base64'));
    for (const header of headers) if (header.secret) found.set(headerPath(id, header), header.sealed ?? '');
  }
  return found;
}

function headerPath(endpointId: string, { name }: StoredHeader): string {
  return `endpoints.${endpointId}.headers.${name.toLowerCase()}`;
}
