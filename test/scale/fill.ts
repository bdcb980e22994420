/**
 * A database of any size, made by plain SQL: a tree of logins, webhooks with all their parts, events, deliveries, attempts,
 * the log and the audit log, spread over the partitions of some months. In comes a migrated, empty database. Everything
 * follows from the numbers of rows, so that two runs of one size ask about the same rows.
 *
 * Accounts: `above` holds `large` (most of everything, and 10,000 logins), 20 middle ones, of which the last, `sparse`, has
 * little activity by 50 logins; a hundred tiny ones with three logins, five webhooks and 120 events each, which lie evenly
 * between the millions of others; `dormant` has 2,000 logins that did 40 things in all. A team in `large` has three members and five webhooks that seldom fire.
 */
import type pg from 'pg';

import { ensurePartitions, type Keep, listPartitions } from '../../src/db/partitions.ts';

/** How much of everything. */
export interface Size {
  webhooks: number;
  /** Events, and as many deliveries: one event in ten fires nothing, another one two webhooks. */
  deliveries: number;
  days: number;
  /** Logins of the large account. */
  logins: number;
  auditEntries: number;
}

/** Logins of the tree by their numbers in ids. */
export const PEOPLE = {
  above: 1,
  large: 2,
  middle: 3,
  sparse: 22,
  tiny: 50,
  member: 1_000,
  dormant: 60_000,
} as const;
/** The team that the member belongs to. */
export const TEAM = 1;
/** Names that rows have which are asked for. */
export const NAMES = {
  rareResource: 'rarities',
  rareEvent: 'delete',
  tinyEntity: 'tiny-27-3',
  hotEntity: 'hot',
  warmEntity: 'warm',
} as const;

const DAY_MS = 86_400_000;
const MIDDLE = { first: 3, last: 22 };
const TINY = { first: 23, count: 100, webhooks: 5, events: 120 };
const TEAM_WEBHOOKS = 5;
const MIDDLE_LOGINS = 50;
const DORMANT = { first: 40_000, logins: 2_000, events: 40 };
/** Statements hold no more rows than that. */
const CHUNK = 200_000;
const RESOURCES = 20;

/** The id of a row that was made at no particular time, as SQL of its number. */
const idOf = (prefix: string, number: string): string =>
  `('${prefix}_01' || lpad((${number})::text, 24, '0'))`;

/** The same as a text. */
export function fixedId(prefix: string, number: number): string {
  return `${prefix}_01${String(number).padStart(24, '0')}`;
}

/** An id that begins with its time, as SQL of milliseconds and a number. */
function timedId(prefix: string, ms: string, number: string): string {
  const digits = Array.from(
    { length: 10 },
    (_, place) =>
      `substr('0123456789abcdefghjkmnpqrstvwxyz', ((${ms} >> ${45 - 5 * place}) & 31)::int + 1, 1)`,
  );
  return `('${prefix}_' || ${digits.join(' || ')} || lpad((${number})::text, 16, '0'))`;
}

/** One of 2^31 for a number, the same at each run. */
const chance = (of: string, salt: number): string => `(hashint8extended(${of}, ${salt}) & 2147483647)`;
const pick = (words: string[], of: string): string =>
  `(array[${words.map((word) => `'${word}'`).join(', ')}])[1 + (${of}) % ${words.length}]`;

/** Fills the database; say is told what goes on. */
export async function fill(
  sql: pg.Client,
  size: Size,
  keep: Keep,
  say: (line: string) => void,
): Promise<void> {
  const nowMs = Date.now();
  await makePartitions(sql, size, keep, nowMs);
  say('the tree, the catalog and the webhooks');
  await sql.query(CATALOG);
  await sql.query(people(size.logins));
  await sql.query(webhooks(size));
  await sql.query(audit(size));
  const startMs = nowMs - size.days * DAY_MS;
  for (let from = 0; from < size.deliveries; from += CHUNK) {
    const upTo = Math.min(from + CHUNK, size.deliveries);
    say(`events ${from + 1} to ${upTo} of ${size.deliveries}`);
    for (const statement of history(size, { from, upTo, startMs, nowMs }, keep)) await sql.query(statement);
  }
  await sql.query(dormant(startMs, nowMs));
  say('vacuum analyze');
  await sql.query('vacuum analyze');
  await sql.query('checkpoint');
}

