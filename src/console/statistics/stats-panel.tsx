/** The choice of the window, the numbers, and the charts of it, with tables for those who would rather read. */
import '@mantine/charts/styles.css';

import { Group, SegmentedControl, Stack } from '@mantine/core';

import { LiveBadge } from '../ui/live-badge.tsx';
import { EmptyState, ErrorState, LoadingState } from '../ui/states.tsx';
import { useAddress } from '../ui/use-address.ts';
import { LatencyChart } from './latency-chart.tsx';
import { OutcomeChart } from './outcome-chart.tsx';
import { StatsNumbers } from './stats-numbers.tsx';
import { useStatistics } from './use-statistics.ts';
import { windowOf, WINDOWS } from './windows.ts';

/** Of one webhook, or of all that the viewer may see. */
export function StatsPanel({ webhookId }: { webhookId: string | null }) {
  const [params, change] = useAddress();
  const chosen = windowOf(params.get('window'));
  const { stats, error, live, reload } = useStatistics(webhookId, chosen.window);
  return (
    <Stack gap="md">
      <Group justify="space-between" gap="xs">
        <SegmentedControl
          aria-label="Time"
          styles={{ label: { paddingInline: 8 } }}
          data={WINDOWS.map(({ key, label }) => ({ value: key, label }))}
          value={chosen.key}
          onChange={(key) => change({ window: key })}
        />
        <LiveBadge status={live} />
      </Group>
      {stats === null ? (
        error ? (
          <ErrorState error={error} onRetry={reload} />
        ) : (
          <LoadingState what="the statistics" />
        )
      ) : (
        <>
          <StatsNumbers stats={stats} phrase={chosen.phrase} />
          {stats.succeeded + stats.failed + timedOf(stats.latency) === 0 ? (
            <EmptyState
              title={`Nothing was sent ${chosen.phrase}`}
              text="As soon as deliveries end, this page shows by itself how they went. A longer time may hold some."
            />
          ) : (
            <>
              <OutcomeChart stats={stats} chosen={chosen} />
              <LatencyChart stats={stats} chosen={chosen} />
            </>
          )}
        </>
      )}
    </Stack>
  );
}

function timedOf(latency: readonly { count: number }[]): number {
  return latency.reduce((sum, { count }) => sum + count, 0);
}
