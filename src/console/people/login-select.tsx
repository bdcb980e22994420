/** A field that asks for a login: what is typed is searched among all that the viewer may see. */
import { Select, type SelectProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useRef, useState } from 'react';
import { useQuery } from 'urql';

import { LoginChoicesDocument, type LoginChoicesQuery } from '../gql/graphql.ts';

/** A login to choose. */
export type LoginChoice = NonNullable<LoginChoicesQuery['logins']>['nodes'][number];

const TYPING_MS = 250;

type LoginSelectProps = Omit<SelectProps, 'data' | 'value' | 'onChange'> & {
  value: string | null;
  onChange: (id: string | null, login: LoginChoice | null) => void;
  /** Logins that are not offered. */
  without?: ReadonlySet<string>;
  /** Names the value that was there before anything was searched. */
  known?: { id: string; number: number; name: string } | null;
};

export function LoginSelect({ value, onChange, without, known, ...props }: LoginSelectProps) {
  const [typed, setTyped] = useState('');
  const [search] = useDebouncedValue(typed, TYPING_MS);
  const chosen = useRef<{ id: string; number: number; name: string } | null>(known ?? null);
  const current = chosen.current?.id === value ? chosen.current : known?.id === value ? known : null;
  // The text of what is chosen is no search.
  const looking = current !== null && search === textOf(current) ? '' : search.trim();
  const [{ data, fetching }] = useQuery({ query: LoginChoicesDocument, variables: { search: looking } });
  const found = data?.logins?.nodes ?? [];
  const offered = found.filter(({ id }) => !without?.has(id));
  const options = offered.map((login) => ({ value: login.id, label: textOf(login) }));
  if (current && !options.some((option) => option.value === current.id))
    options.unshift({ value: current.id, label: textOf(current) });
  return (
    <Select
      searchable
      data={options}
      value={value}
      onChange={(id) => {
        const login = found.find((choice) => choice.id === id) ?? null;
        chosen.current = login;
        onChange(id, login);
      }}
      searchValue={typed}
      onSearchChange={setTyped}
      filter={({ options: all }) => all}
      nothingFoundMessage={fetching ? 'Searching …' : 'No login fits'}
      placeholder="Name, address or number"
      comboboxProps={{ withinPortal: true }}
      {...props}
    />
  );
}

function textOf({ name, number }: { name: string; number: number }): string {
  return `${name} #${number}`;
}
