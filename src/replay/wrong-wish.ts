/**
 * What is wrong with a wish for a replay, apart from its rate. Comes in: who asks, and for what. Goes out: each problem at its field, so
 * that a filter which can match nothing is not answered with a count of nothing; of what somebody else manages it says no more than of
 * what does not exist.
 */
import { collect } from '../db/fragment.ts';
import type { Sql, SqlFragment } from '../db/sql.ts';
import { type Problem, problem } from '../errors.ts';
import { kindOfId } from '../ids.ts';
import { CLOSED } from '../queue/status.ts';
import type { Wish } from './matched.ts';

/** Within what it is looked for; managed is over the alias w of webhooks, visible over r of replays. */
export interface Sight {
  managed: SqlFragment;
  visible: SqlFragment;
}

/** What is wrong with a wish that is only counted: a filter that names what is not there counts nothing. */
export async function problemsOfCount(sql: Sql, sight: Sight, wish: Wish): Promise<Problem[]> {
  const missing = await problemOfMissing(sql, sight, wish);
  return [...problemsOfValues(wish), ...(missing ? [missing] : [])];
}

/** What is wrong with a wish that is to be carried out. */
export async function problemsOfStart(sql: Sql, sight: Sight, wish: Wish): Promise<Problem[]> {
  const states = openStatesOnly(wish);
  return [
    ...(await problemsOfCount(sql, sight, wish)),
    ...(states ? [states] : []),
    ...(await unknownNames(sql, sight, wish)),
  ];
}

function problemsOfValues({ filter }: Wish): Problem[] {
  const problems: Problem[] = [];
  const { createdAt, status, statusCode } = filter;
  if (createdAt?.from && createdAt.to && createdAt.to <= createdAt.from)
    problems.push(
      problem(
        'INVALID',
        ['filter', 'createdAt', 'to'],
        `The range ends before it begins: to must be later than from, ${createdAt.from.toISOString()}.`,
      ),
    );
  for (const [name, list] of Object.entries({ status, statusCode }))
    if (list?.length === 0)
      problems.push(
        problem(
          'INVALID',
          ['filter', name],
          'The list is empty: name at least one, or leave it out for all.',
        ),
      );
  return problems;
}

/** States that no closed delivery has. */
function openStatesOnly({ filter: { status }, missingFor }: Wish): Problem | null {
  // What never had a delivery has no state either.
  if (missingFor !== null || !status?.length) return null;
  if (status.some((one) => (CLOSED as readonly string[]).includes(one))) return null;
  return problem(
    'INVALID',
    ['filter', 'status'],
    `Only what has come to its end is sent again: name ${CLOSED.join(', ')}, or leave it out.`,
  );
}

/** What the filter names by an id, or a number, and the caller does not manage. */
async function unknownNames(sql: Sql, { managed, visible }: Sight, { filter }: Wish): Promise<Problem[]> {
  const { webhookId, webhookNumber, endpointId, replayId } = filter;
  const webhooks = (condition: SqlFragment): SqlFragment => {
    return (add) =>
      `exists (select 1 from webhooks w where (${condition(add)}) and w.deleted_at is null and (${managed(add)}))`;
  };
  const named: { field: keyof typeof filter; what: string; kind?: boolean; exists: SqlFragment }[] = [];
  if (webhookId != null)
    named.push({
      ...{ field: 'webhookId', what: 'webhook', kind: kindOfId(webhookId) === 'webhook' },
      exists: webhooks((add) => `w.id = ${add(webhookId)}`),
    });
  if (webhookNumber != null)
    named.push({
      ...{ field: 'webhookNumber', what: 'webhook' },
      exists: webhooks((add) => `w.number = ${add(webhookNumber)}::int`),
    });
  if (endpointId != null)
    named.push({
      ...{ field: 'endpointId', what: 'endpoint', kind: kindOfId(endpointId) === 'endpoint' },
      exists: webhooks(
        (add) =>
          `w.id = (select ep.webhook_id from endpoints ep where ep.id = ${add(endpointId)} and ep.removed_at is null)`,
      ),
    });
  if (replayId != null)
    named.push({
      ...{ field: 'replayId', what: 'replay', kind: kindOfId(replayId) === 'replay' },
      exists: (add) => `exists (select 1 from replays r where r.id = ${add(replayId)} and (${visible(add)}))`,
    });
  const problems: Problem[] = [];
  for (const { field, what, kind = true, exists } of named) {
    const { text, values } = collect((add) => `select ${exists(add)} as known`);
    // What is no id at all is not asked for: PostgreSQL refuses NUL in a text.
    const known = kind && (await sql.query<{ known: boolean }>(text, values)).rows[0]!.known;
    if (!known)
      problems.push(problem('NOT_FOUND', ['filter', field], `There is no such ${what} that you may manage.`));
  }
  return problems;
}

/** What is wrong with the webhook whose missing deliveries are asked for, or null. */
async function problemOfMissing(sql: Sql, { managed }: Sight, { missingFor }: Wish): Promise<Problem | null> {
  if (missingFor === null) return null;
  const { text, values } = collect(
    (add) =>
      `select w.enabled from webhooks w where w.id = ${add(missingFor)} and w.deleted_at is null and (${managed(add)})`,
  );
  const known =
    kindOfId(missingFor) === 'webhook' ? (await sql.query<{ enabled: boolean }>(text, values)).rows : [];
  const field = ['missingFor'];
  if (!known[0]) return problem('NOT_FOUND', field, 'There is no such webhook that you may manage.');
  if (!known[0].enabled) return problem('INVALID_STATE', field, 'The webhook is disabled: enable it first.');
  return null;
}