async function makePartitions(sql: pg.Client, size: Size, keep: Keep, nowMs: number): Promise<void> {
  for (let atMs = nowMs - (size.days + 1) * DAY_MS; atMs <= nowMs; atMs += 7 * DAY_MS)
    await ensurePartitions(sql, keep, atMs);
  // As retention has left them.
  for (const { of, toMs, name } of await listPartitions(sql))
    if (toMs + keep[of.keep] <= nowMs) await sql.query(`drop table ${name}`);
}

const CATALOG = `
  insert into resources (id, name, label, description, model, payload_schema, allowed)
  select ${idOf('res', 'i')}, case i when 0 then '${NAMES.rareResource}' else 'resource' || i end, 'Resource ' || i, '',
         'type Thing { id: ID! }', '{"type": "object"}', true
  from generate_series(0, ${RESOURCES}) i;
  insert into resource_events (resource_id, name, position, label, description, supported, example_payload)
  select ${idOf('res', 'i')}, e.name, e.position, e.name, '', true, '{"id": "1"}'
  from generate_series(0, ${RESOURCES}) i, (values ('create', 0), ('update', 1), ('${NAMES.rareEvent}', 2)) e (name, position);`;

const person = (number: string): string =>
  `${pick(['Ann', 'bob', 'Cleo', 'dora', 'Émile', 'Frank', 'gus', 'Hana'], number)} || ' '
   || ${pick(['Moss', 'Lind', 'okafor', 'Stone', 'Reyes'], `${number} / 8`)} || ' ' || ${number}`;

/** Logins numbered number below the login numbered above. */
const loginsBelow = (series: string, above: string, isAccount: boolean): string => `
  insert into logins (id, name, email, parent_id, path, is_account, permissions)
  select ${idOf('lgn', 'made.n')}, ${person('made.n')}, 'login' || made.n || '@example.com', p.id,
         p.path || ${idOf('lgn', 'made.n')}, ${isAccount},
         ${isAccount ? `'{WEBHOOKS_MANAGE,EVENTS_PUBLISH,ACCESS_MANAGE}'` : `'{}'`}
  from (select n, ${above} as above from ${series} n) made
  join logins p on p.id = coalesce(${idOf('lgn', 'made.above')}, (select id from logins where parent_id is null));`;

const people = (logins: number): string =>
  [
    loginsBelow(`generate_series(${PEOPLE.above}, ${PEOPLE.above})`, 'null::int', true),
    loginsBelow(`generate_series(${PEOPLE.large}, ${MIDDLE.last})`, String(PEOPLE.above), true),
    loginsBelow(`generate_series(${TINY.first}, ${TINY.first + TINY.count - 1})`, 'null::int', true),
    loginsBelow(`generate_series(1000, ${999 + logins})`, String(PEOPLE.large), false),
    loginsBelow(
      `generate_series(20000, ${19_999 + MIDDLE_LOGINS * (MIDDLE.last - MIDDLE.first + 1)})`,
      `${MIDDLE.first} + (n - 20000) / ${MIDDLE_LOGINS}`,
      false,
    ),
    loginsBelow(
      `generate_series(30000, ${29_999 + 2 * TINY.count})`,
      `${TINY.first} + (n - 30000) / 2`,
      false,
    ),
    loginsBelow(`generate_series(${PEOPLE.dormant}, ${PEOPLE.dormant})`, 'null::int', true),
    loginsBelow(
      `generate_series(${DORMANT.first}, ${DORMANT.first + DORMANT.logins - 1})`,
      String(PEOPLE.dormant),
      false,
    ),
    `insert into teams (id, account_id, name)
   select ${idOf('tem', 'i')}, ${idOf('lgn', `case when i <= 1000 then ${PEOPLE.large} else ${TINY.first} + i % ${TINY.count} end`)},
          ${pick(['Night', 'day', 'Claims', 'billing'], 'i')} || ' team ' || i
   from generate_series(1, 1200) i;
   insert into team_members (team_id, login_id)
   select ${idOf('tem', String(TEAM))}, ${idOf('lgn', 'i')} from generate_series(${PEOPLE.member}, ${PEOPLE.member} + 2) i;
   insert into team_members (team_id, login_id)
   select ${idOf('tem', 'i')}, ${idOf('lgn', `1003 + (i * 3 + j) % ${logins - 3}`)} from generate_series(2, 1000) i, generate_series(0, 2) j;`,
  ].join('\n');

