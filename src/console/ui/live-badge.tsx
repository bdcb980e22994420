/** How live a page is, as a word with an icon: Live, Reconnecting, Catching up, Paused. */
import { Badge, type MantineColor } from '@mantine/core';
import {
  IconClockPause,
  IconPlayerPause,
  IconPlugConnectedX,
  IconPointFilled,
  IconProgress,
  IconRefresh,
  type TablerIcon,
} from '@tabler/icons-react';

import type { LiveStatus } from '../api/live.tsx';

const LOOKS: Record<LiveStatus | 'paused', [label: string, color: MantineColor, icon: TablerIcon]> = {
  idle: ['Connecting', 'gray', IconProgress],
  connecting: ['Connecting', 'gray', IconProgress],
  live: ['Live', 'green', IconPointFilled],
  'catching-up': ['Catching up', 'blue', IconRefresh],
  polling: ['Checking every few seconds', 'blue', IconClockPause],
  reconnecting: ['Reconnecting', 'orange', IconPlugConnectedX],
  ended: ['Not live', 'red', IconPlugConnectedX],
  paused: ['Paused', 'gray', IconPlayerPause],
};

export function LiveBadge({ status }: { status: LiveStatus | 'paused' }) {
  const [label, color, Icon] = LOOKS[status];
  return (
    <Badge
      color={color}
      variant="outline"
      data-live={status}
      leftSection={<Icon aria-hidden size={13} />}
      role="status"
    >
      {label}
    </Badge>
  );
}
