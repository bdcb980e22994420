/** What fires a webhook, as it is saved; one that cannot fire says why, and what to do. */
import { Code, Group, Paper, Stack, Text } from '@mantine/core';
import { IconCheck, IconMoonStars } from '@tabler/icons-react';

import { WordBadge } from '../../ui/word-badge.tsx';
import classes from './details.module.css';
import { INACTIVE_REASONS } from './inactive-reasons.ts';
import type { DetailedTrigger } from './use-webhook.ts';

export function TriggersView({ triggers }: { triggers: readonly DetailedTrigger[] }) {
  return (
    <Stack component="ul" gap="sm" className={classes['list']} aria-label="Triggers">
      {triggers.map((trigger) => (
        <TriggerCard key={trigger.id} trigger={trigger} />
      ))}
    </Stack>
  );
}

function TriggerCard({ trigger }: { trigger: DetailedTrigger }) {
  const { label, resource, event, name, description, active, inactiveReason } = trigger;
  return (
    <Paper component="li" withBorder p="sm">
      <Stack gap={6}>
        <Group justify="space-between" gap="xs">
          <Group gap="xs">
            <Text fw={550} size="sm">
              {label}
            </Text>
            <Code>
              {resource} · {event}
            </Code>
          </Group>
          <WordBadge
            color={active ? 'green' : 'orange'}
            icon={active ? <IconCheck aria-hidden size={14} /> : <IconMoonStars aria-hidden size={14} />}
          >
            {active ? 'Fires' : 'Inactive'}
          </WordBadge>
        </Group>
        {name !== '' && <Text size="sm">{name}</Text>}
        {description !== '' && (
          <Text size="sm" c="dimmed" className={classes['wrap']}>
            {description}
          </Text>
        )}
        {inactiveReason != null && (
          <Text size="sm">
            {INACTIVE_REASONS[inactiveReason].cause} {INACTIVE_REASONS[inactiveReason].remedy}
          </Text>
        )}
      </Stack>
    </Paper>
  );
}
