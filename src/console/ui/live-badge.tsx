/** How live a page is, as a word with an icon: Live, Reconnecting, Catching up, Paused. */
import type { MantineColor } from '@mantine/core';
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
import { WordBadge } from './word-badge.tsx';

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
    <WordBadge color={color} data-live={status} icon={<Icon aria-hidden size={14} />} role="status">
      {label}
    </WordBadge>
  );
}
