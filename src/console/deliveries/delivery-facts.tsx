/** What a delivery is: its ids, where it goes, what it is about, when it began and ended. */
import { Anchor, Group, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { Link } from 'react-router';

import { useLabels } from '../catalog/use-labels.ts';
import type { DeliveryFactsFragment, DeliveryOrigin } from '../gql/graphql.ts';
import { useViewer } from '../session/viewer.tsx';
import { CopyButton } from '../ui/copy-button.tsx';
import { DatedText } from '../ui/dated-text.tsx';
import { EndpointStatusBadge } from '../ui/delivery-status.tsx';
import { Facts } from '../ui/facts.tsx';
import { Time } from '../ui/time.tsx';
import { placeOf } from '../webhooks/endpoint-place.ts';

export function DeliveryFacts({ delivery }: { delivery: DeliveryFactsFragment }) {
  const { id, webhook, webhookNumber, endpoint, event, createdAt, completedAt, origin } = delivery;
  const { eventLabel } = useLabels();
  const { permissions } = useViewer();
  // Members of a team read its deliveries, but not the events of the account.
  const mayReadEvent = permissions.includes('WEBHOOKS_MANAGE') || permissions.includes('EVENTS_PUBLISH');
  const rows: [label: string, value: ReactNode][] = [
    ['Delivery', <IdText key="delivery" id={id} what="the delivery's id" />],
    [
      'Webhook',
      webhook ? (
        <>
          <Anchor component={Link} to={`/webhooks/${webhook.number}`} size="sm">
            {webhook.number} {webhook.name}
          </Anchor>
        </>
      ) : (
        `${webhookNumber} (deleted)`
      ),
    ],
    ['Endpoint', endpoint ? <EndpointFact key="endpoint" endpoint={endpoint} /> : 'Removed'],
    ['What happened', `${eventLabel(event.resource, event.name)} (${event.resource}.${event.name})`],
    [
      'Event',
      <IdText
        key="event"
        id={event.id}
        what="the event's id"
        {...(mayReadEvent && origin !== 'TEST' ? { to: `/events/${event.id}` } : {})}
      />,
    ],
    ['Entity', <IdText key="entity" id={event.entityId} what="the entity's id" />],
    ['Created', <Time key="created" at={createdAt} full />],
    ['Completed', completedAt == null ? 'Not yet' : <Time at={completedAt} full />],
    ['Why', ORIGIN[origin]],
  ];
  return <Facts label="Facts of the delivery" rows={rows} />;
}

/** Why a delivery exists. */
const ORIGIN: Record<DeliveryOrigin, string> = {
  EVENT: 'A trigger fired for an event',
  TEST: 'A test event',
  REPLAY: 'A replay: the webhook had none for this event',
};

/** Its address, and why it is not sent to. */
function EndpointFact({ endpoint }: { endpoint: NonNullable<DeliveryFactsFragment['endpoint']> }) {
  const { status, statusReason } = endpoint;
  return (
    <Stack gap={4} align="flex-start">
      <span>{placeOf(endpoint)}</span>
      {status !== 'ACTIVE' && <EndpointStatusBadge status={status} />}
      {statusReason != null && (
        <Text size="xs" c="dimmed">
          <DatedText text={statusReason} />
        </Text>
      )}
    </Stack>
  );
}

/** An id with a button to copy it, and a link where there is a page of it. */
export function IdText({ id, what, to }: { id: string; what: string; to?: string }) {
  return (
    <Group gap={4} wrap="nowrap" component="span">
      {to === undefined ? (
        <Text span size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {id}
        </Text>
      ) : (
        <Anchor component={Link} to={to} size="sm" ff="monospace" style={{ overflowWrap: 'anywhere' }}>
          {id}
        </Anchor>
      )}
      <CopyButton value={id} what={what} />
    </Group>
  );
}
