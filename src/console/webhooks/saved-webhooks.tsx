/** "Saved Webhooks": the six columns, how the last day went, the X at the far right, search and status above. */
import { ActionIcon, Alert, Anchor, Button, Group, Select, Stack, Text, Title } from '@mantine/core';
import { IconMailQuestion, IconX } from '@tabler/icons-react';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { Link, useNavigate } from 'react-router';

import { useMay } from '../session/viewer.tsx';
import { LastDayCell, LastDaysProvider } from '../statistics/last-day.tsx';
import { useAnnounce } from '../ui/announcer.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { WebhookStatusBadge } from '../ui/delivery-status.tsx';
import { LiveBadge } from '../ui/live-badge.tsx';
import { LoginName } from '../ui/login-name.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { DeleteDialog } from './delete-dialog.tsx';
import { placeOf } from './endpoint-place.ts';
import { type SavedWebhook, useSavedWebhooks } from './use-saved-webhooks.ts';

/** first is the step that an empty table offers. */
export function SavedWebhooks({ first }: { first: ReactNode }) {
  const saved = useSavedWebhooks();
  const { list, filtered } = saved;
  const [deleting, setDeleting] = useState<SavedWebhook | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const mayManage = useMay('WEBHOOKS_MANAGE');
  const shown = useMemo(() => columns(mayManage, setDeleting), [mayManage]);
  const navigate = useNavigate();
  const announce = useAnnounce();
  useEffect(() => {
    if (list.status === 'ready' && list.total !== null)
      announce(list.total === 1 ? 'One webhook' : `${list.total} webhooks`);
  }, [announce, list.status, list.total]);

  function deleted(id: string): void {
    saved.remove(id);
    // The X that the dialog would give the focus back to is gone.
    setTimeout(() => heading.current?.focus());
  }

  return (
    <Stack component="section" aria-labelledby="saved-webhooks" gap="sm">
      <Group justify="space-between">
        <Group gap="sm">
          <Title order={2} size="h3" id="saved-webhooks" ref={heading} tabIndex={-1}>
            Saved Webhooks
          </Title>
          <LiveBadge status={saved.live} />
        </Group>
        <Group gap="xs" w={{ base: '100%', xs: 'auto' }}>
          <SearchField label="Search webhooks" value={saved.search} onChange={saved.setSearch} />
          <Select
            aria-label="Status"
            placeholder="Any status"
            clearable
            clearButtonProps={{ 'aria-label': 'Any status' }}
            w={{ base: '100%', xs: 180 }}
            data={[
              { value: 'ENABLED', label: 'Enabled' },
              { value: 'DISABLED', label: 'Disabled' },
              { value: 'INACTIVE', label: 'Inactive' },
              { value: 'AUTO_DISABLED', label: 'Off after failures' },
            ]}
            value={saved.status}
            onChange={(value) => saved.setStatus(value)}
          />
        </Group>
      </Group>
      {saved.outdated && (
        <Alert role="status">
          <Group justify="space-between">
            <Text size="sm">
              Webhooks were added or changed, and their place in this order may be another one.
            </Text>
            <Button size="compact-sm" variant="default" onClick={saved.refresh}>
              Refresh
            </Button>
          </Group>
        </Alert>
      )}
      <LastDaysProvider>
        <DataTable
          label="Saved Webhooks"
          what="webhooks"
          list={list}
          columns={shown}
          onOpen={({ number }) => void navigate(`/webhooks/${number}`)}
          sort={saved.sort}
          onSort={saved.setSort}
          filtered={filtered}
          onClearFilters={saved.clear}
          isNew={saved.isNew}
          empty={{
            title: 'No webhook yet',
            text: 'Nothing is sent until you add a webhook: say what you want to hear of, and where it should be sent.',
            action: first,
          }}
        />
      </LastDaysProvider>
      <DeleteDialog webhook={deleting} onClose={() => setDeleting(null)} onDeleted={deleted} />
    </Stack>
  );
}

/** The mailboxes whose owners have not confirmed: so far the webhook sends nothing there. */
function Unconfirmed({ endpoints }: Pick<SavedWebhook, 'endpoints'>) {
  const waiting = endpoints.filter(({ status }) => status === 'UNVERIFIED').map(placeOf);
  if (waiting.length === 0) return null;
  return (
    <Group gap={4} wrap="nowrap" align="flex-start">
      <IconMailQuestion
        aria-hidden
        size={15}
        style={{ flex: 'none', marginTop: 2 }}
        color="light-dark(var(--mantine-color-orange-8), var(--mantine-color-orange-4))"
      />
      <Text size="xs" c="dimmed" lineClamp={2} title={waiting.join(', ')}>
        Awaits confirmation: {waiting.join(', ')}
      </Text>
    </Group>
  );
}

function columns(mayManage: boolean, onDelete: (webhook: SavedWebhook) => void): Column<SavedWebhook>[] {
  const own: Column<SavedWebhook>[] = [
    {
      key: 'number',
      header: 'ID',
      sort: 'NUMBER',
      width: '5.5rem',
      cell: ({ number, name }) => (
        <Anchor component={Link} to={`/webhooks/${number}`} size="sm" aria-label={`${number}, ${name}`}>
          {number}
        </Anchor>
      ),
    },
    {
      key: 'login',
      header: 'Login',
      sort: 'LOGIN',
      width: '14%',
      cell: ({ login }) => <LoginName login={login} />,
    },
    {
      key: 'forLogin',
      header: 'For Login',
      sort: 'FOR_LOGIN',
      width: '14%',
      cell: ({ forLogin }) => forLogin && <LoginName login={forLogin} />,
    },
    { key: 'team', header: 'Team', sort: 'TEAM', width: '13%', cell: ({ team }) => team?.name ?? '' },
    {
      key: 'name',
      header: 'Name',
      sort: 'NAME',
      width: '22%',
      cell: ({ name, status, statusReason, endpoints }) => (
        <>
          <Group gap="xs">
            <Text component="span" size="sm" fw={550}>
              {name}
            </Text>
            {status !== 'ENABLED' && (
              <span title={statusReason ?? undefined}>
                <WebhookStatusBadge status={status} />
              </span>
            )}
          </Group>
          <Unconfirmed endpoints={endpoints} />
          {status === 'AUTO_DISABLED' && (
            <Text size="xs" c="dimmed" lineClamp={2} title={statusReason ?? undefined}>
              {statusReason}
            </Text>
          )}
        </>
      ),
    },
    {
      key: 'description',
      header: 'Description',
      sort: 'DESCRIPTION',
      cell: ({ description }) => description,
    },
    {
      key: 'last-day',
      header: 'Last 24 hours',
      width: '13rem',
      cell: ({ id }) => <LastDayCell webhookId={id} />,
    },
  ];
  if (!mayManage) return own;
  return [
    ...own,
    {
      key: 'delete',
      header: 'Delete',
      hideHeader: true,
      width: '3.5rem',
      cell: (webhook) => (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={`Delete webhook ${webhook.number}, ${webhook.name}`}
          onClick={() => onDelete(webhook)}
        >
          <IconX aria-hidden size={18} />
        </ActionIcon>
      ),
    },
  ];
}
