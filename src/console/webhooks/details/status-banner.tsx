/** Why a webhook does not send, and what to do about it; nothing while it sends all that it is to. */
import { Alert, Button, List, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconMoonStars, IconPlayerPause } from '@tabler/icons-react';

import { INACTIVE_REASONS } from './inactive-reasons.ts';
import type { DetailedWebhook } from './use-webhook.ts';

interface StatusBannerProps {
  webhook: DetailedWebhook;
  /** Opens the form of the triggers; null for those who may not. */
  onEditTriggers: (() => void) | null;
}

export function StatusBanner({ webhook, onEditTriggers }: StatusBannerProps) {
  if (webhook.status === 'DISABLED')
    return (
      <Alert color="gray" icon={<IconPlayerPause aria-hidden />} title="This webhook is switched off">
        <Text size="sm">
          Nothing is sent, and what happens meanwhile is not made up for. Enabled again, it sends what happens
          from then on.
        </Text>
      </Alert>
    );
  // The only one has a banner of its own, which says it all.
  if (webhook.status === 'AUTO_DISABLED' && webhook.endpoints.length > 1)
    return (
      <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title="This webhook is off after failures">
        <Text size="sm">
          None of its endpoints is sent to; why, is said of each below. Enable turns on all those that
          switched themselves off.
        </Text>
      </Alert>
    );
  const idle = webhook.triggers.filter(({ inactiveReason }) => inactiveReason != null);
  if (webhook.status !== 'INACTIVE') return null;
  return (
    <Alert color="orange" icon={<IconMoonStars aria-hidden />} title="This webhook is inactive">
      <Stack gap="xs" align="flex-start">
        {webhook.statusReason !== null && <Text size="sm">{webhook.statusReason}</Text>}
        <List size="sm" spacing={4}>
          {idle.map(({ id, label, inactiveReason }) => (
            <List.Item key={id}>
              <b>{label}</b>: {INACTIVE_REASONS[inactiveReason!].remedy}
            </List.Item>
          ))}
        </List>
        <Text size="sm">It becomes active by itself as soon as one of them can fire.</Text>
        {onEditTriggers !== null && (
          <Button size="compact-sm" variant="default" onClick={onEditTriggers}>
            Edit the triggers
          </Button>
        )}
      </Stack>
    </Alert>
  );
}
