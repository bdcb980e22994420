/** After ADD: that it is there, and its signing secrets, shown this once. */
import { Alert, Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconKey, IconMailQuestion } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';

import { CodeBlock } from '../ui/code-block.tsx';
import { DatedText } from '../ui/dated-text.tsx';
import { WebhookStatusBadge } from '../ui/delivery-status.tsx';
import { useLeaveGuard } from './details/leave-guard.tsx';
import { isMail, placeOf } from './endpoint-place.ts';
import type { Added } from './use-wizard.ts';

export function WizardAdded(props: { added: Added; headingOrder?: 2 | 3; onDone: () => void }) {
  const { added, headingOrder = 3, onDone } = props;
  const { webhook, secrets } = added;
  const requested = webhook.endpoints.filter(({ kind }) => !isMail(kind));
  const mailed = webhook.endpoints.filter(({ kind, statusReason }) => isMail(kind) && statusReason != null);
  const signs = requested.some(({ advanced }) => advanced.signing !== 'NONE');
  const shared = secrets.some(({ value }) => value.startsWith('whsec_'));
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const leaving = useRef(false);
  const guard = useLeaveGuard(
    shared,
    {
      title: 'Leave without the signing secrets?',
      text: 'They are shown this once: copy them first.',
      onLeave: leave,
    },
    leaving,
  );

  function leave(): void {
    leaving.current = true;
  }

  return (
    <Stack gap="md" pb="md">
      <Group gap="sm">
        <IconCircleCheck aria-hidden size={28} color="var(--mantine-color-green-8)" />
        <Title order={headingOrder} size="h4" ref={heading} tabIndex={-1}>
          Webhook {webhook.number} is added
        </Title>
        <WebhookStatusBadge status={webhook.status} />
      </Group>
      <Text>
        <b>{webhook.name}</b>{' '}
        {webhook.status === 'ENABLED'
          ? mailed.length < webhook.endpoints.length
            ? 'is on from now on: the next event that fires it is sent.'
            : 'is on from now on: what fires it waits until it may be mailed.'
          : `is saved, and sends nothing yet. ${webhook.statusReason ?? ''}`}
      </Text>
      {secrets.length > 0 ? (
        <>
          <Alert
            icon={<IconKey aria-hidden />}
            title={
              shared
                ? 'Copy the signing secrets now: they are shown this once'
                : 'Give the public keys to your receivers'
            }
          >
            Put each into the configuration of its receiver, which checks with it that a request is genuine:
            the header <code>webhook-signature</code> must fit <code>webhook-id.webhook-timestamp.body</code>.{' '}
            {!shared && 'A public key is no secret, and stands on the page of the webhook as well. '}
            The{' '}
            <Anchor component={Link} to="/guide#verify" target="_blank" inherit>
              guide
            </Anchor>{' '}
            shows how it is done.
          </Alert>
          {secrets.map(({ endpoint, secret, value }, index) => (
            <div key={secret.id}>
              <Text size="sm" fw={600} mb={4}>
                {endpoint.target}
              </Text>
              <CodeBlock text={value} label={labelOf(value, secrets.length > 1 ? index + 1 : null)} />
            </div>
          ))}
        </>
      ) : signs ? (
        <Alert color="orange" title="Its signing secrets were shown before">
          It was added by an earlier try, whose answer had the secrets. On the page of the webhook they can be
          revealed.
        </Alert>
      ) : (
        requested.length > 0 && (
          <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title="Its requests are not signed">
            So it was chosen under Advanced: there is no signing secret.
          </Alert>
        )
      )}
      {mailed.map((endpoint) => (
        <Alert
          key={endpoint.id}
          color="orange"
          icon={<IconMailQuestion aria-hidden />}
          title={`${placeOf(endpoint)}: nothing is sent yet`}
          style={{ overflowWrap: 'anywhere' }}
        >
          <DatedText text={endpoint.statusReason!} />
        </Alert>
      ))}
      <Group justify="flex-end">
        <Button
          onClick={() => {
            leave();
            onDone();
          }}
        >
          Done
        </Button>
      </Group>
      {guard}
    </Stack>
  );
}

function labelOf(value: string, endpoint: number | null): string {
  const what = value.startsWith('whsec_') ? 'signing secret' : 'public key';
  return endpoint === null ? what : `${what} of endpoint ${endpoint}`;
}
