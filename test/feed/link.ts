/** A Create Webhooks link as its holders use it: over HTTP, knowing nothing but its address. */
import type { Api } from '../support/api.ts';

/** What an address answered. */
export interface LinkAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body, where it is JSON. */
  json: any;
}

/** Makes the caller's link, or makes it anew; its address. */
export async function makeLink(api: Api): Promise<string> {
  const { link } = await api.mutate(
    'mutation { webhooksLinkRotate { errors { code message } link { url } } }',
  );
  return link.url;
}

/** Asks for an address; nothing is followed, nothing is kept. */
export async function ask(url: string, init: RequestInit = {}): Promise<LinkAnswer> {
  const response = await fetch(url, { redirect: 'manual', ...init });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

/** Asks as a program that says what it takes. */
export function accepting(url: string, accept: string): Promise<LinkAnswer> {
  return ask(url, { headers: { accept } });
}

/** Posts JSON. */
export function post(url: string, body: unknown): Promise<LinkAnswer> {
  return ask(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** The ids of an answer's notifications, in their order. */
export function idsOf({ json }: LinkAnswer): string[] {
  return (json as { id: string }[]).map(({ id }) => id);
}

/**
 * Goes forward as a poller does, each time from the last one that came, until an event has come; the ids of all, in the order
 * in which they came. A transaction of another test, open anywhere in the cluster, may hold it back for a moment.
 */
export async function follow(
  link: string,
  until: string,
  { limit = 100, from = '' }: { limit?: number; from?: string } = {},
): Promise<string[]> {
  const seen: string[] = [];
  while (!seen.includes(until)) {
    const last = seen.at(-1) ?? from;
    const answer = await ask(`${link}/feed?limit=${limit}&timeout=5000&lastEventId=${last}`);
    if (answer.status !== 200) throw new Error(`the feed answered ${answer.status}: ${answer.text}`);
    seen.push(...idsOf(answer));
  }
  return seen;
}

/** Waits until an event can be read by those who go forward. */
export async function soon(link: string, id: string): Promise<void> {
  await follow(link, id, { limit: 1000 });
}
