/** Where a webhook sends, as it is saved: address, state with its cause, secret, and what Advanced holds. */
import { Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';

import { CertificateEnd } from '../../ui/certificate-end.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { DatedText } from '../../ui/dated-text.tsx';
import { EndpointStatusBadge } from '../../ui/delivery-status.tsx';
import { Facts } from '../../ui/facts.tsx';
import { formatDuration, formatNumber, Time } from '../../ui/time.tsx';
import { AUTHENTICATION_WORDS } from '../editor/authentication-values.ts';
import { ORDERING_WORDS } from '../editor/ordering-field.tsx';
import { describeSchedule, formatSchedule } from '../editor/retry-schedule.ts';
import { FORMAT_WORDS } from '../format-words.ts';
import classes from './details.module.css';
import { EndpointMenu } from './endpoint-menu.tsx';
import { stoppedOf } from './endpoint-words.ts';
import { SigningSecrets } from './signing-secrets.tsx';
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
  const { target, status, statusReason, failingSince, authentication, advanced } = endpoint;
  const { headers, timeoutMs, retrySchedule, ratePerSecond, maxConcurrency, ordering, format } = advanced;
  return (
    <Paper component="li" withBorder p="sm">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Title order={3} size="h6">
            Endpoint {number}
          </Title>
          <Group gap={4}>
            <EndpointStatusBadge status={status} />
            {menu}
          </Group>
        </Group>
        {statusReason != null && !explained && (
          <Text size="sm">
            <DatedText text={statusReason} />
          </Text>
        )}
        <Group gap={4} wrap="nowrap" align="flex-start">
          <Text ff="monospace" size="sm" className={classes['wrap']}>
            {target}
          </Text>
          <CopyButton value={target} what={`the address of endpoint ${number}`} />
        </Group>
        {authentication.expiresAt != null && (
          <CertificateEnd
            at={authentication.expiresAt}
            {...(mayEdit ? { remedy: 'Replace it under Edit, Advanced.' } : {})}
          />
        )}
        <Facts
          rows={[
            failingSince == null ? null : ['Failing since', <Time key="since" at={failingSince} full />],
            ['Authentication', <AuthenticationFact key="authentication" authentication={authentication} />],
            [
              'Signing',
              <SigningSecrets
                key="signing"
                endpoint={endpoint}
                name={`Endpoint ${number}`}
                mayEdit={mayEdit}
                reload={reload}
              />,
            ],
            ['Format', FORMAT_WORDS[format].label],
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
            ['Pace', paceWords(ratePerSecond ?? null, maxConcurrency)],
            ['Order', ORDERING_WORDS[ordering].label],
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

function AuthenticationFact({ authentication }: { authentication: DetailedEndpoint['authentication'] }) {
  const { type, hint } = authentication;
  return (
    <span>
      {AUTHENTICATION_WORDS[type]}
      {hint != null && (
        <>
          {' · '}
          <Text span size="sm" className={classes['wrap']}>
            {hint}
          </Text>
        </>
      )}
    </span>
  );
}

function paceWords(ratePerSecond: number | null, maxConcurrency: number): string {
  const rate =
    ratePerSecond === null
      ? 'As many requests per second as there are'
      : `${formatNumber(ratePerSecond)} ${ratePerSecond === 1 ? 'request' : 'requests'} per second at most`;
  return `${rate}, ${formatNumber(maxConcurrency)} at once`;
}
