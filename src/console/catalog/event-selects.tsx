/** Chooses a resource of the catalog and one of its events, by what people call them. */
import { Select } from '@mantine/core';

import { useLabels } from './use-labels.ts';

interface EventSelectsProps {
  resource: string;
  event: string;
  onChange: (chosen: { resource: string; event: string }) => void;
}

export function EventSelects({ resource, event, onChange }: EventSelectsProps) {
  const { resources } = useLabels();
  const events = resources.find(({ name }) => name === resource)?.events ?? [];
  return (
    <>
      <Select
        aria-label="Resource"
        placeholder="Any resource"
        clearable
        searchable
        clearButtonProps={{ 'aria-label': 'Any resource' }}
        w={{ base: 'calc(50% - 5px)', xs: 150 }}
        data={optionsOf(resources, resource)}
        value={resource || null}
        onChange={(name) => onChange({ resource: name ?? '', event: '' })}
      />
      <Select
        aria-label="Event"
        placeholder="Any event"
        title={resource === '' ? 'Choose a resource first: its events depend on it' : undefined}
        clearable
        disabled={resource === '' && event === ''}
        clearButtonProps={{ 'aria-label': 'Any event' }}
        w={{ base: 'calc(50% - 5px)', xs: 150 }}
        data={optionsOf(events, event)}
        value={event || null}
        onChange={(name) => onChange({ resource, event: name ?? '' })}
      />
    </>
  );
}

/** A name in the address that the catalog does not hold (any more) is an option all the same. */
function optionsOf(known: readonly { name: string; label: string }[], chosen: string) {
  const all =
    chosen === '' || known.some(({ name }) => name === chosen)
      ? known
      : [...known, { name: chosen, label: chosen }];
  return all.map(({ name, label }) => ({ value: name, label }));
}
