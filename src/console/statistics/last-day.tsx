/** "Last 24 hours" of the rows of the saved table: read behind the table, so that it never waits for them. */
import { Group, Text } from '@mantine/core';
import { createContext, type ReactNode, useContext, useEffect } from 'react';

import { type Hour, Sparkline } from './sparkline.tsx';
import { useLastDays } from './use-last-days.ts';
import { formatShare, outcomeSentence } from './words.ts';

const LastDaysContext = createContext<ReturnType<typeof useLastDays> | null>(null);

/** Reads the last day of webhooks for the cells below. */
export function LastDaysProvider({ children }: { children: ReactNode }) {
  return <LastDaysContext value={useLastDays()}>{children}</LastDaysContext>;
}

/** The last day of a webhook; nothing until it is known. */
export function LastDayCell({ webhookId }: { webhookId: string }) {
  const lastDays = useContext(LastDaysContext);
  if (lastDays === null) throw new Error('There is no provider of last days around this cell.');
  const { days, show } = lastDays;
  useEffect(() => show(webhookId), [show, webhookId]);
  const stats = days.get(webhookId);
  if (stats === undefined) return null;
  const { successRate, series } = stats;
  const sentence = outcomeSentence(stats, 'in the last 24 hours');
  return (
    <Group gap={8} wrap="nowrap" title={sentence} data-last-day>
      <Sparkline hours={hoursOf(series)} label={sentence} />
      <Text size="xs" c="dimmed" aria-hidden style={{ whiteSpace: 'nowrap' }}>
        {successRate === null ? '–' : formatShare(successRate)}
      </Text>
    </Group>
  );
}

/** Four points of 15 minutes are an hour. */
function hoursOf(series: readonly Hour[]): Hour[] {
  return Array.from({ length: series.length / 4 }, (_, index) =>
    series.slice(index * 4, index * 4 + 4).reduce(
      (sum, { succeeded, failed }) => ({
        succeeded: sum.succeeded + succeeded,
        failed: sum.failed + failed,
      }),
      { succeeded: 0, failed: 0 },
    ),
  );
}
