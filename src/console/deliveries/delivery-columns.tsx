/** The columns of a list of deliveries. */
import { Anchor, Group, Text } from '@mantine/core';
import { Link } from 'react-router';

import type { DeliveryRowFragment } from '../gql/graphql.ts';
import type { Column } from '../ui/data-table.tsx';
import { DeliveryStatusBadge } from '../ui/delivery-status.tsx';
import { formatDuration, formatNumber, Time } from '../ui/time.tsx';
import { placeOf } from '../webhooks/endpoint-place.ts';
import { RoughCountdown } from './countdown.tsx';
import classes from './delivery-columns.module.css';
import { resultInWords } from './words.ts';

/** showWebhook is for lists over several webhooks; others show the endpoint instead. */
export function deliveryColumns(options: {
  showWebhook: boolean;
  eventLabel: (resource: string, event: string) => string;
}): Column<DeliveryRowFragment>[] {
  const { showWebhook, eventLabel } = options;
  return [
    {
      key: 'delivery',
      header: 'Delivery',
      width: '12rem',
      cell: ({ id, createdAt }) => (
        <Anchor component={Link} to={`/deliveries/${id}`} size="sm" className={classes['whole']}>
          <Time at={createdAt} />
        </Anchor>
      ),
    },
    { key: 'status', header: 'Status', width: '13rem', cell: (row) => <StatusCell row={row} /> },
    showWebhook
      ? { key: 'webhook', header: 'Webhook', width: '15%', cell: (row) => <WebhookCell row={row} /> }
      : {
          key: 'endpoint',
          header: 'Endpoint',
          width: '18%',
          cell: ({ endpoint }) => (endpoint ? placeOf(endpoint) : 'Removed'),
        },
    {
      key: 'event',
      header: 'Event',
      width: '14%',
      cell: ({ event, origin }) => (
        <span title={`${event.resource}.${event.name}`}>
          {eventLabel(event.resource, event.name)}
          {origin !== 'EVENT' && (
            <Text span size="xs" c="dimmed">
              {' '}
              {origin === 'TEST' ? 'test' : 'replay'}
            </Text>
          )}
        </span>
      ),
    },
    { key: 'entity', header: 'Entity', width: '9%', cell: ({ event }) => event.entityId },
    {
      key: 'answer',
      header: 'Answer',
      width: '10rem',
      cell: (row) => <AnswerCell row={row} />,
    },
    {
      key: 'attempts',
      header: 'Attempts',
      width: '5.5rem',
      cell: ({ attemptCount }) => formatNumber(attemptCount),
    },
    {
      key: 'duration',
      header: 'Duration',
      width: '6rem',
      cell: ({ latestAttempt }) =>
        latestAttempt?.durationMs == null ? '' : formatDuration(latestAttempt.durationMs),
    },
  ];
}

function AnswerCell({ row }: { row: DeliveryRowFragment }) {
  const { words, detail, answered } = resultInWords(row);
  return answered ? (
    <span title={detail} className={classes['answer']}>
      {words.replace(/^(HTTP|SMTP) /, '$1\u00a0')}
    </span>
  ) : (
    <Text span size="sm" c="dimmed">
      {words}
    </Text>
  );
}

function StatusCell({ row }: { row: DeliveryRowFragment }) {
  const { status, nextAttemptAt } = row;
  return (
    <Group gap={6} wrap="nowrap" className={classes['status']}>
      <DeliveryStatusBadge delivery={row} />
      {status === 'RETRY_SCHEDULED' && nextAttemptAt != null && (
        <Text span size="xs" c="dimmed">
          <RoughCountdown at={nextAttemptAt} />
        </Text>
      )}
    </Group>
  );
}

function WebhookCell({ row: { webhook, webhookNumber } }: { row: DeliveryRowFragment }) {
  if (!webhook)
    return (
      <Text span size="sm" c="dimmed">
        {webhookNumber} (deleted)
      </Text>
    );
  return (
    <span>
      <Anchor component={Link} to={`/webhooks/${webhook.number}`} size="sm">
        {webhook.number}
      </Anchor>{' '}
      {webhook.name}
    </span>
  );
}
