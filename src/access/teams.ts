/** Changes to teams: they belong to the account of the login that creates them. */
import { type DataSource, type EntityManager, In } from 'typeorm';

import { ok, type Problem, problem, refused, type Result } from '../errors.ts';
import { kindOfId, newId } from '../ids.ts';
import { bound } from './bound.ts';
import { LoginEntity } from './login.entity.ts';
import { may, missing, teamInPortfolio, teamVisible } from './policy.ts';
import { TeamEntity, TeamMemberEntity } from './team.entity.ts';
import { MAX_NAME, readText } from './text-input.ts';
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

/** Creates a team in the caller's account, of logins of that account's portfolio. */
export async function createTeam(
  orm: DataSource,
  viewer: Viewer,
  input: TeamInput,
): Promise<Result<TeamEntity>> {
  if (!may(viewer, 'ACCESS_MANAGE')) return refused(missing('ACCESS_MANAGE'));
  return orm.transaction(async (manager) => {
    const problems: Problem[] = [];
    const name = readText(input.name, ['name'], NAME, problems);
    problems.push(...(await checkMembers(manager, viewer, input.memberIds ?? [], [])));
    if (problems.length > 0) return refused(...problems);
    const id = newId('team');
    await manager.insert(TeamEntity, { id, name, accountId: viewer.accountId });
    await replaceMembers(manager, id, input.memberIds ?? []);
    return ok(await manager.findOneByOrFail(TeamEntity, { id }));
  });
}

/** Renames a team of the caller's account or of one below, or replaces its members. */
export async function updateTeam(
  orm: DataSource,
  viewer: Viewer,
  id: string,
  input: TeamInput,
): Promise<Result<TeamEntity>> {
  if (!may(viewer, 'ACCESS_MANAGE')) return refused(missing('ACCESS_MANAGE'));
  return orm.transaction(async (manager) => {
    const team = await findTeam(manager, id, teamVisible(viewer));
    if (team === null) return refused(problem('NOT_FOUND', ['id'], 'There is no such team.'));
    if ((await findTeam(manager, id, teamInPortfolio(viewer))) === null)
      return refused(problem('FORBIDDEN', ['id'], "This team belongs to an account outside the caller's."));
    const problems: Problem[] = [];
    const name = input.name === undefined ? team.name : readText(input.name, ['name'], NAME, problems);
    if (input.memberIds) {
      const present = await manager.findBy(TeamMemberEntity, { teamId: id });
      const kept = present.map((member) => member.loginId);
      problems.push(...(await checkMembers(manager, viewer, input.memberIds, kept)));
    }
    if (problems.length > 0) return refused(...problems);
    await manager.update(TeamEntity, id, { name });
    if (input.memberIds) await replaceMembers(manager, id, input.memberIds);
    return ok(await manager.findOneByOrFail(TeamEntity, { id }));
  });
}

/** The team, locked against a second update at the same time, where the rule allows it. */
async function findTeam(
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

/** Members must lie in the caller's account's portfolio; who is a member already may stay. */
async function checkMembers(
  manager: EntityManager,
  viewer: Viewer,
  memberIds: string[],
  present: string[],
): Promise<Problem[]> {
  if (memberIds.length > MAX_MEMBERS)
    return [problem('TOO_MANY', ['memberIds'], `A team may have at most ${MAX_MEMBERS} members.`)];
  const logins = await manager.findBy(LoginEntity, {
    id: In(memberIds.filter((id) => kindOfId(id) === 'login')),
  });
  const allowed = new Set(present);
  for (const login of logins) if (login.path.includes(viewer.accountId)) allowed.add(login.id);
  return memberIds.flatMap((id, index) =>
    allowed.has(id)
      ? []
      : [
          problem(
            'NOT_FOUND',
            ['memberIds', String(index)],
            "There is no such login in the account's portfolio.",
          ),
        ],
  );
}

async function replaceMembers(manager: EntityManager, teamId: string, memberIds: string[]): Promise<void> {
  await manager.query(`delete from team_members where team_id = $1 and login_id <> all ($2::text[])`, [
    teamId,
    memberIds,
  ]);
  await manager.query(
    `insert into team_members (team_id, login_id) select $1, unnest($2::text[]) on conflict do nothing`,
    [teamId, memberIds],
  );
}
