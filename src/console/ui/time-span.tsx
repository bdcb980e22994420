/** Chooses a span of time up to now, or one of the user's own. */
import { Group, Select, TextInput } from '@mantine/core';

const SPANS = [
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: 'custom', label: 'From … to …' },
];

interface TimeSpan {
  within: string | null;
  from: string;
  to: string;
}

/** The choice; with "custom", TimeSpanFields belong below it. */
export function TimeSpanSelect({
  value,
  onChange,
}: {
  value: TimeSpan;
  onChange: (value: TimeSpan) => void;
}) {
  return (
    <Select
      aria-label="Time"
      placeholder="Any time"
      clearable
      clearButtonProps={{ 'aria-label': 'Any time' }}
      w={{ base: 'calc(50% - 5px)', xs: 150 }}
      data={SPANS}
      value={value.within}
      onChange={(within) => onChange({ within, from: '', to: '' })}
    />
  );
}

/** The two ends of a span of the user's own, in local time; nothing for the others. */
export function TimeSpanFields({
  value,
  onChange,
}: {
  value: TimeSpan;
  onChange: (value: TimeSpan) => void;
}) {
  if (value.within !== 'custom') return null;
  return (
    <Group gap="xs">
      <TextInput
        type="datetime-local"
        label="From"
        value={value.from}
        onChange={(event) => onChange({ ...value, from: event.currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label="To"
        value={value.to}
        onChange={(event) => onChange({ ...value, to: event.currentTarget.value })}
      />
    </Group>
  );
}
