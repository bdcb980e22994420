/** How often a delivery is tried, and after which waits. */
import { Text } from '@mantine/core';

import { describeSchedule, formatSchedule } from '../editor/retry-schedule.ts';

/** schedule has the seconds before each attempt. */
export function Retries({ schedule }: { schedule: readonly number[] }) {
  return (
    <span>
      {describeSchedule(schedule)}
      <br />
      <Text span size="xs" c="dimmed">
        Waits: {formatSchedule(schedule)}
      </Text>
    </span>
  );
}
