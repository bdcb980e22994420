/**
 * Changes to teams: they belong to the account of the login that creates them. Members may read the
 * team's webhooks, so to make somebody a member is a grant: it is refused where the caller may not read
 * them itself. Each change is one transaction with its audit entry.
 */
import { type DataSource, type EntityManager, In } from 'typeorm';

import { noteWebhookChanges } from '../audit/webhook-changes.ts';
import { collect } from '../db/fragment.ts';
import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { bound } from './bound.ts';
import { LoginEntity } from './login.entity.ts';
import { teamInPortfolio, teamVisible, webhookVisible } from './policy.ts';
import { recordChange } from './record-change.ts';
import { TeamEntity, TeamMemberEntity } from './team.entity.ts';
import { MAX_NAME, readText } from './text-input.ts';
import { changeTree, noteLostRights } from './tree.ts';
import type { Viewer } from './viewer.ts';

/** The most members of one team. */
export const MAX_MEMBERS = 1000;

/** A team as given; in an update, what is left out or null stays as it is. */
export interface TeamInput {
  name?: string | null;
  /** All members; an update replaces them. */
  memberIds?: string[] | null;
}

const NAME = { what: 'The name', max: MAX_NAME, required: true };
const HIDDEN =
  "Members may read the team's webhooks, and one of these the caller may not read: only who reads them all may add members.";

/** Creates a team in the caller's account, of logins of that account's portfolio. */
export async function createTeam(
  orm: DataSource,
  caller: Viewer,
  input: TeamInput,
): Promise<Result<TeamEntity>> {
  return changeTree(orm, caller, 'ACCESS_MANAGE', async (manager, viewer) => {
    const memberIds = [...new Set(input.memberIds ?? [])];
    const problems: Problem[] = [];
    const name = readText(input.name, ['name'], NAME, problems);
    problems.push(...(await checkMembers(manager, viewer, input.memberIds ?? [], [])));
    if (problems.length > 0) return refused(...problems);
    const team = { id: newId('team'), name, accountId: viewer.accountId };
    await manager.insert(TeamEntity, team);
    await addMembers(manager, team.id, memberIds);
    await record(manager, viewer, 'team.create', team, { memberIds: [] }, { name, memberIds });
    return ok(await manager.findOneByOrFail(TeamEntity, { id: team.id }));
  });
}

/** Renames a team of the caller's account or of one below, or replaces its members. */
export async function updateTeam(
  orm: DataSource,
  caller: Viewer,
  id: string,
  input: TeamInput,
): Promise<Result<TeamEntity>> {
  return changeTree(orm, caller, 'ACCESS_MANAGE', async (manager, viewer) => {
    const found = await lockEditableTeam(manager, viewer, id);
    if (!found.ok) return found;
    const team = found.value;
    const problems: Problem[] = [];
    const name = input.name == null ? team.name : readText(input.name, ['name'], NAME, problems);
    const present = await membersOf(manager, id);
    const memberIds = input.memberIds ?? present;
    problems.push(...(await checkMembers(manager, viewer, memberIds, present, team)));
    if (problems.length > 0) return refused(...problems);
    const added = [...new Set(memberIds)].filter((member) => !present.includes(member));
    const removed = present.filter((member) => !memberIds.includes(member));
    if (name !== team.name || added.length > 0)
      await noteWebhookChanges(manager, (add) => `w.team_id = ${add(id)}`);
    await manager.update(TeamEntity, id, { name });
    await removeMembers(manager, id, removed);
    await addMembers(manager, id, added);
    // Of the members those that go and those that come: a list of all would drown them.
    const before = { name: team.name, memberIds: removed };
    await record(manager, viewer, 'team.update', team, before, { name, memberIds: added });
    return ok(await manager.findOneByOrFail(TeamEntity, { id }));
  });
}

/** Deletes a team of the caller's account or of one below that no webhook uses; deleted webhooks forget it. Returns the id. */
export async function deleteTeam(orm: DataSource, caller: Viewer, id: string): Promise<Result<string>> {
  return changeTree(orm, caller, 'ACCESS_MANAGE', async (manager, viewer) => {
    const found = await lockEditableTeam(manager, viewer, id);
    if (!found.ok) return found;
    const [row] = await manager.query<[{ used: number }]>(
      `select count(*)::int as used from webhooks where team_id = $1 and deleted_at is null`,
      [id],
    );
    if (row.used > 0) {
      const message = `${row.used} webhook${row.used === 1 ? ' watches' : 's watch'} this team: delete them or give them another scope first.`;
      return refused(problem('INVALID_STATE', ['id'], message));
    }
    const members = await membersOf(manager, id);
    await removeMembers(manager, id, members);
    await manager.query(`update webhooks set team_id = null where team_id = $1`, [id]);
    await manager.delete(TeamEntity, { id });
    const before = { name: found.value.name, memberIds: members };
    await record(manager, viewer, 'team.delete', found.value, before, { memberIds: [] });
    return ok(id);
  });
}

