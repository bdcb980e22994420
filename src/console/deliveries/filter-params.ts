/** The filters of a list of deliveries as they stand in the address, and what they ask of the API. */
import type { DeliveryFilterInput, DeliveryStatus } from '../gql/graphql.ts';
import { instantOf, isSpan } from '../ui/local-time.ts';

/** The states in the order of a delivery's life. */
export const STATUSES: readonly DeliveryStatus[] = [
  'PENDING',
  'IN_FLIGHT',
  'RETRY_SCHEDULED',
  'SUCCEEDED',
  'FAILED',
  'CANCELLED',
];

/** The spans of time to choose from, ms. */
export const SPANS = { '1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000 } as const;

/** A span of SPANS up to now, or one of the user's own. */
export type Within = keyof typeof SPANS | 'custom';

/** What is chosen, as text where it is typed. */
export interface Chosen {
  status: DeliveryStatus[];
  webhook: string;
  /** The id of an endpoint. */
  endpoint: string;
  resource: string;
  event: string;
  code: string;
  within: Within | null;
  /** Of a custom span, as datetime-local fields have them: local time. */
  from: string;
  to: string;
  search: string;
  /** The id of a replay: what it sent. */
  replay: string;
}

/** Reads what is chosen; what makes no sense counts as not chosen. */
export function readChosen(params: URLSearchParams, prefix: string): Chosen {
  const text = (name: string): string => params.get(prefix + name) ?? '';
  const statuses = text('status').split(',');
  const within = text('within');
  const span = isSpan(text('from'), text('to'));
  return {
    status: STATUSES.filter((status) => statuses.includes(status.toLowerCase())),
    webhook: /^[1-9]\d{0,8}$/.test(text('webhook')) ? text('webhook') : '',
    endpoint: /^ep_[0-9a-z]{26}$/.test(text('endpoint')) ? text('endpoint') : '',
    resource: text('resource'),
    event: text('event'),
    code: text('code'),
    within: within === 'custom' || within in SPANS ? (within as Within) : null,
    from: span ? text('from') : '',
    to: span ? text('to') : '',
    search: text('search'),
    replay: /^rpl_[0-9a-z]{26}$/.test(text('replay')) ? text('replay') : '',
  };
}

/** The address's parameters for what is chosen; what is not chosen, leaves no trace. */
export function writeChosen(chosen: Partial<Chosen>, prefix: string): Record<string, string | null> {
  const written: Record<string, string | null> = {};
  for (const [name, value] of Object.entries<string | string[] | null>(chosen))
    written[prefix + name] = Array.isArray(value) ? value.join(',').toLowerCase() : value;
  return written;
}

/** Nothing chosen. */
export const NOTHING_CHOSEN: Chosen = {
  status: [],
  webhook: '',
  endpoint: '',
  resource: '',
  event: '',
  code: '',
  within: null,
  from: '',
  to: '',
  search: '',
  replay: '',
};

/** The statuses that a text like "404, 5xx" names; null when it is none. */
export function readCodes(text: string): number[] | null {
  const codes: number[] = [];
  for (const part of text.split(/[\s,]+/).filter((one) => one !== '')) {
    if (/^[1-5]xx$/i.test(part))
      codes.push(...Array.from({ length: 100 }, (_, rest) => Number(part[0]) * 100 + rest));
    else if (/^[1-5]\d\d$/.test(part)) codes.push(Number(part));
    else return null;
  }
  return codes.length > 0 ? codes : null;
}

/** What is chosen as the API has it; now is the end of the spans that end now. */
export function filterOf(chosen: Chosen, now: number): DeliveryFilterInput {
  const { status, webhook, endpoint, resource, event, code, within, search, replay } = chosen;
  const codes = readCodes(code);
  const [from, to] = [instantOf(chosen.from), instantOf(chosen.to)];
  const createdAt =
    within === 'custom'
      ? { ...(from ? { from } : {}), ...(to ? { to } : {}) }
      : within && { from: new Date(now - SPANS[within]).toISOString() };
  return {
    ...(status.length > 0 ? { status } : {}),
    ...(webhook ? { webhookNumber: Number(webhook) } : {}),
    ...(endpoint ? { endpointId: endpoint } : {}),
    ...(resource ? { resource } : {}),
    ...(event ? { event } : {}),
    ...(codes ? { statusCode: codes } : {}),
    ...(createdAt && Object.keys(createdAt).length > 0 ? { createdAt } : {}),
    ...(search ? { search } : {}),
    ...(replay ? { replayId: replay } : {}),
  };
}
