/** Sends test events of a webhook. A call that got no answer is repeated under its key, so that it sends once. */
import { useRef, useState } from 'react';
import { useMutation } from 'urql';

import { describeError, type Problem } from '../../api/problems.ts';
import {
  type TestEventInput,
  WebhookDetailsTestDocument,
  type WebhookDetailsTestMutation,
} from '../../gql/graphql.ts';

/** One delivery of a test. */
export type TestDelivery = NonNullable<WebhookDetailsTestMutation['testEventSend']>['deliveries'][number];

/** What went wrong, by what it is about. */
export interface TestProblems {
  choice: string | null;
  endpoint: string | null;
  /** One text for each fault of the payload, with its path in it. */
  payload: string[];
  /** Of no field. */
  whole: string | null;
}

export const NO_PROBLEMS: TestProblems = { choice: null, endpoint: null, payload: [], whole: null };

export interface TestEvent {
  busy: boolean;
  problems: TestProblems;
  /** What the last test sent; null before the first. */
  sent: TestDelivery[] | null;
  send: (input: TestEventInput) => Promise<boolean>;
  forgetProblems: () => void;
}

export function useTestEvent(): TestEvent {
  const [{ fetching: busy }, run] = useMutation(WebhookDetailsTestDocument);
  const [problems, setProblems] = useState(NO_PROBLEMS);
  const [sent, setSent] = useState<TestDelivery[] | null>(null);
  const open = useRef<{ input: string; key: string } | null>(null);

  async function send(input: TestEventInput): Promise<boolean> {
    const text = JSON.stringify(input);
    if (open.current?.input !== text) open.current = { input: text, key: randomKey() };
    const { data, error } = await run({ input, idempotencyKey: open.current.key });
    const answer = data?.testEventSend;
    if (error || !answer) {
      setProblems({ ...NO_PROBLEMS, whole: error ? describeError(error) : 'The server gave no answer.' });
      return false;
    }
    open.current = null;
    setProblems(sorted(answer.errors));
    if (answer.errors.length > 0) return false;
    setSent(answer.deliveries);
    return true;
  }
  return { busy, problems, sent, send, forgetProblems: () => setProblems(NO_PROBLEMS) };
}

function sorted(problems: readonly Problem[]): TestProblems {
  const found: TestProblems = { ...NO_PROBLEMS, payload: [] };
  for (const { field, message } of problems) {
    const [first = '', ...path] = field ?? [];
    if (first === 'payload')
      found.payload.push(path.length === 0 ? message : `${path.join('.')}: ${message}`);
    else if (first === 'resource' || first === 'event') found.choice = joined(found.choice, message);
    else if (first === 'endpointId') found.endpoint = joined(found.endpoint, message);
    else found.whole = joined(found.whole, message);
  }
  return found;
}

function joined(before: string | null, message: string): string {
  return before === null ? message : `${before} ${message}`;
}

/** crypto.randomUUID is there on https and on this machine only. */
function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `test-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
