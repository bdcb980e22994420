/** One event of one resource; the events on offer are those of the resource. */
import { Alert, Group, Select, SimpleGrid, Stack, Text, TextInput } from '@mantine/core';
import { IconMoonStars } from '@tabler/icons-react';
import { memo } from 'react';

import { isBuiltIn } from '../../catalog/built-in.tsx';
import { enterChooses } from '../../ui/enter-chooses.ts';
import { type Catalog, INACTIVE_REASONS, inactiveReason } from './catalog-choice.ts';
import type { TriggerValues } from './form.ts';
import { LIMITS } from './limits.ts';
import { sameProps } from './problems.ts';
import { RowFrame } from './row-frame.tsx';

interface TriggerRowProps {
  row: TriggerValues;
  index: number;
  only: boolean;
  catalog: Catalog;
  /** By the paths below this row: "resource". */
  errors: Record<string, string>;
  onChange: (index: number, patch: Partial<TriggerValues>) => void;
  onRemove: (index: number) => void;
}

/** An option, and what is to be said about it. */
interface Option {
  name: string;
  label: string;
  mark: string | null;
}

export const TriggerRow = memo(function TriggerRow(props: TriggerRowProps) {
  const { row, index, only, catalog, errors, onChange, onRemove } = props;
  const resource = catalog.find(({ name }) => name === row.resource);
  const reason = inactiveReason(catalog, row.resource, row.event);
  const at = `triggers.${index}`;

  function chooseResource(name: string | null): void {
    const events = catalog.find((one) => one.name === name)?.events ?? [];
    const event = events.some((one) => one.name === row.event) ? row.event : null;
    onChange(index, { resource: name, event });
  }

  return (
    <RowFrame
      name={`Trigger ${index + 1}`}
      filled={row.resource !== null || row.name !== '' || row.description !== ''}
      onRemove={only ? undefined : () => onRemove(index)}
    >
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
          <CatalogSelect
            label="Resource"
            placeholder="What it is about"
            field={`${at}.resource`}
            value={row.resource}
            options={catalog.map(({ name, label, allowed }) => ({
              ...{ name, label },
              mark: allowed ? (isBuiltIn({ name }) ? 'built in' : null) : 'not allowed – stays inactive',
            }))}
            error={errors['resource']}
            onChange={chooseResource}
          />
          <CatalogSelect
            label="Event"
            placeholder={row.resource === null ? 'Choose a resource first' : 'What happens to it'}
            field={`${at}.event`}
            disabled={row.resource === null}
            value={row.event}
            options={(resource?.events ?? []).map(({ name, label, supported }) => ({
              ...{ name, label },
              mark: supported ? null : 'not supported – stays inactive',
            }))}
            error={errors['event']}
            onChange={(event) => onChange(index, { event })}
          />
        </SimpleGrid>
        {reason !== null && (
          <Alert
            color="orange"
            role="status"
            icon={<IconMoonStars aria-hidden size={18} />}
            title="Stays inactive"
            data-inactive={reason}
          >
            {INACTIVE_REASONS[reason]}
          </Alert>
        )}
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
          <TextInput
            label="Name of the trigger"
            description={`Optional, ${LIMITS.name} characters at most.`}
            data-field={`${at}.name`}
            value={row.name}
            error={errors['name']}
            onChange={(event) => onChange(index, { name: event.currentTarget.value })}
          />
          <TextInput
            label="Description of the trigger"
            description={`Optional, ${LIMITS.description.toLocaleString()} characters at most.`}
            data-field={`${at}.description`}
            value={row.description}
            error={errors['description']}
            onChange={(event) => onChange(index, { description: event.currentTarget.value })}
          />
        </SimpleGrid>
      </Stack>
    </RowFrame>
  );
}, sameProps);

function CatalogSelect(props: {
  label: string;
  placeholder: string;
  field: string;
  value: string | null;
  options: Option[];
  disabled?: boolean;
  error: string | undefined;
  onChange: (name: string | null) => void;
}) {
  const { value, options } = props;
  // What was chosen before may have left the catalog: it is shown by its name.
  const gone = value !== null && !options.some(({ name }) => name === value);
  const all = gone ? [...options, { name: value, label: value, mark: 'not in the catalog' }] : options;
  const marks = new Map(all.map(({ name, mark }) => [name, mark]));
  return (
    <Select
      label={props.label}
      placeholder={props.placeholder}
      required
      searchable
      // Its list would hide what is wrong with it, where the focus comes because of that.
      openOnFocus={false}
      allowDeselect={false}
      nothingFoundMessage="Nothing in the catalog matches"
      data-field={props.field}
      data={all.map(({ name, label }) => ({ value: name, label }))}
      value={value}
      disabled={props.disabled ?? false}
      error={props.error}
      onChange={props.onChange}
      onKeyDownCapture={enterChooses}
      renderOption={({ option }) => (
        <Group gap="xs" justify="space-between" w="100%">
          <span>{option.label}</span>
          {marks.get(option.value) && (
            <Text size="xs" c="dimmed" span>
              {marks.get(option.value)}
            </Text>
          )}
        </Group>
      )}
    />
  );
}
