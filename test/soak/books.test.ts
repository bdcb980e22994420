/** The ledger's judge: books that add up are left alone, and each way in which they can be wrong is told. */
import { type Account, closeBooks, type Evidence, inversions } from './books.ts';
import type { Published } from './publisher.ts';
import type { Arrival } from './receivers.ts';

const LEASE_MS = 7_000;
const STARTED = 1_000_000;

interface Tables {
  events: { id: string }[];
  deliveries: { id: string; event_id: string; endpoint_id: string; status: string; attempt_count: number }[];
  attempts: { delivery_id: string; number: number; outcome: string; started_ms: number }[];
}

function published(eventId: string, entityId: string, deliveryCount: number): Published {
  const times = { sentAt: 0, answeredAt: 1, repeats: 0 };
  return { eventId, topic: 'create', entityId, seq: 1, deliveryCount, ...times };
}

function arrival(deliveryId: string, attempt: number, status: number | null, more: Partial<Arrival> = {}) {
  const event = { eventId: 'e1', entityId: 'o1', seq: 1 };
  return { endpoint: 'x', deliveryId, attempt, ...event, at: 0, status, gone: status === null, ...more };
}

/** One event with three deliveries: taken at the second try, lost in a kill after it was taken and taken again, still open. */
function sound() {
  const tables: Tables = {
    events: [{ id: 'e1' }],
    deliveries: [
      { id: 'd1', event_id: 'e1', endpoint_id: 'x', status: 'SUCCEEDED', attempt_count: 2 },
      { id: 'd2', event_id: 'e1', endpoint_id: 'x', status: 'SUCCEEDED', attempt_count: 2 },
      { id: 'd3', event_id: 'e1', endpoint_id: 'x', status: 'OPEN', attempt_count: 0 },
    ],
    attempts: [
      { delivery_id: 'd1', number: 1, outcome: 'REJECTED', started_ms: STARTED },
      { delivery_id: 'd1', number: 2, outcome: 'SUCCEEDED', started_ms: STARTED },
      { delivery_id: 'd2', number: 1, outcome: 'LOST', started_ms: STARTED },
      { delivery_id: 'd2', number: 2, outcome: 'SUCCEEDED', started_ms: STARTED },
    ],
  };
  return {
    tables,
    published: new Map([['k1', published('e1', 'o1', 3)]]),
    arrivals: [arrival('d1', 1, 500), arrival('d1', 2, 204), arrival('d2', 1, 204), arrival('d2', 2, 204)],
    kills: [{ kind: 'SIGKILL', at: STARTED + 100, until: STARTED + 900, inFlight: 3 }],
  };
}

function close({ tables, ...rest }: ReturnType<typeof sound>): Promise<Account> {
  const rows = async (text: string) =>
    text.includes('from events')
      ? tables.events
      : text.includes('from attempts')
        ? tables.attempts
        : tables.deliveries;
  return closeBooks({
    ground: { rows: rows as unknown as Evidence['ground']['rows'] },
    publisher: { published: rest.published, faults: [] },
    arrivals: rest.arrivals,
    kills: rest.kills,
    leaseMs: LEASE_MS,
  });
}

it('leaves books alone that add up, and counts a repeat after a kill as what it is', async () => {
  const { broken, ...account } = await close(sound());
  expect(broken).toEqual([]);
  expect(account).toMatchObject({
    published: 1,
    deliveries: 3,
    delivered: 2,
    pending: 1,
    lost: 0,
    duplicates: 1,
    rescued: 1,
  });
});

const FAULTS: [what: string, change: (books: ReturnType<typeof sound>) => void, told: RegExp][] = [
  ['a delivery is gone', ({ tables }) => tables.deliveries.pop(), /other deliveries than their answers/],
  ['an event is gone', ({ tables }) => tables.events.pop(), /answered for and are gone/],
  [
    'an event is there that nobody published',
    ({ tables }) => tables.events.push({ id: 'e9' }),
    /no answer named/,
  ],
  ['two keys have one event', ({ published: all }) => all.set('k2', all.get('k1')!), /share an event/],
  [
    'a delivery is open and closed',
    ({ tables }) => tables.deliveries.push({ ...tables.deliveries[0]!, status: 'OPEN' }),
    /open and closed at once/,
  ],
  [
    'a request came for nothing that was published',
    ({ arrivals }) => arrivals.push(arrival('d9', 1, 500)),
    /nobody published/,
  ],
  [
    'a request came with another event',
    ({ arrivals }) => (arrivals[0] = arrival('d1', 1, 500, { eventId: 'e2' })),
    /nobody published/,
  ],
  ['an attempt was sent twice', ({ arrivals }) => arrivals.push(arrival('d1', 1, 500)), /sent twice/],
  ['what counts as delivered did not arrive', ({ arrivals }) => arrivals.splice(1, 1), /no receiver took/],
  ['an attempt has no record', ({ tables }) => tables.attempts.shift(), /other attempts than were counted/],
  [
    'what a receiver took was recorded as a failure',
    ({ arrivals }) => (arrivals[0] = arrival('d1', 1, 200)),
    /neither recorded nor lost/,
  ],
  [
    'an attempt was lost long before the kill',
    ({ kills }) => {
      kills[0]!.at += 60_000;
      kills[0]!.until += 60_000;
    },
    /lost without a kill/,
  ],
];

it.each(FAULTS)('tells when %s', async (_what, change, told) => {
  const books = sound();
  change(books);
  const { broken } = await close(books);
  expect(broken.join('\n')).toMatch(told);
});

it('tells a request that came after a later event of its entity, at endpoints that keep the order only', () => {
  const arrivals = [1, 2, 2, 1, 3].map((seq, index) => arrival(`d${index}`, 1, 204, { seq }));
  expect(inversions(arrivals, new Set(['x']))).toEqual(['d3']);
  expect(inversions(arrivals, new Set(['y']))).toEqual([]);
});
