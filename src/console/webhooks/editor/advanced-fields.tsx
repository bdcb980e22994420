/** The Advanced section of an endpoint: headers, time limit, retries. */
import { NumberInput, Stack, Text, TextInput } from '@mantine/core';

import { type AdvancedValues, TIMEOUT_SECONDS } from './form.ts';
import { HeaderFields } from './header-fields.tsx';
import { describeSchedule, parseSchedule } from './retry-schedule.ts';

interface AdvancedFieldsProps {
  index: number;
  values: AdvancedValues;
  errors: Record<string, string>;
  /** paths are those of the errors that the change may have mended, below the section. */
  onChange: (patch: Partial<Omit<AdvancedValues, 'touched'>>, paths: string[]) => void;
}

export function AdvancedFields({ index, values, errors, onChange }: AdvancedFieldsProps) {
  const at = `endpoints.${index}.advanced`;
  return (
    <Stack gap="md">
      <HeaderFields
        at={`${at}.headers`}
        headers={values.headers}
        errors={errors}
        onChange={(headers, paths) => onChange({ headers }, ['headers', ...paths])}
      />
      <NumberInput
        label="Time limit"
        description={`How long the receiver may take to answer, from ${TIMEOUT_SECONDS.min} to ${TIMEOUT_SECONDS.max} seconds. Empty: the server's default.`}
        suffix=" s"
        decimalScale={3}
        allowNegative={false}
        step={1}
        clampBehavior="none"
        maw={420}
        data-field={`${at}.timeoutMs`}
        value={values.timeoutMs}
        error={errors['advanced.timeoutMs']}
        onChange={(value) =>
          onChange({ timeoutMs: value === '' || Number.isNaN(Number(value)) ? '' : Number(value) }, [
            'timeoutMs',
          ])
        }
      />
      <RetrySchedule
        field={`${at}.retrySchedule`}
        text={values.retrySchedule}
        error={errors['advanced.retrySchedule']}
        onChange={(retrySchedule) => onChange({ retrySchedule }, ['retrySchedule'])}
      />
    </Stack>
  );
}

function RetrySchedule(props: {
  field: string;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}) {
  const { text } = props;
  const parsed = text.trim() === '' ? null : parseSchedule(text);
  return (
    <div>
      <TextInput
        label="Retries"
        description="The wait before each attempt, with s, min, h or d: 20 waits at most, of 7 days at most. Empty: the server's schedule."
        placeholder="0 s, 5 s, 5 min, 30 min, 2 h"
        autoComplete="off"
        spellCheck={false}
        data-field={props.field}
        value={text}
        error={props.error ?? (parsed?.ok === false ? parsed.message : undefined)}
        onChange={(event) => props.onChange(event.currentTarget.value)}
      />
      {parsed?.ok && (
        <Text size="sm" c="dimmed" mt={4} data-preview>
          {describeSchedule(parsed.seconds)}
        </Text>
      )}
    </div>
  );
}
