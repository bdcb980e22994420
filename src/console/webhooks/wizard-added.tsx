/** After ADD: that it is there, and its signing secrets, shown this once. */
import { Alert, Anchor, Button, Group, Stack, Text, Title } from '@mantine/core';
import { IconCircleCheck, IconKey } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';

import { CodeBlock } from '../ui/code-block.tsx';
import { WebhookStatusBadge } from '../ui/delivery-status.tsx';
import { useLeaveGuard } from './details/leave-guard.tsx';
import type { Added } from './use-wizard.ts';

export function WizardAdded(props: { added: Added; headingOrder?: 2 | 3; onDone: () => void }) {
  const { added, headingOrder = 3, onDone } = props;
  const { webhook, secrets } = added;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const leaving = useRef(false);
  const guard = useLeaveGuard(
    secrets.length > 0,
    {
      title: 'Leave without the signing secrets?',
      text: 'They are not shown again: copy them first.',
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
          ? 'is on from now on: the next event that fires it is sent.'
          : `is saved, and sends nothing yet. ${webhook.statusReason ?? ''}`}
      </Text>
      {secrets.length > 0 ? (
        <>
          <Alert
            icon={<IconKey aria-hidden />}
            title="Copy the signing secrets now: they are not shown again"
          >
            Put each into the configuration of its receiver. With it the receiver checks that a request is
            genuine: the header <code>webhook-signature</code> must be the HMAC-SHA256 of{' '}
            <code>webhook-id.webhook-timestamp.body</code>. Libraries of Standard Webhooks do that in one
            call; the{' '}
            <Anchor component={Link} to="/guide" target="_blank" inherit>
              guide
            </Anchor>{' '}
            shows how.
          </Alert>
          {secrets.map(({ endpoint, secret, value }, index) => (
            <div key={secret.id}>
              <Text size="sm" fw={600} mb={4}>
                {endpoint.target}
              </Text>
              <CodeBlock
                text={value}
                label={secrets.length === 1 ? 'signing secret' : `signing secret of endpoint ${index + 1}`}
              />
            </div>
          ))}
        </>
      ) : (
        <Alert color="orange" title="Its signing secrets were shown before">
          It was added by an earlier try, whose answer had the secrets.
        </Alert>
      )}
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
