/** What stands above a live list: how many there are, how live it is, pause, and what waits to be shown. */
import { Button, Group, Text } from '@mantine/core';
import { IconArrowUp, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import type { ReactNode } from 'react';

import { LiveBadge } from '../ui/live-badge.tsx';
import { formatNumber } from '../ui/time.tsx';
import { MOST_WAITING } from './live-list.ts';
import classes from './live-toolbar.module.css';
import type { LiveDeliveries } from './use-live-deliveries.ts';

interface LiveToolbarProps {
  of: LiveDeliveries;
  /** How many there are, in words; null while it is not known. */
  count: string | null;
  onShow: () => void;
  /** What else can be done with the list. */
  actions?: ReactNode;
}

export function LiveToolbar({ of, count, onShow, actions }: LiveToolbarProps) {
  const { live, paused, setPaused, waiting } = of;
  return (
    <Group justify="space-between" gap="xs" className={classes['bar']}>
      <Text size="sm" c="dimmed" data-count>
        {count ?? ' '}
      </Text>
      <Group gap="xs">
        {waiting > 0 && (
          <Button
            size="compact-sm"
            radius="xl"
            leftSection={<IconArrowUp aria-hidden size={15} />}
            onClick={onShow}
            data-waiting
          >
            {formatNumber(waiting)}
            {waiting >= MOST_WAITING ? '+' : ''} new
          </Button>
        )}
        {actions}
        <LiveBadge status={live} />
        <Button
          variant="default"
          size="compact-sm"
          leftSection={
            paused ? <IconPlayerPlay aria-hidden size={15} /> : <IconPlayerPause aria-hidden size={15} />
          }
          onClick={() => setPaused(!paused)}
        >
          {paused ? 'Resume' : 'Pause'}
        </Button>
      </Group>
    </Group>
  );
}