/** Webhooks by number: those of the tiny accounts, of the team, of the large account, of the middle ones. */
function webhooks({ webhooks: count, logins }: Size): string {
  const tiny = TINY.count * TINY.webhooks;
  const team = tiny + TEAM_WEBHOOKS;
  const large = largeUpTo(count);
  return `
  create table scale_webhooks as
  select i, case when i <= ${tiny} then ${TINY.first} + (i - 1) / ${TINY.webhooks}
                 when i <= ${large} then ${PEOPLE.large}
                 else ${MIDDLE.first} + i % ${MIDDLE.last - MIDDLE.first + 1} end as account,
         i > ${tiny} and i <= ${team} as of_team
  from generate_series(1, ${count}) i;
  insert into webhooks (id, account_id, login_id, for_login_id, team_id, name, description, enabled, created_at, updated_at, enabled_at)
  select ${idOf('whk', 'i')}, ${idOf('lgn', 'account')},
         case when account = ${PEOPLE.large} and i % 3 = 0 then ${idOf('lgn', `1000 + i % ${logins}`)} else ${idOf('lgn', 'account')} end,
         case when account = ${PEOPLE.large} and i % 5 = 1 and not of_team then ${idOf('lgn', `1000 + i % ${logins}`)} end,
         case when of_team then ${idOf('tem', String(TEAM))}
              when account = ${PEOPLE.large} and i % 5 = 2 then ${idOf('tem', '2 + i % 999')} end,
         ${pick(['Orders', 'invoices', 'Claims', 'policies', 'Clients', 'payments', 'Tickets', 'leads'], chance('i', 9))} || ' to '
           || ${pick(['warehouse', 'Billing', 'CRM', 'mail', 'data lake'], chance('i', 10))} || ' ' || substr(md5(i::text), 1, 6),
         'Hands ' || ${pick(['orders', 'invoices', 'claims', 'policies'], 'i / 3')} || ' on to partner ' || substr(md5(i || 'd'), 1, 8)
           || '. Ask the owner before you change it.',
         i % 20 <> 7, now() - (${count} - i) * interval '1 minute', now() - (${chance('i', 1)} % ${count}) * interval '1 minute',
         -- Never off: what is open was born since.
         now() - interval '1 year'
  from scale_webhooks order by i;
  insert into endpoints (id, webhook_id, position, kind, target, timeout_ms, enabled_at, disabled_as, disabled_at, disabled_code)
  select ${idOf('ep', 'i')}, ${idOf('whk', 'i')}, 0, 'URL', 'https://hooks.example.com/' || i, 15000, now() - interval '1 year',
         case when i % 10000 = 11 then 'AUTO_DISABLED' end, case when i % 10000 = 11 then now() end,
         case when i % 10000 = 11 then 'HTTP_410' end
  from scale_webhooks;
  insert into secrets (id, endpoint_id, sealed, hint)
  select ${idOf('sec', 'i')}, ${idOf('ep', 'i')}, '', 'whsec_…' || i from scale_webhooks;
  insert into triggers (id, webhook_id, position, resource, event, name, description)
  select ${idOf('trg', 'i * 3 + j')}, ${idOf('whk', 'i')}, j,
         case when i % 5000 = 3 then 'ghosts' when i % 10000 = 13 then '${NAMES.rareResource}' else 'resource' || 1 + (i + j) % ${RESOURCES} end,
         case when j = 1 then 'update' else 'create' end, '', ''
  from scale_webhooks, generate_series(0, 2) j;
  insert into trigger_routes (trigger_id, webhook_id, account_id, scope, scope_id, resource, event)
  select t.id, w.id, w.account_id, case when w.team_id is not null then 'TEAM' when w.for_login_id is not null then 'LOGIN' else 'ACCOUNT' end,
         coalesce(w.team_id, w.for_login_id, w.account_id), t.resource, t.event
  from triggers t join webhooks w on w.id = t.webhook_id;
  drop table scale_webhooks;
  analyze webhooks, endpoints, triggers, logins;`;
}

