/** The numbers of a window, each with its definition. */
import { Paper, SimpleGrid, Text } from '@mantine/core';

import type { StatisticsFragment } from '../gql/graphql.ts';
import { formatNumber } from '../ui/time.tsx';
import { Term } from './term.tsx';
import { formatLatency, formatShare } from './words.ts';

export function StatsNumbers({ stats, phrase }: { stats: StatisticsFragment; phrase: string }) {
  const { total, succeeded, failed, pending, successRate } = stats;
  const numbers: [word: string, value: string, definition: string][] = [
    [
      'Success rate',
      successRate === null ? '–' : formatShare(successRate),
      `Delivered ÷ (delivered + failed), of the deliveries that ended ${phrase}. Cancelled ones count on neither side, tests nowhere.`,
    ],
    [
      'Delivered',
      formatNumber(succeeded),
      `Deliveries that ended with an answer of the 2xx kind ${phrase}, at whichever attempt. One that is sent again by hand counts again.`,
    ],
    [
      'Failed',
      formatNumber(failed),
      `Deliveries that ended without success ${phrase}: their last attempt failed, or they waited for too long.`,
    ],
    ['Created', formatNumber(total), `Deliveries that were made ${phrase}: one for each event and endpoint.`],
    [
      'Open now',
      formatNumber(pending),
      'Deliveries that wait or are on the wire at this moment, whenever they were made.',
    ],
    [
      'Median time',
      formatLatency(stats.p50Ms),
      `Half of the attempts ${phrase} took at most so long, from the request to the end of the answer; failed ones are included. Exact to 1 %.`,
    ],
  ];
  return (
    <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" m={0}>
      {numbers.map(([word, value, definition]) => (
        <Paper key={word} withBorder p="sm">
          <dt>
            <Term word={word} definition={definition} />
          </dt>
          <Text component="dd" m={0} fz="xl" fw={650} data-number={word}>
            {value}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}
