/** Where a login stands in the tree: the way down to it, what is directly below, and how it is moved. */
import { Anchor, Breadcrumbs, Button, Group, List, Loader, Modal, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconArrowsMove } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router';
import { useMutation } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import { usePages } from '../api/use-pages.ts';
import {
  ConsoleLoginUpdateDocument,
  LoginChildrenDocument,
  type LoginChildrenQuery,
} from '../gql/graphql.ts';
import { LoginName } from '../ui/login-name.tsx';
import { Section } from '../ui/section.tsx';
import { ErrorState } from '../ui/states.tsx';
import { formatNumber } from '../ui/time.tsx';
import { LoginSelect } from './login-select.tsx';
import type { LoginDetails, Step, WayUp } from './use-login.ts';

interface LoginPlaceProps {
  login: LoginDetails;
  wayUp: WayUp;
  movable: boolean;
  onMoved: () => void;
}

export function LoginPlace({ login, wayUp, movable, onMoved }: LoginPlaceProps) {
  const [moving, setMoving] = useState(false);
  const above = wayUp.steps;
  return (
    <Section
      title="Place in the tree"
      actions={
        movable && (
          <Button
            variant="default"
            size="compact-md"
            leftSection={<IconArrowsMove aria-hidden size={15} />}
            onClick={() => setMoving(true)}
          >
            Move
          </Button>
        )
      }
    >
      {wayUp.error ? (
        <ErrorState error={wayUp.error} onRetry={wayUp.retry} />
      ) : above === null ? (
        <Loader size="sm" aria-label="Loading the place in the tree" />
      ) : (
        <nav aria-label="Place in the tree">
          <Breadcrumbs separatorMargin={6} style={{ flexWrap: 'wrap' }}>
            {above.map((step) => (
              <Anchor key={step.id} component={Link} to={`/logins/${step.id}`} size="sm">
                <LoginName login={step} />
              </Anchor>
            ))}
            <Text size="sm" fw={600} aria-current="page">
              <LoginName login={login} />
            </Text>
          </Breadcrumbs>
        </nav>
      )}
      <Children login={login} />
      <Modal opened={moving} onClose={() => setMoving(false)} title="Move login">
        <MoveForm
          login={login}
          parent={above?.at(-1) ?? null}
          onDone={(moved) => {
            setMoving(false);
            if (moved) onMoved();
          }}
        />
      </Modal>
    </Section>
  );
}

function Children({ login }: { login: LoginDetails }) {
  const list = usePages({
    document: LoginChildrenDocument,
    variables: { id: login.id },
    select: ({ node }: LoginChildrenQuery) => (node && 'children' in node ? node.children : null),
    pageSize: 20,
  });
  if (list.status === 'failed' && list.error) return <ErrorState error={list.error} onRetry={list.reload} />;
  if (list.status === 'loading') return <Loader size="sm" aria-label="Loading the logins below" />;
  if (list.rows.length === 0)
    return (
      <Text size="sm" c="dimmed">
        No login stands below it.
      </Text>
    );
  return (
    <Stack gap="xs" align="flex-start">
      <Text size="sm" c="dimmed">
        {list.total === 1 ? 'One login' : `${formatNumber(list.total ?? list.rows.length)} logins`} directly
        below
      </Text>
      <List size="sm" spacing={4}>
        {list.rows.map((child) => (
          <List.Item key={child.id}>
            <Anchor component={Link} to={`/logins/${child.id}`} size="sm">
              <LoginName login={child} />
            </Anchor>
          </List.Item>
        ))}
      </List>
      {list.hasMore && (
        <Button variant="default" size="compact-sm" loading={list.loadingMore} onClick={list.loadMore}>
          Show more
        </Button>
      )}
    </Stack>
  );
}

function MoveForm(props: { login: LoginDetails; parent: Step | null; onDone: (moved: boolean) => void }) {
  const { login, parent, onDone } = props;
  const [, update] = useMutation(ConsoleLoginUpdateDocument);
  const [parentId, setParentId] = useState(parent?.id ?? null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (parentId === null) return setTrouble('Choose the login below which it is to stand.');
    setBusy(true);
    const { data, error } = await update({ id: login.id, input: { parentId } });
    setBusy(false);
    const found = troubleOf(error, data?.loginUpdate);
    setTrouble(found);
    if (found !== null) return;
    notifications.show({ message: `${login.name} has moved.` });
    onDone(true);
  }

  return (
    <form onSubmit={(event) => void submit(event)} noValidate>
      <Stack>
        <Text size="sm">
          <b>{login.name}</b> moves with everybody below it. Where that is another account, they see and
          manage that account&apos;s webhooks from then on, and no longer those of the present one.
        </Text>
        <LoginSelect
          label="New place: below"
          required
          data-autofocus
          value={parentId}
          known={parent}
          without={new Set([login.id])}
          onChange={(id) => setParentId(id)}
          error={trouble}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={() => onDone(false)} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Move
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