const largeUpTo = (count: number): number => Math.floor(count * 0.6);

const audit = ({ webhooks: count, auditEntries }: Size): string => `
  insert into audit_log (id, at, login_id, action, subject_kind, subject_id, scope_id, changes)
  select ${timedId('aud', 'ms', 'i')}, to_timestamp(ms / 1000.0), w.login_id, 'webhook.update', 'webhook', w.id, w.account_id,
         '{"name": {"from": "a", "to": "b"}}'
  from (select i, (extract(epoch from now())::bigint - (${auditEntries} - i) * 20) * 1000 as ms,
               case when i % 20000 = 10 then 136 else 501 + ${chance('i', 2)} % ${count - 1000} end as n
        from generate_series(1, ${auditEntries}) i) made
  join webhooks w on w.number = made.n;`;

/** What happened from one event to another. */
function history(
  { deliveries: count, webhooks: webhookCount, days, logins }: Size,
  { from, upTo, startMs, nowMs }: { from: number; upTo: number; startMs: number; nowMs: number },
  keep: Keep,
): string[] {
  const stepMs = (days * DAY_MS) / count;
  const tinyStep = Math.max(1, Math.floor(count / TINY.events));
  const teamStep = Math.max(1, Math.floor(count / 150));
  const tinyWebhooks = TINY.count * TINY.webhooks;
  const largeWebhooks = largeUpTo(webhookCount) - tinyWebhooks - TEAM_WEBHOOKS;
  const since = (ms: number): string => `ms >= ${nowMs - ms}`;
  return [
    `create temp table made on commit preserve rows as
     select m.*, ${timedId('evt', 'ms', 'i')} as event_id, ${idOf('lgn', 'login')} as login_id,
            case when i % 50000 = 8 then '${NAMES.rareResource}' else 'resource' || 1 + r % ${RESOURCES} end as resource,
            case when i % 5000 = 9 then '${NAMES.rareEvent}' when r % 3 = 0 then 'update' else 'create' end as name,
            case kind when 'tiny' then 'tiny-' || tiny || '-' || (i / ${tinyStep}) % 10
                      else case when e % 50 = 0 then '${NAMES.hotEntity}' when e % 500 = 1 then '${NAMES.warmEntity}' else 'e' || e % 200000 end end as entity_id,
            case kind when 'tiny' then array[tiny * ${TINY.webhooks} + 1 + i / ${tinyStep} % ${TINY.webhooks}]
                      when 'team' then array[${tinyWebhooks} + 1 + i / ${teamStep} % ${TEAM_WEBHOOKS}]
                      when 'large' then
                        case when i % 50000 = 8 then array[${10_013 - tinyWebhooks - TEAM_WEBHOOKS - 1}::bigint + 10000 * (r % ${Math.max(1, Math.floor(largeWebhooks / 10_000))})]
                        else case i % 10 when 0 then '{}' when 1 then array[f % ${largeWebhooks}, (f + 7) % ${largeWebhooks}]
                             else array[f % ${largeWebhooks}] end end
                      else case i % 10 when 0 then '{}' else array[-1::bigint] end end as hooks
     from (
       select i, (${startMs} + i * ${stepMs})::bigint as ms, ${chance('i', 3)} as r, ${chance('i', 4)} as e, ${chance('i', 5)} as f, kind, tiny,
              case kind when 'tiny' then case i / ${tinyStep} % 3 when 0 then ${TINY.first} + tiny else 30000 + tiny * 2 + i / ${tinyStep} % 2 end
                        when 'team' then ${PEOPLE.member} + i / ${teamStep} % 3
                        when 'large' then 1003 + ${chance('i', 6)} % ${logins - 3}
                        when 'sparse' then ${19_999 + MIDDLE_LOGINS * 19} + ${chance('i', 6)} % ${MIDDLE_LOGINS}
                        else 20000 + ${chance('i', 6)} % ${MIDDLE_LOGINS * 19} end as login
       from (
         select i, i % ${tinyStep} / 7 as tiny,
                case when i % ${tinyStep} < ${7 * TINY.count} and i % ${tinyStep} % 7 = 3 then 'tiny'
                     when i % ${teamStep} = ${Math.floor(teamStep / 2)} then 'team'
                     when ${chance('i', 7)} % 1000 = 0 then 'sparse'
                     when ${chance('i', 7)} % 10 < 7 then 'large' else 'middle' end as kind
         from generate_series(${from + 1}::bigint, ${upTo}) i
       ) kinds
     ) m;`,
    `insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at, published_at, fired, epoch, xid)
     select event_id, made.login_id, l.path, case when kind = 'team' then array[${idOf('tem', String(TEAM))}] else '{}' end, resource, made.name, entity_id,
            to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0),
            array(select case when hook >= 0 and kind = 'large' then ${idOf('whk', `${tinyWebhooks + TEAM_WEBHOOKS + 1} + hook`)}
                              when hook >= 0 then ${idOf('whk', 'hook')}
                              else ${middleWebhook('l.path[3]', webhookCount)} end from unnest(hooks) hook),
            (select epoch from stream_epoch), pg_current_xact_id()
     from made join logins l on l.id = made.login_id order by i;`,
    `insert into event_payloads (event_id, payload)
     select event_id, '{"id": "' || entity_id || '", "name": "Somebody", "address": {"street": "1 Main Street", "city": "Springfield"}, "note": "' || md5(i::text) || '"}'
     from made where ${since(keep.keepPayloadsMs)} order by i;`,
    // One in twenty was born by a replay, two days after its event; of the sparse account one in three.
    `create temp table sent on commit preserve rows as
     select i, born.ms, event_id, made.resource, made.name as event, made.entity_id, ${timedId('dlv', 'born.ms', 'i * 4 + place')} as id, webhook_id, 'ep' || substr(webhook_id, 4) as endpoint_id,
            d % 100000 as luck, i > ${count - Math.min(40_000, count / 100)} and i % 10 = 5 as open,
            case when late then 'REPLAY' else 'EVENT' end as origin
     from made join events on events.id = made.event_id, unnest(fired) with ordinality as f (webhook_id, place),
          lateral (select ${chance('i * 4 + place', 8)} as d) chances,
          lateral (select d / 100000 % case kind when 'sparse' then 3 else 20 end = 1 and made.ms < ${nowMs - 2 * DAY_MS} as late) births,
          lateral (select made.ms + case when late then ${2 * DAY_MS} else 1 end as ms) born;`,
    `insert into delivery_queue (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, due_at, created_at, queued_at, attempt_count, rank, status_code)
     select id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, now() + interval '3 days', to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0),
            (luck % 2)::int, 1 + luck % 2, case luck % 2 when 1 then 500 end
     from sent where open;`,
    `insert into deliveries (id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, status, version, attempt_count, lost_count, status_code,
                             created_at, completed_at, account_id)
     select id, event_id, resource, event, entity_id, webhook_id, endpoint_id, origin, ${outcome('status')}, 2, 1, 0, ${outcome('code')},
            to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0 + 0.2), 
            coalesce((select w.account_id from webhooks w where w.id = sent.webhook_id), '')
     from sent where not open order by i;`,
    `insert into attempts (delivery_id, number, origin, outcome, started_at, duration_ms, request, response)
     select id, n, case n when 1 then 'FIRST' else 'AUTOMATIC_RETRY' end, case when luck < 98500 then 'SUCCEEDED' else 'REJECTED' end, to_timestamp(ms / 1000.0 + n * 0.05), 40,
            '{"url": "https://hooks.example.com/", "headers": [{"name": "content-type", "value": "application/json", "secret": false}], "bodyBytes": 300}',
            '{"statusCode": 200, "headers": [], "body": "ok", "bodyBytes": 2, "bodyTruncated": false}'
     from sent, generate_series(1, case when luck < 98500 then 1 else 3 end) n
     where not open and ${since(Math.min(keep.keepAttemptsMs, 14 * DAY_MS))} order by i;`,
    `insert into delivery_log (at, kind, delivery_id, version, event_id, webhook_id, endpoint_id, origin, attempt_count, attempt_number, status_code, created_at)
     select to_timestamp(ms / 1000.0), step.kind, id, step.version, event_id, webhook_id, endpoint_id, 'EVENT', step.version - 1,
            case step.version when 2 then 1 end, case step.version when 2 then ${outcome('code')} end, to_timestamp(ms / 1000.0)
     from sent, lateral (values ('CREATED', 1), (${outcome('status')}, 2)) step (kind, version)
     where ${since(keep.keepLogMs - DAY_MS)} and (step.version = 1 or not open) order by i;`,
    'drop table made, sent;',
  ];
}

