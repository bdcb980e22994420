/** The success rate of each point as a line, over what was delivered and failed, one upon the other. */
import { CompositeChart } from '@mantine/charts';
import { Paper, Text } from '@mantine/core';

import type { StatisticsFragment } from '../gql/graphql.ts';
import { formatNumber } from '../ui/time.tsx';
import { ChartFigure } from './chart-figure.tsx';
import { DELIVERED, FAILED, RATE } from './colors.ts';
import { axisTime, pointTimes } from './times.ts';
import type { ChartWindow } from './windows.ts';
import { formatShare, outcomeSentence } from './words.ts';

interface Point {
  at: string;
  Delivered: number;
  Failed: number;
  /** Null where nothing ended. */
  'Success rate': number | null;
}

export function OutcomeChart({ stats, chosen }: { stats: StatisticsFragment; chosen: ChartWindow }) {
  const points = stats.series.map(({ at, succeeded, failed }) => ({
    at,
    Delivered: succeeded,
    Failed: failed,
    'Success rate': succeeded + failed === 0 ? null : succeeded / (succeeded + failed),
  }));
  const timeOf = pointTimes(
    points.map(({ at }) => at),
    chosen,
  );
  return (
    <ChartFigure
      title="Success rate"
      summary={`${outcomeSentence(stats, chosen.phrase)}.`}
      head={['From', 'Success rate', 'Delivered', 'Failed']}
      rows={points.flatMap(({ at, Delivered, Failed, 'Success rate': rate }) =>
        rate === null
          ? []
          : [
              {
                key: at,
                cells: [timeOf(at), formatShare(rate), formatNumber(Delivered), formatNumber(Failed)],
              },
            ],
      )}
    >
      <CompositeChart
        h={240}
        data={points}
        dataKey="at"
        series={[
          { name: 'Delivered', color: DELIVERED, type: 'bar' },
          { name: 'Failed', color: FAILED, type: 'bar' },
          { name: 'Success rate', color: RATE, type: 'line', yAxisId: 'right' },
        ]}
        withLegend
        legendProps={{ verticalAlign: 'bottom' }}
        gridAxis="x"
        tickLine="none"
        valueFormatter={formatNumber}
        xAxisProps={{ tickFormatter: (at: string) => axisTime(at, chosen), minTickGap: 40 }}
        yAxisProps={{ width: 44, allowDecimals: false }}
        withRightYAxis
        rightYAxisProps={{
          width: 48,
          domain: [0, 1],
          ticks: [0, 0.25, 0.5, 0.75, 1],
          tickFormatter: formatShare,
        }}
        // A line between points with nothing in between would tell of what was not.
        connectNulls={false}
        curveType="linear"
        dotProps={{ r: 2 }}
        barProps={{ stackId: 'ended' }}
        composedChartProps={{ accessibilityLayer: false }}
        tooltipProps={{
          content: ({ active, payload }) =>
            active && <PointTip point={payload?.[0]?.payload as Point} timeOf={timeOf} />,
        }}
      />
    </ChartFigure>
  );
}

function PointTip({ point, timeOf }: { point: Point | undefined; timeOf: (at: string) => string }) {
  if (point === undefined) return null;
  const rate = point['Success rate'];
  return (
    <Paper withBorder shadow="sm" px="sm" py="xs">
      <Text size="sm" fw={600}>
        {timeOf(point.at)}
      </Text>
      {rate !== null && <Text size="sm">Success rate {formatShare(rate)}</Text>}
      <Text size="sm">{formatNumber(point.Delivered)} delivered</Text>
      <Text size="sm">{formatNumber(point.Failed)} failed</Text>
    </Paper>
  );
}
