/** The drop-downs of logins and teams: the server searches while one types. */
import { Group, Loader, Select, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { type ReactNode, useState } from 'react';
import { type CombinedError, useQuery } from 'urql';

import { describeError } from '../../api/problems.ts';
import { WizardLoginsDocument, WizardTeamsDocument } from '../../gql/graphql.ts';
import type { Choice } from './form.ts';

interface ScopeSelectProps {
  value: Choice | null;
  error: ReactNode;
  onChange: (choice: Choice | null) => void;
}

const TYPING_PAUSE_MS = 250;

/** "Ann (12)": names need not be unique, numbers are. */
function labelOf({ name, number }: Choice): string {
  return `${name} (${number})`;
}

export function LoginSelect(props: ScopeSelectProps) {
  const [typed, search, setTyped] = useSearch(props.value);
  const [{ data, fetching, error }] = useQuery({ query: WizardLoginsDocument, variables: { search } });
  const logins = data?.logins?.nodes ?? [];
  return (
    <ChoiceSelect
      {...props}
      label="Login"
      field="details.forLogin"
      placeholder="Search by name, mail address or number"
      choices={logins}
      hints={new Map(logins.map(({ id, email }) => [id, email]))}
      typed={typed}
      onType={setTyped}
      fetching={fetching}
      failure={error}
    />
  );
}

export function TeamSelect(props: ScopeSelectProps) {
  const [typed, search, setTyped] = useSearch(props.value);
  const [{ data, fetching, error }] = useQuery({ query: WizardTeamsDocument, variables: { search } });
  return (
    <ChoiceSelect
      {...props}
      label="Team"
      field="details.team"
      placeholder="Search by name or number"
      choices={data?.teams?.nodes ?? []}
      hints={new Map()}
      typed={typed}
      onType={setTyped}
      fetching={fetching}
      failure={error}
    />
  );
}

/** What stands in the field, and what to search for: the label of what is chosen already is no search. */
function useSearch(value: Choice | null): [typed: string, search: string, setTyped: (text: string) => void] {
  const [typed, setTyped] = useState(value === null ? '' : labelOf(value));
  const [search] = useDebouncedValue(
    value !== null && typed === labelOf(value) ? '' : typed.trim(),
    TYPING_PAUSE_MS,
  );
  return [typed, search, setTyped];
}

function ChoiceSelect(
  props: ScopeSelectProps & {
    label: string;
    field: string;
    placeholder: string;
    choices: readonly Choice[];
    hints: ReadonlyMap<string, string>;
    typed: string;
    onType: (text: string) => void;
    fetching: boolean;
    failure: CombinedError | undefined;
  },
) {
  const { value, choices, hints, fetching, failure } = props;
  const known = new Map([...(value ? [value] : []), ...choices].map((choice) => [choice.id, choice]));
  return (
    <Select
      label={props.label}
      required
      searchable
      // Its list would hide the other scopes, where the focus comes since none is chosen.
      openOnFocus={false}
      placeholder={props.placeholder}
      data-field={props.field}
      data={[...known.values()].map((choice) => ({ value: choice.id, label: labelOf(choice) }))}
      value={value?.id ?? null}
      onChange={(id) => props.onChange(id === null ? null : pick(known.get(id)))}
      searchValue={props.typed}
      onSearchChange={props.onType}
      // The server has searched.
      filter={({ options }) => options}
      allowDeselect={false}
      nothingFoundMessage={
        failure ? describeError(failure) : fetching ? 'Searching …' : 'Nothing found that you may see'
      }
      renderOption={({ option }) => (
        <Group gap="xs" justify="space-between" w="100%">
          <span>{option.label}</span>
          {hints.get(option.value) && (
            <Text size="xs" c="dimmed" span>
              {hints.get(option.value)}
            </Text>
          )}
        </Group>
      )}
      {...(fetching ? { rightSection: <Loader size="xs" aria-hidden /> } : {})}
      error={props.error}
    />
  );
}

function pick(choice: Choice | undefined): Choice | null {
  return choice ? { id: choice.id, number: choice.number, name: choice.name } : null;
}
