/**
 * What an event costs to publish: it must depend on how many webhooks it fires, and not on how many there are. The
 * events are the root administrator's. Two of five webhooks listen to the very same events of other people, so that
 * they lie beside the ones that match in every index.
 */
import { publish as publishEvents, register } from '../bellwire.js';
import { cpuOf } from '../cpu.js';
import { say } from '../ground.js';
import { FEW, fill } from '../many-webhooks.js';
import { checkBooks, freshIds, orDeath } from '../measure.js';
import { median, now, ratios } from '../numbers.js';
import { startServer } from '../server.js';

/** None of those that the saved webhooks have. */
const RESOURCE = 'contracts';
/** Event -> how many webhooks it fires. */
const MATCHES = { one: 1, ten: 10, hundred: 100 };
/** Events in one publish -> how many publishes in a round. */
const CALLS = /** @type {const} */ ([
  [1, 200],
  [100, 10],
]);
const WARM_UP = 0.1;

const CELLS = CALLS.flatMap(([batch, calls]) =>
  Object.entries(MATCHES).map(([event, matches]) => ({ batch, calls, event, matches })),
);
const EVENTS = Object.keys(MATCHES);

/** The third triggers of webhooks for single logins, none of which is the root administrator, and of as many of the root account as shall match. */
const AIM = `
  update triggers t set resource = '${RESOURCE}', event = (array['${EVENTS.join("', '")}'])[1 + (hashtext(t.id) & 1023) % ${EVENTS.length}]
  from webhooks w where w.id = t.webhook_id and t.position = 2 and w.for_login_id is not null;
  update triggers t set resource = '${RESOURCE}', event = chosen.event
  from (
    select id, case when number <= ${MATCHES.one} then 'one' when number <= ${MATCHES.one + MATCHES.ten} then 'ten' else 'hundred' end as event
    from (select id, row_number() over (order by id) as number from webhooks
          where for_login_id is null and team_id is null and enabled
            and account_id = (select id from logins where parent_id is null)) numbered
    where number <= ${MATCHES.one + MATCHES.ten + MATCHES.hundred}
  ) chosen
  where chosen.id = t.webhook_id and t.position = 2;
  update trigger_routes r set resource = t.resource, event = t.event
  from triggers t where t.id = r.trigger_id and t.resource = '${RESOURCE}'`;

/** @typedef {{ ms: number, server: number, postgres: number }} Cost Of one event: ms of the client, microseconds of CPU. */

/** Publishes one after the other. @param {import('../server.js').Server} server @param {{ batch: number, calls: number, event: string, matches: number }} cell @returns {Promise<Cost>} */
async function costOf({ post, pid, postgres, died }, { batch, calls, event, matches }) {
  const spent = () => ({ ms: now(), server: cpuOf(pid), postgres: cpuOf(postgres.pid) });
  const before = spent();
  let deliveries = 0;
  for (let call = 0; call < calls; call += 1) {
    const kind = { resource: RESOURCE, event };
    const counts = await orDeath({ died }, publishEvents(post, freshIds(batch), kind));
    deliveries += counts.reduce((sum, count) => sum + count, 0);
  }
  const after = spent();
  const events = batch * calls;
  const { rows } = await postgres.client.query('select count(*)::int as queued from delivery_queue');
  checkBooks('Bellwire', events * matches, { published: deliveries, queued: rows[0].queued });
  // Nothing sends them, and they are not what is measured.
  await postgres.client.query('truncate delivery_queue');
  const perEvent = (/** @type {keyof Cost} */ key) => (after[key] - before[key]) / events;
  return { ms: perEvent('ms'), server: perEvent('server'), postgres: perEvent('postgres') };
}

/** What the table shows of a cost. @type {{ label: string, of: (cost: Cost) => number }[]} */
const SHOWN = [
  { label: 'ms', of: ({ ms }) => ms },
  { label: 'CPU µs of the server', of: ({ server }) => server },
  { label: 'of PostgreSQL', of: ({ postgres }) => postgres },
];
const together = (/** @type {Cost} */ { server, postgres }) => server + postgres;

export const publish = {
  name: 'publish',
  about: `What an event costs at 1 and 100 events a publish, of which each fires 1, 10 or 100 webhooks, with many webhooks
saved beside ${FEW}.`,
  options: { rounds: 5, webhooks: 100_000 },

  /** @param {import('../ground.js').Ground} ground @param {{ rounds: number, webhooks: number }} options @returns {Promise<import('../report.js').Section>} */
  async run(ground, { rounds, webhooks }) {
    /** @type {import('../server.js').Server[]} */
    const servers = [];
    for (const count of [webhooks, FEW]) {
      say(`Starting a server and saving ${count} webhooks …`);
      const server = await startServer(ground, 'api');
      await fill(server, count);
      await server.postgres.client.query(AIM);
      await server.postgres.client.query('vacuum analyze');
      await register(server.post, RESOURCE, EVENTS);
      servers.push(server);
    }
    for (const server of servers)
      for (const cell of CELLS) await costOf(server, { ...cell, calls: Math.ceil(cell.calls * WARM_UP) });
    const costs = CELLS.map(() => servers.map(() => /** @type {Cost[]} */ ([])));
    for (let round = 1; round <= rounds; round += 1) {
      say(`publish, round ${round} of ${rounds} …`);
      for (const [index, cell] of CELLS.entries())
        for (const [which, server] of servers.entries()) costs[index][which].push(await costOf(server, cell));
    }
    const rows = CELLS.map(({ batch, matches }, index) => {
      const [many, few] = costs[index];
      return {
        label: `batch ${batch}, ${matches} match`,
        values: [
          ratios(many.map(together), few.map(together)),
          ...SHOWN.flatMap(({ of }) => [many.map(of), few.map(of)]),
        ],
      };
    });
    const published = CELLS.map(({ batch, calls }) => batch * calls);
    return {
      title: `cost of one event, ${rounds} × ${Math.min(...published)} to ${Math.max(...published)} events, one publish after the other. Medians [min-max]; ratio of CPU round by round.`,
      columns: [
        'ratio of CPU',
        ...SHOWN.flatMap(({ label }) => [`${label}, ${webhooks} webhooks`, `with ${FEW}`]),
      ],
      rows,
      notes: [
        'The ratio is of server and PostgreSQL together. Nothing is sent: the server runs with --role api.',
      ],
      options: { rounds, webhooks },
      versions: servers.map(({ postgres }) => ({ postgres: postgres.version })),
      targets: [
        {
          name: `an event's CPU, ${webhooks} webhooks by ${FEW}, the worst of ${CELLS.length}`,
          wanted: { atMost: 1.2 },
          measured: Math.max(...rows.map(({ values }) => median(values[0]))),
        },
      ],
    };
  },
};
