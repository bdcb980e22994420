/** The filters above the list of events. */
import { Button, Group, Select, Stack } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconFilterOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useQuery } from 'urql';

import { EventSelects } from '../catalog/event-selects.tsx';
import type { Within } from '../deliveries/filter-params.ts';
import { EventLoginDocument, EventLoginsDocument } from '../gql/graphql.ts';
import { SearchField } from '../ui/search-field.tsx';
import { TimeSpanFields, TimeSpanSelect } from '../ui/time-span.tsx';
import type { EventFilter } from './use-event-filter.ts';

const TYPING_MS = 200;

export function EventFilters({ by }: { by: EventFilter }) {
  const { chosen, change, filtered, clear } = by;
  const changeSpan = ({ within, ...ends }: { within: string | null; from: string; to: string }): void =>
    change({ within: within as Within | null, ...ends });
  return (
    <Stack gap="xs">
      <Group gap="xs" align="flex-start">
        <SearchField label="Entity id" value={chosen.entity} onChange={(entity) => change({ entity })} />
        <TimeSpanSelect value={chosen} onChange={changeSpan} />
        <EventSelects resource={chosen.resource} event={chosen.event} onChange={change} />
        <Select
          aria-label="Delivered"
          placeholder="Any outcome"
          clearable
          clearButtonProps={{ 'aria-label': 'Any outcome' }}
          w={{ base: 'calc(50% - 5px)', xs: 150 }}
          data={[
            { value: 'yes', label: 'Delivered' },
            { value: 'no', label: 'Not delivered' },
          ]}
          value={chosen.delivered}
          onChange={(value) => change({ delivered: value })}
        />
        <LoginSelect value={chosen.login} onChange={(login) => change({ login })} />
        {filtered && (
          <Button variant="subtle" leftSection={<IconFilterOff aria-hidden size={15} />} onClick={clear}>
            Clear filters
          </Button>
        )}
      </Group>
      <TimeSpanFields value={chosen} onChange={changeSpan} />
    </Stack>
  );
}

/** Whose activity: one of the logins that the caller may see, found by what is typed. */
function LoginSelect({ value, onChange }: { value: string; onChange: (login: string) => void }) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, TYPING_MS);
  const [{ data: found }] = useQuery({ query: EventLoginsDocument, variables: { search } });
  const [{ data: named }] = useQuery({
    query: EventLoginDocument,
    variables: { id: value },
    pause: value === '',
    requestPolicy: 'cache-first',
  });
  const logins = [...(found?.logins?.nodes ?? [])];
  const chosen = named?.node && 'number' in named.node ? named.node : null;
  if (value !== '' && !logins.some(({ id }) => id === value))
    logins.unshift(chosen?.id === value ? chosen : { id: value, number: 0, name: 'Unknown login' });
  return (
    <Select
      aria-label="Login"
      placeholder="Any login"
      clearable
      searchable
      clearButtonProps={{ 'aria-label': 'Any login' }}
      w={{ base: 'calc(50% - 5px)', xs: 150 }}
      nothingFoundMessage="No such login"
      // The server has searched; names and addresses alike.
      filter={({ options }) => options}
      data={logins.map(({ id, number, name }) => ({
        value: id,
        label: number > 0 ? `${name} #${number}` : name,
      }))}
      value={value || null}
      onSearchChange={(text) => setTyped(/ #\d+$/.test(text) ? '' : text)}
      onChange={(login) => onChange(login ?? '')}
    />
  );
}
