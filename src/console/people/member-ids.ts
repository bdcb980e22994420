/** All members of a team: the API replaces them as a whole, so all are read before a change. */
import type { Client } from 'urql';

import { describeError } from '../api/problems.ts';
import { TeamMembersDocument, type TeamMembersQuery } from '../gql/graphql.ts';

const PAGE = 100;

/** The members of an answer; null when there is no such team. */
export function membersOf({ node }: TeamMembersQuery) {
  return node && 'members' in node ? node.members : null;
}

/** Reads the ids to their end; a sentence when that did not work. */
export async function readMemberIds(client: Client, id: string): Promise<string[] | string> {
  const ids: string[] = [];
  let after: string | null = null;
  do {
    const answer: {
      data?: TeamMembersQuery | undefined;
      error?: Parameters<typeof describeError>[0] | undefined;
    } = await client
      .query(TeamMembersDocument, { id, first: PAGE, after }, { requestPolicy: 'network-only' })
      .toPromise();
    if (answer.error) return describeError(answer.error);
    const page = answer.data === undefined ? null : membersOf(answer.data);
    if (page === null) return 'There is no such team any more.';
    ids.push(...page.nodes.map((login) => login.id));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return ids;
}
