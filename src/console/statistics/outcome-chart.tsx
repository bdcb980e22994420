/** Delivered and failed, one upon the other, with the success rate of each point. */
import { BarChart } from '@mantine/charts';
import { Paper, Text } from '@mantine/core';

import type { StatisticsFragment } from '../gql/graphql.ts';
import { formatNumber } from '../ui/time.tsx';
import { ChartFigure } from './chart-figure.tsx';
import { DELIVERED, FAILED } from './colors.ts';
import { axisTime, pointTimes } from './times.ts';
import type { ChartWindow } from './windows.ts';
import { formatShare, outcomeSentence } from './words.ts';

interface Point {
  at: string;
  Delivered: number;
  Failed: number;
}

export function OutcomeChart({ stats, chosen }: { stats: StatisticsFragment; chosen: ChartWindow }) {
  const points = stats.series.map(({ at, succeeded, failed }) => ({
    at,
    Delivered: succeeded,
    Failed: failed,
  }));
  const filled = points.filter(({ Delivered, Failed }) => Delivered + Failed > 0);
  const timeOf = pointTimes(
    points.map(({ at }) => at),
    chosen,
  );
  return (
    <ChartFigure
      title="Delivered and failed"
      summary={`${outcomeSentence(stats, chosen.phrase)}.`}
      head={['From', 'Delivered', 'Failed', 'Success rate']}
      rows={filled.map((point) => ({
        key: point.at,
        cells: [
          timeOf(point.at),
          formatNumber(point.Delivered),
          formatNumber(point.Failed),
          formatShare(rateOf(point)),
        ],
      }))}
    >
      <BarChart
        h={240}
        data={points}
        dataKey="at"
        type="stacked"
        series={[
          { name: 'Delivered', color: DELIVERED },
          { name: 'Failed', color: FAILED },
        ]}
        withLegend
        legendProps={{ verticalAlign: 'bottom' }}
        gridAxis="x"
        tickLine="none"
        valueFormatter={formatNumber}
        xAxisProps={{ tickFormatter: (at: string) => axisTime(at, chosen), minTickGap: 40 }}
        yAxisProps={{ width: 44, allowDecimals: false }}
        barProps={{ isAnimationActive: false }}
        barChartProps={{ accessibilityLayer: false }}
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
  const ended = point.Delivered + point.Failed;
  return (
    <Paper withBorder shadow="sm" px="sm" py="xs">
      <Text size="sm" fw={600}>
        {timeOf(point.at)}
      </Text>
      <Text size="sm">{formatNumber(point.Delivered)} delivered</Text>
      <Text size="sm">{formatNumber(point.Failed)} failed</Text>
      {ended > 0 && <Text size="sm">Success rate {formatShare(rateOf(point))}</Text>}
    </Paper>
  );
}

function rateOf({ Delivered, Failed }: Point): number {
  return Delivered / (Delivered + Failed);
}
