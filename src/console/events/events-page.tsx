/** What happened: every published event, and whether it was delivered. */
import { Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useEffect, useMemo } from 'react';
import { Link, useNavigate } from 'react-router';
import { useQuery } from 'urql';

import { usePages } from '../api/use-pages.ts';
import { useLabels } from '../catalog/use-labels.ts';
import { countInWords } from '../deliveries/use-count.ts';
import {
  type DeliveryStatus,
  type EventRowFragment,
  EventsCountDocument,
  EventsTableDocument,
  type EventsTableQuery,
} from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { useMayReadDeliveries } from '../session/viewer.tsx';
import { useAnnounce } from '../ui/announcer.tsx';
import { type Column, DataTable } from '../ui/data-table.tsx';
import { DELIVERY_STATUS } from '../ui/delivery-status.tsx';
import { LoginName } from '../ui/login-name.tsx';
import { Time } from '../ui/time.tsx';
import { EventFilters } from './event-filters.tsx';
import { useEventFilter } from './use-event-filter.ts';

/** Of each event the server looks up its deliveries: fewer at once than of other lists. */
const PAGE_SIZE = 25;

export function EventsPage() {
  const by = useEventFilter();
  const { filter, filtered, clear } = by;
  const list = usePages({
    document: EventsTableDocument,
    variables: { filter },
    select: (data: EventsTableQuery) => data.events,
    pageSize: PAGE_SIZE,
  });
  const [{ data }, countAgain] = useQuery({
    query: EventsCountDocument,
    variables: { filter },
    requestPolicy: 'network-only',
  });
  const counted = data?.events?.count;
  const count = counted ? countInWords(counted, 'event', 'events') : null;
  const { eventLabel } = useLabels();
  const mayReadDeliveries = useMayReadDeliveries();
  const columns = useMemo(() => columnsOf(eventLabel, mayReadDeliveries), [eventLabel, mayReadDeliveries]);
  const navigate = useNavigate();
  const announce = useAnnounce();
  useEffect(() => {
    if (count !== null) announce(count);
  }, [announce, count]);

  return (
    <Page
      title="Events"
      description="What happened on the platform, as it was published, and where it went."
      actions={
        <Button
          variant="default"
          leftSection={<IconRefresh aria-hidden size={16} />}
          onClick={() => {
            list.reload();
            countAgain({ requestPolicy: 'network-only' });
          }}
        >
          Refresh
        </Button>
      }
    >
      <Stack gap="sm">
        <EventFilters by={by} />
        <Text size="sm" c="dimmed" data-count>
          {count ?? '\u00a0'}
        </Text>
        <DataTable
          label="Events"
          what="events"
          list={list}
          columns={columns}
          onOpen={({ id }) => void navigate(`/events/${id}`)}
          filtered={filtered}
          onClearFilters={clear}
          empty={{
            title: 'No event yet',
            text: 'Events come from the platform: it publishes each with eventsPublish as it happens.',
          }}
        />
      </Stack>
    </Page>
  );
}

function columnsOf(
  eventLabel: (resource: string, event: string) => string,
  mayReadDeliveries: boolean,
): Column<EventRowFragment>[] {
  const own: Column<EventRowFragment>[] = [
    {
      key: 'occurred',
      header: 'Happened',
      width: '12rem',
      cell: ({ id, occurredAt }) => (
        <Anchor component={Link} to={`/events/${id}`} size="sm">
          <Time at={occurredAt} />
        </Anchor>
      ),
    },
    {
      key: 'event',
      header: 'Event',
      width: '24%',
      cell: ({ resource, name }) => <span title={`${resource}.${name}`}>{eventLabel(resource, name)}</span>,
    },
    { key: 'entity', header: 'Entity', width: '20%', cell: ({ entityId }) => entityId },
    {
      key: 'login',
      header: 'Login',
      width: '18%',
      cell: ({ login }) => (login ? <LoginName login={login} /> : ''),
    },
  ];
  if (!mayReadDeliveries) return own;
  return [...own, { key: 'deliveries', header: 'Deliveries', cell: (row) => <DeliveryTally row={row} /> }];
}

/** How its deliveries stand, as icons with numbers and words. */
function DeliveryTally({ row: { deliveries } }: { row: EventRowFragment }) {
  const { nodes, pageInfo } = deliveries;
  if (nodes.length === 0)
    return (
      <Text span size="sm" c="dimmed">
        None
      </Text>
    );
  const tally = new Map<DeliveryStatus, number>();
  for (const { status } of nodes) tally.set(status, (tally.get(status) ?? 0) + 1);
  return (
    <Group gap="sm" component="span">
      {[...tally].map(([status, count]) => {
        const [label, color, Icon] = DELIVERY_STATUS[status];
        return (
          <Group key={status} gap={4} wrap="nowrap" component="span">
            <Icon aria-hidden size={15} color={`var(--mantine-color-${color}-text)`} />
            {count} {label.toLowerCase()}
          </Group>
        );
      })}
      {pageInfo.hasNextPage && (
        <Text span size="sm" c="dimmed">
          and more
        </Text>
      )}
    </Group>
  );
}
