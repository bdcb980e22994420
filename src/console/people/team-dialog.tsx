/** One team: its name, its members, and its end. */
import { Anchor, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconTrash } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { useMutation, useQuery } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import {
  ConsoleTeamDeleteDocument,
  ConsoleTeamUpdateDocument,
  TeamDetailsDocument,
  type TeamRowFragment,
} from '../gql/graphql.ts';
import { useMay } from '../session/viewer.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { ErrorState, LoadingState } from '../ui/states.tsx';
import { TeamMembers } from './team-members.tsx';

interface TeamDialogProps {
  /** Null keeps it closed. */
  id: string | null;
  onClose: () => void;
  onChanged: () => void;
}

export function TeamDialog({ id, onClose, onChanged }: TeamDialogProps) {
  const [{ data, error, fetching }, read] = useQuery({
    query: TeamDetailsDocument,
    variables: { id: id ?? '' },
    pause: id === null,
  });
  const node = data?.node;
  const team = node && 'members' in node && node.id === id ? node : null;
  return (
    <Modal
      opened={id !== null}
      onClose={onClose}
      title={team ? `Team ${team.number}, ${team.name}` : 'Team'}
      size="lg"
    >
      {team ? (
        <Team key={team.id} team={team} onClose={onClose} onChanged={onChanged} />
      ) : error ? (
        <ErrorState error={error} onRetry={() => read({ requestPolicy: 'network-only' })} />
      ) : fetching || id === null ? (
        <LoadingState what="the team" />
      ) : (
        <Text>There is no such team: it may have been deleted, or lie outside of what you may see.</Text>
      )}
    </Modal>
  );
}

function Team(props: { team: TeamRowFragment; onClose: () => void; onChanged: () => void }) {
  const { team, onClose, onChanged } = props;
  const mayManage = useMay('ACCESS_MANAGE');
  const [, remove] = useMutation(ConsoleTeamDeleteDocument);
  const [deleting, setDeleting] = useState(false);

  async function confirm(): Promise<string | null> {
    const { data, error } = await remove({ id: team.id });
    const trouble = troubleOf(error, data?.teamDelete);
    if (trouble !== null) return trouble;
    notifications.show({ message: `The team ${team.name} is deleted.` });
    onChanged();
    onClose();
    return null;
  }

  return (
    <Stack>
      {mayManage && <Rename team={team} onChanged={onChanged} />}
      <TeamMembers team={team} editable={mayManage} onChanged={onChanged} />
      {mayManage && (
        <Group justify="space-between">
          <Anchor component={Link} to={`/audit?subject=${team.id}`} size="sm">
            Changes of this team
          </Anchor>
          <Button
            variant="default"
            leftSection={<IconTrash aria-hidden size={16} />}
            onClick={() => setDeleting(true)}
          >
            Delete team
          </Button>
        </Group>
      )}
      <ConfirmDialog
        opened={deleting}
        title="Delete team"
        confirmLabel="Delete"
        onConfirm={confirm}
        onClose={() => setDeleting(false)}
      >
        <Text>
          Delete team {team.number}, <b>{team.name}</b>?
        </Text>
        <Text size="sm">
          Its members stay, and lose the sight of what its webhooks sent. A team that a webhook watches cannot
          be deleted. This cannot be taken back.
        </Text>
      </ConfirmDialog>
    </Stack>
  );
}

function Rename({ team, onChanged }: { team: TeamRowFragment; onChanged: () => void }) {
  const [, update] = useMutation(ConsoleTeamUpdateDocument);
  const [name, setName] = useState(team.name);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setBusy(true);
    const { data, error } = await update({ id: team.id, input: { name } });
    setBusy(false);
    const found = troubleOf(error, data?.teamUpdate);
    setTrouble(found);
    if (found !== null) return;
    notifications.show({ message: `The team is called ${name} now.` });
    onChanged();
  }

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Group align="flex-end" gap="xs">
        <TextInput
          label="Name"
          required
          flex="1 1 220px"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={trouble}
        />
        <Button type="submit" variant="default" loading={busy} disabled={name === team.name}>
          Rename
        </Button>
      </Group>
    </form>
  );
}
