/** The state of a replay as icon and word, and its progress as a bar with numbers. */
import { Group, Progress, Stack, Text } from '@mantine/core';
import { IconBan, IconCheck, IconPlayerPause, IconPlayerPlay, type TablerIcon } from '@tabler/icons-react';

import type { ReplayCountsFragment, ReplayStatus } from '../gql/graphql.ts';
import { formatNumber } from '../ui/time.tsx';
import { WordBadge } from '../ui/word-badge.tsx';
import { REPLAY_WORDS } from './words.ts';

const LOOKS: Record<ReplayStatus, [color: string, icon: TablerIcon]> = {
  RUNNING: ['blue', IconPlayerPlay],
  PAUSED: ['orange', IconPlayerPause],
  FINISHED: ['green', IconCheck],
  CANCELLED: ['gray', IconBan],
};

/** Its state. */
export function ReplayStatusBadge({ status }: { status: ReplayStatus }) {
  const [color, Icon] = LOOKS[status];
  return (
    <WordBadge color={color} icon={<Icon aria-hidden size={14} />}>
      {REPLAY_WORDS[status]}
    </WordBadge>
  );
}

/** How far it is: a bar of what was delivered and what failed, with the numbers as text. */
export function ReplayProgress({
  replay,
  size = 'md',
}: {
  replay: ReplayCountsFragment;
  size?: 'md' | 'xl';
}) {
  const { matched, done, succeeded, failed } = replay;
  const words = `${formatNumber(done)} of ${formatNumber(matched)}`;
  const share = (count: number): number => (count / matched) * 100;
  return (
    <Stack gap={4}>
      <Progress.Root
        size={size}
        role="progressbar"
        aria-label="Progress of the replay"
        aria-valuemin={0}
        aria-valuemax={matched}
        aria-valuenow={done}
        aria-valuetext={failed > 0 ? `${words}, ${formatNumber(failed)} failed` : words}
      >
        <Progress.Section withAria={false} value={share(succeeded)} color="green" />
        <Progress.Section withAria={false} value={share(failed)} color="red" />
      </Progress.Root>
      <Group gap="xs" justify="space-between">
        <Text size="sm">{words}</Text>
        {failed > 0 && <Text size="sm">{formatNumber(failed)} failed</Text>}
      </Group>
    </Stack>
  );
}
