/** How long attempts took: the histogram, and the percentiles over all of them. */
import { BarChart } from '@mantine/charts';
import { Group, Text } from '@mantine/core';

import type { StatisticsFragment } from '../gql/graphql.ts';
import { formatDuration, formatNumber } from '../ui/time.tsx';
import { ChartFigure } from './chart-figure.tsx';
import { TIME } from './colors.ts';
import { Term } from './term.tsx';
import type { ChartWindow } from './windows.ts';
import { formatLatency, formatShare } from './words.ts';

export function LatencyChart({ stats, chosen }: { stats: StatisticsFragment; chosen: ChartWindow }) {
  const { latency, p50Ms, p95Ms, p99Ms } = stats;
  const total = latency.reduce((sum, { count }) => sum + count, 0);
  const bars = latency.map(({ upToMs, count }, index) => ({
    bar: upToMs === null ? `> ${formatDuration(latency[index - 1]!.upToMs!)}` : `≤ ${formatDuration(upToMs)}`,
    Attempts: count,
  }));
  const percentiles: [name: string, ms: number | null, share: string][] = [
    ['p50', p50Ms, 'Half'],
    ['p95', p95Ms, '95 of 100'],
    ['p99', p99Ms, '99 of 100'],
  ];
  return (
    <ChartFigure
      title="How long attempts took"
      summary={
        total === 0
          ? `No attempt got as far as a request ${chosen.phrase}.`
          : `${formatNumber(total)} attempts ${chosen.phrase}, failed ones included.`
      }
      aside={
        <Group gap="md" role="group" aria-label="Percentiles">
          {percentiles.map(([name, ms, share]) => (
            <Group key={name} gap={4} wrap="nowrap">
              <Term
                word={name}
                definition={`${share} of the attempts took at most so long, from the request to the end of the answer or the failure. Within 1 % of the exact value.`}
              />
              <Text span size="sm" fw={650} data-percentile={name}>
                {formatLatency(ms)}
              </Text>
            </Group>
          ))}
        </Group>
      }
      head={['Time', 'Attempts', 'Share']}
      rows={bars.map(({ bar, Attempts }) => ({
        key: bar,
        cells: [bar, formatNumber(Attempts), total === 0 ? '–' : formatShare(Attempts / total)],
      }))}
    >
      <BarChart
        h={220}
        data={bars}
        dataKey="bar"
        series={[{ name: 'Attempts', color: TIME }]}
        gridAxis="x"
        tickLine="none"
        valueFormatter={formatNumber}
        yAxisProps={{ width: 44, allowDecimals: false }}
        xAxisProps={{ minTickGap: 4 }}
        barProps={{ isAnimationActive: false }}
        barChartProps={{ accessibilityLayer: false }}
        tooltipAnimationDuration={0}
      />
    </ChartFigure>
  );
}
