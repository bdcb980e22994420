/**
 * A saved table of any size, written by SQL: 300 logins in 20 branches, 50 teams, webhooks with one
 * endpoint, its secret and three triggers with their routes each. The root administrator has made a third of them; a small
 * branch has 50, a small team 5, whatever the size.
 */
import { randomBytes } from 'node:crypto';

import { built } from './postgres.js';

/** How many webhooks the server beside the one with many has. */
export const FEW = 1_000;

/** Names of resources, all with the events create and update; webhooks also name "ghosts", which is none. */
export const RESOURCES = [
  'clients',
  'policies',
  'claims',
  'invoices',
  'payments',
  'tickets',
  'leads',
  'quotes',
];

/** The rows of the small branch and of the small team. */
export const SMALL = { branch: 50, team: 5 };

const id = (/** @type {string} */ prefix, /** @type {string} */ number) =>
  `'${prefix}_01' || lpad((${number})::text, 24, '0')`;
const pick = (/** @type {string[]} */ ...words) =>
  `(array[${words.map((word) => `'${word}'`).join(', ')}])[1 + floor(random() * ${words.length})::int]`;
const root = `(select id from logins where parent_id is null)`;
const PEOPLE = `${pick('Ann', 'bob', 'Cleo', 'dora', 'Émile', 'Frank', 'gus', 'Hana')} || ' ' || ${pick('Moss', 'Lind', 'okafor', 'Stone', 'Reyes')} || ' ' || i`;

/** Accounts 1 to 20 below the root, logins 21 to 300 below them; account 20 is the small branch, with nobody below. */
const LOGINS = `
  insert into logins (id, name, email, parent_id, path, is_account)
  select ${id('lgn', 'i')}, ${PEOPLE}, 'login' || i || '@example.com', root, array[root, ${id('lgn', 'i')}], true
  from generate_series(1, 20) i, ${root} as top (root);
  insert into logins (id, name, email, parent_id, path, is_account)
  select ${id('lgn', 'i')}, ${PEOPLE}, 'login' || i || '@example.com', above, array[root, above, ${id('lgn', 'i')}], false
  from (select i, ${id('lgn', '1 + i % 19')} as above from generate_series(21, 300) i) made, ${root} as top (root);
  update logins set permissions = '{WEBHOOKS_MANAGE}' where id = ${id('lgn', '20')};
  insert into teams (id, account_id, name)
  select ${id('tem', 'i')}, ${root}, ${pick('Night', 'day', 'Claims', 'billing')} || ' team ' || i from generate_series(1, 50) i;
  insert into team_members (team_id, login_id) values (${id('tem', '50')}, ${id('lgn', '300')});`;

/** @param {number} count */
const webhooks = (count) => `
  insert into webhooks (id, account_id, login_id, for_login_id, team_id, name, description, enabled, created_at, updated_at)
  select ${id('whk', 'i')},
         case when small then ${id('lgn', '20')} when r < 0.33 then root else ${id('lgn', '1 + (r * 1e6)::int % 19')} end,
         case when small then ${id('lgn', '20')} when r < 0.33 then root else ${id('lgn', '21 + (r * 1e6)::int % 280')} end,
         case when not shared and s < 0.4 then ${id('lgn', '1 + (s * 1e6)::int % 300')} end,
         case when shared then ${id('tem', '50')} when s > 0.8 then ${id('tem', '1 + (s * 1e6)::int % 49')} end,
         ${pick('Orders', 'invoices', 'Claims', 'policies', 'Clients', 'payments', 'Tickets', 'leads')} || ' to '
           || ${pick('warehouse', 'Billing', 'CRM', 'mail', 'data lake')} || ' ' || substr(md5(i::text), 1, 6),
         'Hands ' || ${pick('orders', 'invoices', 'claims', 'policies')} || ' on to partner ' || substr(md5(i || 'd'), 1, 8)
           || '. Ask the owner before you change it.',
         random() < 0.95, now() - (${count} - i) * interval '1 minute', now() - random() * ${count} * interval '1 minute'
  from (select i, random() as r, random() as s, i % (${count} / ${SMALL.branch}) = 0 as small,
               i % (${count} / ${SMALL.team}) = 1 as shared
        from generate_series(1, ${count}) i) made, ${root} as top (root);
  insert into endpoints (id, webhook_id, position, kind, target, timeout_ms)
  select ${id('ep', 'i')}, ${id('whk', 'i')}, 0, 'URL', 'https://hooks.example.com/' || i, 15000 from generate_series(1, ${count}) i;
  insert into secrets (id, endpoint_id, sealed, hint)
  select ${id('sec', 'i')}, ${id('ep', 'i')}, '', 'whsec_…' || i from generate_series(1, ${count}) i;
  insert into triggers (id, webhook_id, position, resource, event, name, description)
  select ${id('trg', 'i * 3 + j')}, ${id('whk', 'i')}, j,
         case when ghost then 'ghosts' else ${pick(...RESOURCES)} end, ${pick('create', 'update')}, '', ''
  from (select i, random() < 0.01 as ghost from generate_series(1, ${count}) i) made, generate_series(0, 2) j;`;

/** What publishing reads (src/webhooks/write.ts). */
const ROUTES = `
  insert into trigger_routes (trigger_id, webhook_id, account_id, scope, scope_id, resource, event)
  select t.id, w.id, w.account_id,
         case when w.for_login_id is not null then 'LOGIN' when w.team_id is not null then 'TEAM' else 'ACCOUNT' end,
         coalesce(w.for_login_id, w.team_id, w.account_id), t.resource, t.event
  from webhooks w join triggers t on t.webhook_id = w.id`;

/** Fills an empty server. @param {import('./server.js').Server} server @param {number} count A multiple of 50. */
export async function fill({ post, postgres: { client } }, count) {
  for (const name of RESOURCES)
    await post(
      `mutation Register($input: CatalogResourceInput!) { resourceRegister(input: $input) { errors { code field message } } }`,
      {
        input: {
          name,
          label: name,
          model: 'type Thing { id: ID! }',
          events: ['create', 'update'].map((event) => ({ name: event, label: event })),
        },
      },
    );
  await client.query('select setseed(0.5)');
  await client.query(LOGINS);
  await client.query(webhooks(count));
  await client.query(ROUTES);
  // As autovacuum would have done in the meantime.
  await client.query('vacuum analyze');
}

/** Tokens of the small branch's administrator and of the small team's member. @param {import('./server.js').Server} server */
export async function signIn({ postgres: { client } }) {
  const { makeToken, hashToken, hintOf } = await built('access/token-format');
  const tokens = [];
  for (const number of ['20', '300']) {
    const value = makeToken();
    await client.query(
      `insert into access_tokens (id, login_id, origin, name, sha256, hint, permissions)
       values ($1, ${id('lgn', number)}, 'USER', 'bench', $2, $3, '{WEBHOOKS_MANAGE}')`,
      [`tok_${randomBytes(13).toString('hex')}`, hashToken(value), hintOf(value)],
    );
    tokens.push(value);
  }
  return { branchToken: tokens[0], memberToken: tokens[1] };
}
