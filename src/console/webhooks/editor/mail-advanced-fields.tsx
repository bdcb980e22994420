/** The Advanced section of an endpoint that writes mails: what is attached, and when it is tried again. */
import { Divider, Stack } from '@mantine/core';

import type { AdvancedFieldsProps } from './advanced-fields.tsx';
import { FormatField } from './format-field.tsx';
import { RetryField } from './retry-field.tsx';

export function MailAdvancedFields({
  index,
  values,
  errors,
  onChange,
}: Pick<AdvancedFieldsProps, 'index' | 'values' | 'errors' | 'onChange'>) {
  const at = `endpoints.${index}.advanced`;
  return (
    <Stack gap="md">
      <FormatField
        attached
        field={`${at}.format`}
        value={values.format}
        error={errors['advanced.format']}
        onChange={(format) => onChange({ format }, ['format'])}
      />
      <Divider />
      <RetryField
        field={`${at}.retrySchedule`}
        text={values.retrySchedule}
        error={errors['advanced.retrySchedule']}
        onChange={(retrySchedule) => onChange({ retrySchedule }, ['retrySchedule'])}
      />
    </Stack>
  );
}
