/**
 * The one validator. Comes in: an input, and the webhook as it stands when it is an update. Goes
 * out: a plan that the writer carries out without further questions, or every problem at once, each
 * with its path in the input. What is well-formed but not in the catalog is no problem: it is saved
 * and stays inactive. Nothing is written here, and no lock is held: checking an address asks DNS.
 */
import type { Access } from '../access/access.ts';
import { MAX_DESCRIPTION, MAX_NAME, readText } from '../access/text-input.ts';
import type { Viewer } from '../access/viewer.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import type { TargetGuard } from './check-target.ts';
import type { Current } from './current.ts';
import type { TriggerInput, WebhookDetailsInput, WebhookInput } from './inputs.ts';
import { findRow } from './rows.ts';
import type { TriggerEntity } from './trigger.entity.ts';
import { checkEndpoints, type PlannedEndpoint } from './validate-endpoints.ts';
import { checkTeamMailboxes } from './validate-mail.ts';

/** The most triggers of one webhook. */
export const MAX_TRIGGERS = 100;

/** Name, description and scope as they will be. */
export interface PlannedDetails {
  name: string;
  description: string;
  forLoginId: string | null;
  teamId: string | null;
}

/** A trigger as it will be; id is null where it has yet to be made. */
export interface PlannedTrigger {
  id: string | null;
  resource: string;
  event: string;
  name: string;
  description: string;
}

/** What to write; a list that is null stays as it is. */
export interface Plan {
  details: PlannedDetails;
  endpoints: PlannedEndpoint[] | null;
  triggers: PlannedTrigger[] | null;
}

/** Who asks, about what, and whom to ask. */
export interface Context {
  viewer: Viewer;
  /** The account that the webhook belongs, or will belong, to. */
  accountId: string;
  access: Pick<Access, 'loginsByIds' | 'visibleTeam'>;
  egress: TargetGuard;
  /** The timeout of an endpoint that names none, ms. */
  defaultTimeoutMs: number;
  /** Null for a new webhook. */
  current: Current | null;
}

/** Checks the whole input. */
export async function validate(input: WebhookInput, context: Context): Promise<Result<Plan>> {
  const { current } = context;
  const problems: Problem[] = [];
  const details = await checkDetails(input.details ?? {}, context, problems);
  const endpoints =
    current && input.endpoints == null
      ? null
      : await checkEndpoints(input.endpoints ?? [], current?.endpoints ?? [], context, problems);
  checkTeamMailboxes(
    (endpoints ?? current?.endpoints ?? []).map(({ kind }) => kind),
    details.teamId,
    endpoints !== null,
    problems,
  );
  const triggers =
    current && input.triggers == null
      ? null
      : checkTriggers(input.triggers ?? [], current?.triggers ?? [], problems);
  return problems.length > 0 ? refused(...problems) : ok({ details, endpoints, triggers });
}

async function checkDetails(
  input: WebhookDetailsInput,
  context: Context,
  problems: Problem[],
): Promise<PlannedDetails> {
  const stored = context.current?.webhook;
  const name = input.name === undefined ? (stored?.name ?? '') : input.name;
  const description = input.description === undefined ? (stored?.description ?? '') : input.description;
  const forLoginId = (input.forLoginId === undefined ? stored?.forLoginId : input.forLoginId) ?? null;
  const teamId = (input.teamId === undefined ? stored?.teamId : input.teamId) ?? null;
  const details = {
    name: readText(name, ['details', 'name'], { what: 'The name', max: MAX_NAME, required: true }, problems),
    description: readText(
      description,
      ['details', 'description'],
      { what: 'The description', max: MAX_DESCRIPTION },
      problems,
    ),
    forLoginId,
    teamId,
  };
  if (forLoginId !== null && teamId !== null) {
    const field = ['details', input.teamId == null ? 'forLoginId' : 'teamId'];
    problems.push(
      problem(
        'INVALID',
        field,
        'A webhook watches a login or a team, not both; send null for the other one.',
      ),
    );
    return details;
  }
  // What stays as it is needs no permission again: the team may have left the caller's sight meanwhile.
  if (forLoginId !== null && forLoginId !== stored?.forLoginId) {
    const login = (await context.access.loginsByIds([forLoginId])).get(forLoginId);
    if (!login?.path.includes(context.accountId))
      problems.push(
        problem('NOT_FOUND', ['details', 'forLoginId'], "There is no such login in the account's portfolio."),
      );
  }
  if (teamId !== null && teamId !== stored?.teamId && !(await mayChooseTeam(teamId, context)))
    problems.push(
      problem(
        'NOT_FOUND',
        ['details', 'teamId'],
        "There is no such team in the webhook's account, below or above it.",
      ),
    );
  return details;
}

/**
 * The caller must see the team. Its members will read the webhook, so that it must not be one of a branch
 * beside; only a member itself may show the webhook to its team wherever that is.
 */
async function mayChooseTeam(teamId: string, { viewer, accountId, access }: Context): Promise<boolean> {
  const team = await access.visibleTeam(viewer, teamId);
  if (team === undefined || viewer.teamIds.includes(teamId)) return team !== undefined;
  const accounts = await access.loginsByIds([accountId, team.accountId]);
  const isBelow = (one: string, other: string) => accounts.get(one)!.path.includes(other);
  return isBelow(team.accountId, accountId) || isBelow(accountId, team.accountId);
}

function checkTriggers(
  inputs: TriggerInput[],
  stored: TriggerEntity[],
  problems: Problem[],
): PlannedTrigger[] {
  if (inputs.length === 0)
    problems.push(problem('REQUIRED', ['triggers'], 'A webhook needs at least one trigger.'));
  if (inputs.length > MAX_TRIGGERS) {
    problems.push(problem('TOO_MANY', ['triggers'], `A webhook may have at most ${MAX_TRIGGERS} triggers.`));
    return [];
  }
  const seen = new Set<string>();
  return inputs.map((input, index) => {
    const at = ['triggers', String(index)];
    const row = findRow(input.id, stored, seen, [...at, 'id'], 'trigger', problems);
    const text = (
      key: 'resource' | 'event' | 'name' | 'description',
      what: string,
      max: number,
      required: boolean,
    ) =>
      readText(
        input[key] === undefined ? row?.[key] : input[key],
        [...at, key],
        { what, max, required },
        problems,
      );
    return {
      id: row?.id ?? null,
      resource: text('resource', 'The resource', MAX_NAME, true),
      event: text('event', 'The event', MAX_NAME, true),
      name: text('name', 'The name', MAX_NAME, false),
      description: text('description', 'The description', MAX_DESCRIPTION, false),
    };
  });
}
