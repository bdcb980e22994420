/** The Advanced section of an endpoint that is a URL: authentication, headers, signing, format, time limit, retries, pace and order. */
import { Divider, NumberInput, SimpleGrid, Stack } from '@mantine/core';
import type { ReactNode } from 'react';

import type { SigningScheme } from '../../gql/graphql.ts';
import { formatNumber } from '../../ui/time.tsx';
import type { AdvancedValues } from './endpoint-values.ts';
import { FormatField } from './format-field.tsx';
import { HeaderFields } from './header-fields.tsx';
import { MAX_CONCURRENCY, RATE_PER_SECOND, TIMEOUT_SECONDS, wholeProblem } from './limits.ts';
import { OrderingField } from './ordering-field.tsx';
import { RetryField } from './retry-field.tsx';
import { SigningField } from './signing-field.tsx';

export interface AdvancedFieldsProps {
  index: number;
  /** How it authenticates, which the API has beside the section. */
  authentication: ReactNode;
  values: AdvancedValues;
  /** The scheme that the server signs with for a saved endpoint; null for a new one. */
  signingNow: SigningScheme | null;
  errors: Record<string, string>;
  /** paths are those of the errors that the change may have mended, below the section. */
  onChange: (patch: Partial<Omit<AdvancedValues, 'touched'>>, paths: string[]) => void;
}

export function AdvancedFields(props: AdvancedFieldsProps) {
  const { index, authentication, values, signingNow, errors, onChange } = props;
  const at = `endpoints.${index}.advanced`;
  return (
    <Stack gap="md">
      {authentication}
      <Divider />
      <HeaderFields
        at={`${at}.headers`}
        headers={values.headers}
        errors={errors}
        onChange={(headers, paths) => onChange({ headers }, ['headers', ...paths])}
      />
      <Divider />
      <SigningField
        field={`${at}.signing`}
        value={values.signing}
        stored={signingNow}
        error={errors['advanced.signing']}
        onChange={(signing) => onChange({ signing }, ['signing'])}
      />
      <Divider />
      <FormatField
        field={`${at}.format`}
        value={values.format}
        error={errors['advanced.format']}
        onChange={(format) => onChange({ format }, ['format'])}
      />
      <Divider />
      <NumberInput
        label="Time limit"
        description={`How long the receiver may take to answer, from ${TIMEOUT_SECONDS.min} to ${TIMEOUT_SECONDS.max} seconds. Empty: the server's default.`}
        suffix=" s"
        decimalScale={3}
        allowedDecimalSeparators={['.', ',']}
        allowNegative={false}
        step={1}
        clampBehavior="none"
        maw={420}
        data-field={`${at}.timeoutMs`}
        value={values.timeoutMs}
        error={errors['advanced.timeoutMs']}
        onChange={(value) => onChange({ timeoutMs: numberOf(value) }, ['timeoutMs'])}
      />
      <RetryField
        field={`${at}.retrySchedule`}
        text={values.retrySchedule}
        error={errors['advanced.retrySchedule']}
        onChange={(retrySchedule) => onChange({ retrySchedule }, ['retrySchedule'])}
      />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="md" verticalSpacing="md">
        <WholeNumber
          label="Requests per second"
          description={`How many begin in a second at most, up to ${formatNumber(RATE_PER_SECOND.max)}. Empty: as many as there are.`}
          placeholder="No limit"
          field={`${at}.ratePerSecond`}
          range={RATE_PER_SECOND}
          value={values.ratePerSecond}
          error={errors['advanced.ratePerSecond']}
          onChange={(ratePerSecond) => onChange({ ratePerSecond }, ['ratePerSecond'])}
        />
        <WholeNumber
          label="Requests at once"
          description={`How many may wait for an answer, up to ${formatNumber(MAX_CONCURRENCY.max)}. Empty: the server's default.`}
          placeholder="The server's default"
          field={`${at}.maxConcurrency`}
          range={MAX_CONCURRENCY}
          value={values.maxConcurrency}
          error={errors['advanced.maxConcurrency']}
          onChange={(maxConcurrency) => onChange({ maxConcurrency }, ['maxConcurrency'])}
        />
      </SimpleGrid>
      <OrderingField
        field={`${at}.ordering`}
        value={values.ordering}
        error={errors['advanced.ordering']}
        onChange={(ordering) => onChange({ ordering }, ['ordering'])}
      />
    </Stack>
  );
}

function WholeNumber(props: {
  label: string;
  description: string;
  placeholder: string;
  field: string;
  range: { min: number; max: number };
  value: number | '';
  error: string | undefined;
  onChange: (value: number | '') => void;
}) {
  const { label, description, placeholder, field, range, value, error, onChange } = props;
  return (
    <NumberInput
      {...{ label, description, placeholder, value }}
      error={wholeProblem(value, range) ?? error}
      // A fraction stands as it was typed: without its separator it would be another number.
      allowedDecimalSeparators={['.', ',']}
      allowNegative={false}
      thousandSeparator
      clampBehavior="none"
      hideControls
      data-field={field}
      onChange={(next) => onChange(numberOf(next))}
    />
  );
}

/** What a NumberInput holds, as it is while somebody types; empty for what is no number. */
function numberOf(value: number | string): number | '' {
  return value === '' || Number.isNaN(Number(value)) ? '' : Number(value);
}
