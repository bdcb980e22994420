/** Chooses a span of time up to now, or one of the user's own. */
import { Group, Select, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';

import { isSpan } from './local-time.ts';

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

interface TimeSpanFieldsProps {
  value: TimeSpan;
  onChange: (value: TimeSpan) => void;
}

/** The two ends of a span of the user's own, in local time; nothing for the others. */
export function TimeSpanFields(props: TimeSpanFieldsProps) {
  return props.value.within === 'custom' && <Ends {...props} />;
}

/** What is typed is used when it is a span; until then the list stays as it is. */
function Ends({ value, onChange }: TimeSpanFieldsProps) {
  const { from, to } = value;
  const [typed, setTyped] = useState({ from, to });
  const said = useRef(typed);
  // Set from outside, such as by the browser's Back. What these fields themselves said last is no news.
  useEffect(() => {
    if (from === said.current.from && to === said.current.to) return;
    said.current = { from, to };
    setTyped(said.current);
  }, [from, to]);

  function type(end: Partial<typeof typed>): void {
    const next = { ...typed, ...end };
    setTyped(next);
    if (!isSpan(next.from, next.to)) return;
    said.current = next;
    onChange({ ...value, ...next });
  }

  return (
    <Group gap="xs" align="flex-start">
      <TextInput
        type="datetime-local"
        label="From"
        value={typed.from}
        onChange={(event) => type({ from: event.currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label="To"
        value={typed.to}
        error={isSpan(typed.from, typed.to) ? null : 'Not after From: choose a later time'}
        onChange={(event) => type({ to: event.currentTarget.value })}
      />
    </Group>
  );
}
