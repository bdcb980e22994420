/** Where a webhook sends, as it is saved: address, state with its cause, secret, and what Advanced holds. */
import { Code, Group, Paper, Stack, Text, Title } from '@mantine/core';

import { CopyButton } from '../../ui/copy-button.tsx';
import { EndpointStatusBadge } from '../../ui/delivery-status.tsx';
import { Facts } from '../../ui/facts.tsx';
import { formatDuration, Time } from '../../ui/time.tsx';
import { describeSchedule, formatSchedule } from '../editor/retry-schedule.ts';
import classes from './details.module.css';
import type { DetailedEndpoint } from './use-webhook.ts';

export function EndpointsView({ endpoints }: { endpoints: readonly DetailedEndpoint[] }) {
  return (
    <Stack component="ul" gap="sm" className={classes['list']} aria-label="Endpoints">
      {endpoints.map((endpoint, index) => (
        <EndpointCard key={endpoint.id} endpoint={endpoint} number={index + 1} />
      ))}
    </Stack>
  );
}

function EndpointCard({ endpoint, number }: { endpoint: DetailedEndpoint; number: number }) {
  const { target, status, statusReason, secrets, advanced } = endpoint;
  const { headers, timeoutMs, retrySchedule } = advanced;
  return (
    <Paper component="li" withBorder p="sm">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={3} size="h6">
            Endpoint {number}
          </Title>
          <EndpointStatusBadge status={status} />
        </Group>
        {statusReason != null && (
          <Text size="sm" c="red">
            {statusReason}
          </Text>
        )}
        <Group gap={4} wrap="nowrap" align="flex-start">
          <Text ff="monospace" size="sm" className={classes['wrap']}>
            {target}
          </Text>
          <CopyButton value={target} what={`the address of endpoint ${number}`} />
        </Group>
        <Facts
          rows={[
            [
              secrets.length > 1 ? 'Signing secrets' : 'Signing secret',
              <Stack key="secrets" gap={4}>
                {secrets.map(({ id, hint, createdAt, expiresAt }) => (
                  <span key={id}>
                    <Code>whsec_…{hint}</Code> made <Time at={createdAt} />
                    {expiresAt != null && (
                      <>
                        , signs until <Time at={expiresAt} />
                      </>
                    )}
                  </span>
                ))}
                <Text span size="xs" c="dimmed">
                  Its value was shown once, when it was made.
                </Text>
              </Stack>,
            ],
            ['Time limit', `${formatDuration(timeoutMs)} for each attempt`],
            [
              'Retries',
              <span key="retries">
                {describeSchedule(retrySchedule)}
                <br />
                <Text span size="xs" c="dimmed">
                  Waits: {formatSchedule(retrySchedule)}
                </Text>
              </span>,
            ],
            headers.length === 0
              ? null
              : [
                  'Headers',
                  <Stack key="headers" gap={2}>
                    {headers.map(({ name, value, secret }) => (
                      <span key={name}>
                        <Code>{name}</Code> {secret ? 'a secret value, never shown' : value}
                      </span>
                    ))}
                  </Stack>,
                ],
          ]}
        />
      </Stack>
    </Paper>
  );
}
