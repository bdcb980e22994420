/** Where a webhook sends, as it is saved: address, state with its cause, and what Advanced holds. */
import { Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

import { DatedText } from '../../ui/dated-text.tsx';
import { EndpointStatusBadge } from '../../ui/delivery-status.tsx';
import { isMail } from '../endpoint-place.ts';
import classes from './details.module.css';
import { EndpointMenu } from './endpoint-menu.tsx';
import { stoppedOf } from './endpoint-words.ts';
import { MailFacts } from './mail-facts.tsx';
import { endedLabel } from './mailbox-words.ts';
import { UrlFacts } from './url-facts.tsx';
import type { DetailedEndpoint, DetailedWebhook } from './use-webhook.ts';

interface EndpointsViewProps {
  webhook: DetailedWebhook;
  mayEdit: boolean;
  reload: () => Promise<void>;
}

export function EndpointsView({ webhook, mayEdit, reload }: EndpointsViewProps) {
  const { endpoints, number } = webhook;
  const { told } = stoppedOf(endpoints);
  return (
    <Stack component="ul" gap="sm" className={classes['list']} aria-label="Endpoints">
      {endpoints.map((endpoint, index) => (
        <EndpointCard
          key={endpoint.id}
          endpoint={endpoint}
          number={index + 1}
          explained={told.includes(endpoint)}
          mayEdit={mayEdit}
          reload={reload}
          menu={
            <EndpointMenu
              endpoint={endpoint}
              name={`Endpoint ${index + 1}`}
              number={number}
              mayEdit={mayEdit}
              reload={reload}
            />
          }
        />
      ))}
    </Stack>
  );
}

interface EndpointCardProps {
  endpoint: DetailedEndpoint;
  number: number;
  /** A banner says why it is not sent to. */
  explained: boolean;
  mayEdit: boolean;
  reload: () => Promise<void>;
  menu: ReactNode;
}

function EndpointCard({ endpoint, number, explained, mayEdit, reload, menu }: EndpointCardProps) {
  const { kind, status, statusReason } = endpoint;
  const name = `Endpoint ${number}`;
  return (
    <Paper component="li" withBorder p="sm">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={3} size="h6">
            {name}
          </Title>
          <Group gap={4}>
            <EndpointStatusBadge status={status} label={endedLabel(endpoint)} />
            {menu}
          </Group>
        </Group>
        {statusReason != null && !explained && (
          <Text size="sm">
            <DatedText text={statusReason} />
          </Text>
        )}
        {isMail(kind) ? (
          <MailFacts endpoint={endpoint} name={name} mayEdit={mayEdit} reload={reload} />
        ) : (
          <UrlFacts endpoint={endpoint} name={name} mayEdit={mayEdit} reload={reload} />
        )}
      </Stack>
    </Paper>
  );
}
