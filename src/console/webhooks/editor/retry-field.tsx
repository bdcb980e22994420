/** The waits before the attempts, as people write them, and what that comes to. */
import { Text, TextInput } from '@mantine/core';

import { describeSchedule, parseSchedule } from './retry-schedule.ts';

interface RetryFieldProps {
  field: string;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}

export function RetryField({ field, text, error, onChange }: RetryFieldProps) {
  const parsed = text.trim() === '' ? null : parseSchedule(text);
  return (
    <div>
      <TextInput
        label="Retries"
        description="The wait before each attempt, with s, min, h or d: 20 waits at most, of 7 days at most. Empty: the server's schedule."
        placeholder="0 s, 5 s, 5 min, 30 min, 2 h"
        autoComplete="off"
        spellCheck={false}
        data-field={field}
        value={text}
        error={error ?? (parsed?.ok === false ? parsed.message : undefined)}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {parsed?.ok && (
        <Text size="sm" c="dimmed" mt={4} data-preview>
          {describeSchedule(parsed.seconds)}
        </Text>
      )}
    </div>
  );
}
