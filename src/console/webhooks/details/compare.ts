/** Where two states of a part of a webhook differ, in words. */
import {
  authenticationLine,
  type AuthenticationValues,
  keepsStored,
} from '../editor/authentication-values.ts';
import type { EndpointValues } from '../editor/endpoint-values.ts';
import type { DetailsValues, Part, TriggerValues, WebhookValues } from '../editor/form.ts';
import { ORDERING_WORDS } from '../editor/ordering-field.tsx';
import { SIGNING_WORDS } from '../editor/signing-field.tsx';
import { isMail, placeOf } from '../endpoint-place.ts';
import { FORMAT_WORDS } from '../format-words.ts';

/** One difference; null where a side has no such thing. */
export interface Difference {
  key: string;
  label: string;
  theirs: string | null;
  mine: string | null;
}

/** One fact of a part; those of a row carry the row's name. */
interface Fact {
  label: string;
  text: string;
  /** Of a row that only one side has, this fact alone is told. */
  main: boolean;
}

/** The differences of one part, in the order of what is on the page. */
export function differences(part: Part, theirs: WebhookValues, mine: WebhookValues): Difference[] {
  const [there, here] = [factsOf(part, theirs), factsOf(part, mine)];
  const rowsThere = new Set([...there.keys()].map(rowOf));
  const rowsHere = new Set([...here.keys()].map(rowOf));
  return [...new Set([...there.keys(), ...here.keys()])].flatMap((key) => {
    const [a, b] = [there.get(key), here.get(key)];
    const { label, main } = (a ?? b)!;
    const shared = rowsThere.has(rowOf(key)) && rowsHere.has(rowOf(key));
    if (a?.text === b?.text || (!shared && !main)) return [];
    return [{ key, label, theirs: a?.text ?? null, mine: b?.text ?? null }];
  });
}

function rowOf(key: string): string {
  return key.split('.', 1)[0]!;
}

function factsOf(part: Part, values: WebhookValues): Map<string, Fact> {
  switch (part) {
    case 'details':
      return new Map(detailsFacts(values.details));
    case 'endpoints':
      return new Map(values.endpoints.flatMap(endpointFacts));
    case 'triggers':
      return new Map(values.triggers.flatMap(triggerFacts));
  }
}

function detailsFacts({ name, description, scope, forLogin, team }: DetailsValues): [string, Fact][] {
  const watched =
    scope === 'login'
      ? `Login ${forLogin?.name ?? ''} and all below`
      : scope === 'team'
        ? `Team ${team?.name ?? ''}`
        : 'The whole account';
  return [
    ['details.name', { label: 'Name', text: name, main: true }],
    ['details.description', { label: 'Description', text: description, main: true }],
    ['details.scope', { label: 'Watches', text: watched, main: true }],
  ];
}

function endpointFacts(values: EndpointValues, index: number): [string, Fact][] {
  const { id, key, kind, target, mailbox, authentication, advanced } = values;
  const row = id ?? key;
  const name = `Endpoint ${index + 1}`;
  const headers = advanced.headers.map((header) => {
    if (!header.secret) return `${header.name}: ${header.value}`;
    return `${header.name}: ${header.value === '' ? '(secret)' : '(secret, a new value)'}`;
  });
  const fact = (label: string, text: string): Fact => ({ label: `${name}, ${label}`, text, main: false });
  const place: [string, Fact] = [
    `${row}.place`,
    { label: name, text: placeOf({ kind, target: kind === 'EMAIL' ? mailbox : target }), main: true },
  ];
  // With another kind all else is another matter, too.
  const mails = `${row}-mails`;
  if (isMail(kind))
    return [
      place,
      [`${mails}.format`, fact('format', FORMAT_WORDS[advanced.format].label)],
      [`${mails}.schedule`, fact('retries', advanced.retrySchedule)],
    ];
  const posts = `${row}-posts`;
  return [
    place,
    [`${posts}.authentication`, fact('authentication', authenticationText(authentication))],
    [`${posts}.headers`, fact('headers', headers.join('\n'))],
    [`${posts}.signing`, fact('signing', SIGNING_WORDS[advanced.signing].label)],
    [`${posts}.format`, fact('format', FORMAT_WORDS[advanced.format].label)],
    [`${posts}.timeout`, fact('time limit', `${advanced.timeoutMs} s`)],
    [`${posts}.schedule`, fact('retries', advanced.retrySchedule)],
    [`${posts}.rate`, fact('requests per second', `${advanced.ratePerSecond || 'No limit'}`)],
    [
      `${posts}.concurrency`,
      fact('requests at once', `${advanced.maxConcurrency || "The server's default"}`),
    ],
    [`${posts}.ordering`, fact('order', ORDERING_WORDS[advanced.ordering].label)],
  ];
}

function authenticationText(values: AuthenticationValues): string {
  const { type, stored } = values;
  if (type === 'NONE' || (keepsStored(values) && stored !== null))
    return authenticationLine({ type, hint: stored?.type === type ? stored.hint : null });
  return `${authenticationLine({ type, hint: null })}, a new credential`;
}

function triggerFacts(trigger: TriggerValues, index: number): [string, Fact][] {
  const row = trigger.id ?? trigger.key;
  const name = `Trigger ${index + 1}`;
  return [
    [
      `${row}.choice`,
      { label: name, text: `${trigger.resource ?? '…'} · ${trigger.event ?? '…'}`, main: true },
    ],
    [`${row}.name`, { label: `${name}, name`, text: trigger.name, main: false }],
    [`${row}.description`, { label: `${name}, description`, text: trigger.description, main: false }],
  ];
}