/** Keeps a team that a webhook is about to use from being deleted until the transaction ends; false when it is gone. */
export async function holdTeam(manager: EntityManager, id: string): Promise<boolean> {
  const rows = await manager.query<unknown[]>(`select 1 from teams where id = $1 for key share`, [id]);
  return rows.length === 1;
}

/**
 * Whether one of these teams is used by a webhook that the caller may not read, be it a deleted one,
 * whose history is still read: to let somebody in, or to act as a member, would be beyond the caller's rights.
 */
export async function hideWebhooks(
  reader: Pick<EntityManager, 'query'>,
  viewer: Viewer,
  teamIds: string[],
): Promise<boolean> {
  const { text, values } = collect(
    (add) => `select exists (
      select 1 from webhooks w
      where w.team_id = any (${add(teamIds)}::text[]) and not (${webhookVisible(viewer)(add)})) as hidden`,
  );
  const [row] = await reader.query<[{ hidden: boolean }]>(text, values);
  return row.hidden;
}

/**
 * A team that the caller may edit, its row locked against a second change at the same time, and against
 * a webhook that begins to use it: the foreign key of that one waits.
 */
async function lockEditableTeam(
  manager: EntityManager,
  viewer: Viewer,
  id: string,
): Promise<Result<TeamEntity>> {
  const team = await lockTeam(manager, id, teamVisible(viewer));
  if (team === null) return refused(problem('NOT_FOUND', ['id'], 'There is no such team.'));
  if ((await lockTeam(manager, id, teamInPortfolio(viewer))) === null)
    return refused(problem('FORBIDDEN', ['id'], "This team belongs to an account outside the caller's."));
  return ok(team);
}

async function lockTeam(
  manager: EntityManager,
  id: string,
  rule: ReturnType<typeof teamVisible>,
): Promise<TeamEntity | null> {
  if (kindOfId(id) !== 'team') return null;
  const { text, parameters } = bound(rule);
  return manager
    .createQueryBuilder(TeamEntity, 't')
    .where('t.id = :id', { id })
    .andWhere(text, parameters)
    .setLock('pessimistic_write')
    .getOne();
}

/**
 * Members must lie in the caller's account's portfolio, and the caller must read what they will read; who
 * is a member already may stay. team is null for a new one, which no webhook uses.
 */
async function checkMembers(
  manager: EntityManager,
  viewer: Viewer,
  memberIds: string[],
  present: string[],
  team: TeamEntity | null = null,
): Promise<Problem[]> {
  if (memberIds.length > MAX_MEMBERS)
    return [problem('TOO_MANY', ['memberIds'], `A team may have at most ${MAX_MEMBERS} members.`)];
  const fresh = memberIds.filter((id) => !present.includes(id));
  if (fresh.length === 0) return [];
  const logins = await manager.findBy(LoginEntity, {
    id: In(fresh.filter((id) => kindOfId(id) === 'login')),
  });
  const inside = new Set(
    logins.filter((login) => login.path.includes(viewer.accountId)).map((login) => login.id),
  );
  const closed = team !== null && (await hideWebhooks(manager, viewer, [team.id]));
  return memberIds.flatMap((id, index) => {
    const at = ['memberIds', String(index)];
    if (present.includes(id)) return [];
    if (!inside.has(id))
      return [problem('NOT_FOUND', at, "There is no such login in the account's portfolio.")];
    return closed ? [problem('FORBIDDEN', at, HIDDEN)] : [];
  });
}

async function membersOf(manager: EntityManager, teamId: string): Promise<string[]> {
  const members = await manager.find(TeamMemberEntity, { where: { teamId }, order: { loginId: 'ASC' } });
  return members.map((member) => member.loginId);
}

async function addMembers(manager: EntityManager, teamId: string, loginIds: string[]): Promise<void> {
  if (loginIds.length === 0) return;
  await manager.insert(
    TeamMemberEntity,
    loginIds.map((loginId) => ({ teamId, loginId })),
  );
}

async function removeMembers(manager: EntityManager, teamId: string, loginIds: string[]): Promise<void> {
  if (loginIds.length === 0) return;
  await manager.delete(TeamMemberEntity, { teamId, loginId: In(loginIds) });
  await noteLostRights(manager, loginIds);
}

function record(
  manager: EntityManager,
  viewer: Viewer,
  action: string,
  team: { id: string; accountId: string },
  before: object,
  after: object,
): Promise<void> {
  const what = { action, subjectId: team.id, scopeId: team.accountId };
  return recordChange(manager, viewer, what, before, after);
}