/** What the logins of the dormant account did, of all times, which fired nothing. */
const dormant = (startMs: number, nowMs: number): string => `
  insert into events (id, login_id, path, team_ids, resource, name, entity_id, occurred_at, published_at, fired, epoch, xid)
  select made.id, l.id, l.path, '{}', 'resource' || 1 + k % 4, case when k % 3 = 0 then 'update' else 'create' end,
         case when k % 20 = 0 then '${NAMES.hotEntity}' else 'e' || k end, to_timestamp(ms / 1000.0), to_timestamp(ms / 1000.0), '{}',
         (select epoch from stream_epoch), (select e.xid from events e where e.id > made.id order by e.id limit 1)
  from (select k, ms, ${timedId('evt', 'ms', '9000000000 + k')} as id
        from (select k, (${startMs} + (k - 0.5) * ${(nowMs - startMs) / DORMANT.events})::bigint as ms
              from generate_series(1, ${DORMANT.events}) k) times) made
  join logins l on l.id = ${idOf('lgn', `${DORMANT.first} + k * 37 % ${DORMANT.logins}`)};`;

/** Webhooks of the middle accounts have numbers behind those of the large one, account by account in turns. */
function middleWebhook(account: string, webhookCount: number): string {
  const accounts = MIDDLE.last - MIDDLE.first + 1;
  const first = Math.ceil((largeUpTo(webhookCount) + 1) / accounts) * accounts;
  const rounds = Math.floor((webhookCount - first) / accounts);
  return idOf(
    'whk',
    `${first} + (f % ${rounds}) * ${accounts} + (right(${account}, 6)::int - ${MIDDLE.first})`,
  );
}

function outcome(column: 'status' | 'code'): string {
  const rows = [
    [97_000, 'SUCCEEDED', '200'],
    [98_500, 'SUCCEEDED', '204'],
    [99_500, 'FAILED', '500'],
    [99_900, 'FAILED', '404'],
    [99_990, 'FAILED', 'null'],
    [99_999, 'CANCELLED', 'null'],
  ] as const;
  const [last, cases] =
    column === 'status'
      ? [`'FAILED'`, rows.map(([below, status]) => `when luck < ${below} then '${status}'`)]
      : ['418', rows.map(([below, , code]) => `when luck < ${below} then ${code}`)];
  return `case ${cases.join(' ')} else ${last} end`;
}
