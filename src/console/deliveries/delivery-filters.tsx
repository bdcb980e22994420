/** The filters above a list of deliveries. */
import { Button, Chip, Group, Select, Stack, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconFilterOff } from '@tabler/icons-react';
import { useEffect, useId, useState } from 'react';

import { useLabels } from '../catalog/use-labels.ts';
import type { DeliveryFilterInput } from '../gql/graphql.ts';
import { DELIVERY_STATUS } from '../ui/delivery-status.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { readCodes, STATUSES, type Within } from './filter-params.ts';
import type { DeliveryFilter } from './use-delivery-filter.ts';

const TYPING_MS = 350;
const WITHIN: { value: Within; label: string }[] = [
  { value: '1h', label: 'Last hour' },
  { value: '24h', label: 'Last 24 hours' },
  { value: '7d', label: 'Last 7 days' },
  { value: 'custom', label: 'From … to …' },
];

/** fixed is what the page itself has settled: for that there is no field. */
export function DeliveryFilters({ by, fixed }: { by: DeliveryFilter; fixed: DeliveryFilterInput }) {
  const { chosen, change, filtered, clear } = by;
  const { resources } = useLabels();
  const resource = resources.find(({ name }) => name === chosen.resource);
  const ofWebhook = fixed.webhookId != null || fixed.webhookNumber != null;
  const named = (known: { name: string; label: string }[], name: string) =>
    name === '' || known.some((one) => one.name === name) ? known : [...known, { name, label: name }];
  const options = (known: { name: string; label: string }[], name: string) =>
    named(known, name).map((one) => ({ value: one.name, label: one.label }));

  return (
    <Stack gap="xs">
      <Group gap="xs" align="flex-start">
        <SearchField
          label={ofWebhook ? 'Search by id' : 'Search by id or webhook'}
          value={chosen.search}
          onChange={(search) => change({ search })}
        />
        <Select
          aria-label="Time"
          placeholder="Any time"
          clearable
          clearButtonProps={{ 'aria-label': 'Any time' }}
          w={{ base: '100%', xs: 160 }}
          data={WITHIN}
          value={chosen.within}
          onChange={(within) => change({ within: within, from: '', to: '' })}
        />
        {!ofWebhook && (
          <TypedField
            label="Webhook number"
            value={chosen.webhook}
            width={150}
            check={(text) => (/^[1-9]\d{0,8}$/.test(text) ? null : 'A number, such as 12')}
            onChange={(webhook) => change({ webhook })}
          />
        )}
        <Select
          aria-label="Resource"
          placeholder="Any resource"
          clearable
          searchable
          clearButtonProps={{ 'aria-label': 'Any resource' }}
          w={{ base: '100%', xs: 170 }}
          data={options([...resources], chosen.resource)}
          value={chosen.resource || null}
          onChange={(name) => change({ resource: name ?? '', event: '' })}
        />
        <Select
          aria-label="Event"
          placeholder={chosen.resource ? 'Any event' : 'Any event (choose a resource)'}
          clearable
          disabled={chosen.resource === '' && chosen.event === ''}
          clearButtonProps={{ 'aria-label': 'Any event' }}
          w={{ base: '100%', xs: 170 }}
          data={options([...(resource?.events ?? [])], chosen.event)}
          value={chosen.event || null}
          onChange={(name) => change({ event: name ?? '' })}
        />
        <TypedField
          label="HTTP status"
          value={chosen.code}
          width={140}
          check={(text) => (readCodes(text) === null ? 'Such as 404 or 5xx' : null)}
          onChange={(code) => change({ code })}
        />
      </Group>
      {chosen.within === 'custom' && (
        <Group gap="xs">
          <TextInput
            type="datetime-local"
            label="From"
            value={chosen.from}
            onChange={(event) => change({ from: event.currentTarget.value })}
          />
          <TextInput
            type="datetime-local"
            label="To"
            value={chosen.to}
            onChange={(event) => change({ to: event.currentTarget.value })}
          />
        </Group>
      )}
      <Group gap="xs" role="group" aria-label="Status">
        <Chip.Group
          multiple
          value={chosen.status}
          onChange={(values) => change({ status: STATUSES.filter((status) => values.includes(status)) })}
        >
          {STATUSES.map((status) => (
            <Chip key={status} value={status} size="sm" variant="outline">
              {DELIVERY_STATUS[status][0]}
            </Chip>
          ))}
        </Chip.Group>
        {filtered && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconFilterOff aria-hidden size={15} />}
            onClick={clear}
          >
            Clear filters
          </Button>
        )}
      </Group>
    </Stack>
  );
}

interface TypedFieldProps {
  label: string;
  value: string;
  width: number;
  /** What is wrong with a text that is not empty; null when nothing is. */
  check: (text: string) => string | null;
  onChange: (value: string) => void;
}

/** A filter that is typed: used when it makes sense, a moment after the last key. */
function TypedField({ label, value, width, check, onChange }: TypedFieldProps) {
  const id = useId();
  const [typed, setTyped] = useState(value);
  const problem = typed.trim() === '' ? null : check(typed.trim());
  const use = useDebouncedCallback((text: string) => onChange(text), TYPING_MS);
  useEffect(() => setTyped(value), [value]);
  return (
    <TextInput
      id={id}
      aria-label={label}
      placeholder={label}
      w={{ base: '100%', xs: width }}
      value={typed}
      error={problem}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        if (text.trim() === '' || check(text.trim()) === null) use(text.trim());
      }}
    />
  );
}
