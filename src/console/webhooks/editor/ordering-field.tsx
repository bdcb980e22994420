/** Whether an endpoint gets what is about one thing in order, and what that costs. */
import { Radio, Stack } from '@mantine/core';

import type { DeliveryOrdering } from '../../gql/graphql.ts';

/** How each choice reads, and what it means. */
export const ORDERING_WORDS: Record<DeliveryOrdering, { label: string; meaning: string }> = {
  NONE: {
    label: 'Any order',
    meaning: 'Each event is sent as soon as it can be; a retry may arrive behind a newer event.',
  },
  PER_ENTITY: {
    label: 'In order for each entity',
    meaning:
      'What is about the same entity, such as one client, arrives one after the other. One that fails holds back only what is about its own entity.',
  },
};

interface OrderingFieldProps {
  field: string;
  value: DeliveryOrdering;
  error: string | undefined;
  onChange: (ordering: DeliveryOrdering) => void;
}

export function OrderingField({ field, value, error, onChange }: OrderingFieldProps) {
  return (
    <Radio.Group label="Order" name={field} value={value} error={error} onChange={(next) => onChange(next)}>
      <Stack gap="xs" mt={6}>
        {(Object.keys(ORDERING_WORDS) as DeliveryOrdering[]).map((ordering) => (
          <Radio
            key={ordering}
            value={ordering}
            label={ORDERING_WORDS[ordering].label}
            description={ORDERING_WORDS[ordering].meaning}
            {...(ordering === value ? { 'data-field': field } : {})}
          />
        ))}
      </Stack>
    </Radio.Group>
  );
}
