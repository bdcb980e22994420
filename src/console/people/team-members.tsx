/** The members of a team: listed, added by a search, taken out. */
import { ActionIcon, Alert, Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useClient, useMutation } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import { usePages } from '../api/use-pages.ts';
import { ConsoleTeamUpdateDocument, TeamMembersDocument, type TeamRowFragment } from '../gql/graphql.ts';
import { useViewer } from '../session/viewer.tsx';
import { useAnnounce } from '../ui/announcer.tsx';
import { LoginName } from '../ui/login-name.tsx';
import { ErrorState, LoadingState } from '../ui/states.tsx';
import { formatNumber } from '../ui/time.tsx';
import { DisabledBadge } from './login-badges.tsx';
import { LoginSelect } from './login-select.tsx';
import { membersOf, readMemberIds } from './member-ids.ts';
import classes from './team-members.module.css';

interface TeamMembersProps {
  team: TeamRowFragment;
  editable: boolean;
  onChanged: () => void;
}

export function TeamMembers({ team, editable, onChanged }: TeamMembersProps) {
  const client = useClient();
  const announce = useAnnounce();
  const [, update] = useMutation(ConsoleTeamUpdateDocument);
  const [adding, setAdding] = useState<string | null>(null);
  const [busy, setBusy] = useState<string | null>(null);
  const [trouble, setTrouble] = useState<string | null>(null);
  const list = usePages({ document: TeamMembersDocument, variables: { id: team.id }, select: membersOf });
  const blind = useBlind() && editable;

  async function change(loginId: string, edit: (ids: string[]) => string[], said: string): Promise<void> {
    setBusy(loginId);
    const found = await replace(edit);
    setBusy(null);
    setTrouble(found);
    if (found !== null) return;
    announce(said);
    setAdding(null);
    list.reload();
    onChanged();
  }

  async function replace(edit: (ids: string[]) => string[]): Promise<string | null> {
    const ids = await readMemberIds(client, team.id);
    if (typeof ids === 'string') return ids;
    const { data, error } = await update({ id: team.id, input: { memberIds: edit(ids) } });
    return troubleOf(error, data?.teamUpdate);
  }

  return (
    <Stack gap="sm">
      <Title order={3} size="h5">
        Members{list.total === null ? '' : ` (${formatNumber(list.total)})`}
      </Title>
      {blind && (
        <Alert color="orange" title="You do not see every login of this account">
          Members that you cannot see leave the team when you add or remove somebody.
        </Alert>
      )}
      {trouble !== null && (
        <Alert color="red" role="alert" title="The members were not changed">
          {trouble}
        </Alert>
      )}
      {editable && (
        <Group align="flex-end" gap="xs">
          <LoginSelect
            label="Add a member"
            flex="1 1 220px"
            clearable
            value={adding}
            onChange={(id) => setAdding(id)}
            without={new Set(list.rows.map(({ id }) => id))}
          />
          <Button
            disabled={adding === null}
            loading={busy !== null && busy === adding}
            onClick={() =>
              adding !== null &&
              void change(adding, (ids) => [...new Set([...ids, adding])], 'The member is added')
            }
          >
            Add
          </Button>
        </Group>
      )}
      {list.status === 'failed' && list.error ? (
        <ErrorState error={list.error} onRetry={list.reload} />
      ) : list.status === 'loading' ? (
        <LoadingState what="members" />
      ) : list.rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nobody is in this team yet.
        </Text>
      ) : (
        <ul className={classes['members']} aria-label="Members">
          {list.rows.map((member) => (
            <li key={member.id} className={classes['member']}>
              <Group gap="xs">
                {editable ? (
                  <Anchor component={Link} to={`/logins/${member.id}`} size="sm">
                    <LoginName login={member} />
                  </Anchor>
                ) : (
                  <Text span size="sm">
                    <LoginName login={member} />
                  </Text>
                )}
                {member.disabled && <DisabledBadge />}
              </Group>
              {editable && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={`Remove ${member.name} from the team`}
                  loading={busy === member.id}
                  onClick={() =>
                    void change(
                      member.id,
                      (ids) => ids.filter((id) => id !== member.id),
                      `${member.name} is removed`,
                    )
                  }
                >
                  <IconX aria-hidden size={17} />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
      )}
      {list.hasMore && (
        <Group>
          <Button variant="default" size="compact-sm" loading={list.loadingMore} onClick={list.loadMore}>
            Show more
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** Whether the viewer sees only itself and those below: then a team of its account may have members that it does not see. */
function useBlind(): boolean {
  const { id, account, permissions } = useViewer();
  return (
    id !== account.id && !permissions.includes('WEBHOOKS_MANAGE') && !permissions.includes('EVENTS_PUBLISH')
  );
}
