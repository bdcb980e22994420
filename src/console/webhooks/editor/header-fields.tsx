/** The headers that every request to an endpoint carries; a secret one is written, and never shown again. */
import { ActionIcon, Button, Group, PasswordInput, Stack, Switch, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { flushSync } from 'react-dom';

import { type HeaderValues, newHeader } from './endpoint-values.ts';
import classes from './header-fields.module.css';
import { LIMITS } from './limits.ts';
import { focusField } from './problems.ts';

interface HeaderFieldsProps {
  /** The path of the list in the form. */
  at: string;
  headers: HeaderValues[];
  errors: Record<string, string>;
  /** paths are those of the errors that the change may have mended, below the Advanced section. */
  onChange: (headers: HeaderValues[], paths: string[]) => void;
}

export function HeaderFields({ at, headers, errors, onChange }: HeaderFieldsProps) {
  const listError = errors['advanced.headers'];
  const full = headers.length >= LIMITS.headers;

  function change(index: number, patch: Partial<HeaderValues>): void {
    onChange(
      headers.map((header, position) => (position === index ? { ...header, ...patch } : header)),
      Object.keys(patch).map((key) => `headers.${index}.${key}`),
    );
  }

  function add(): void {
    flushSync(() => onChange([...headers, newHeader()], []));
    focusField(`${at}.${headers.length}.name`);
  }

  function remove(index: number): void {
    const all = headers.flatMap((_, position) => [`headers.${position}.name`, `headers.${position}.value`]);
    flushSync(() =>
      onChange(
        headers.filter((_, position) => position !== index),
        all,
      ),
    );
    if (headers.length === 1) focusField(at);
    else focusField(`${at}.${Math.min(index, headers.length - 2)}.name`);
  }

  return (
    <Stack gap="xs" role="group" aria-label="Headers">
      <div>
        <Text size="sm" fw={600}>
          Headers
        </Text>
        <Text size="xs" c="dimmed">
          Sent with every request, {LIMITS.headers} at most. Those of the server itself cannot be set.
        </Text>
      </div>
      {headers.map((header, index) => (
        <HeaderRow
          key={header.key}
          at={`${at}.${index}`}
          number={index + 1}
          header={header}
          nameError={errors[`advanced.headers.${index}.name`]}
          valueError={errors[`advanced.headers.${index}.value`]}
          onChange={(patch) => change(index, patch)}
          onRemove={() => remove(index)}
        />
      ))}
      {listError !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)">
          {listError}
        </Text>
      )}
      <div>
        <Button
          variant="default"
          size="xs"
          data-field={at}
          leftSection={<IconPlus aria-hidden size={14} />}
          disabled={full}
          onClick={add}
        >
          Add a header
        </Button>
      </div>
    </Stack>
  );
}

function HeaderRow(props: {
  at: string;
  number: number;
  header: HeaderValues;
  nameError: string | undefined;
  valueError: string | undefined;
  onChange: (patch: Partial<HeaderValues>) => void;
  onRemove: () => void;
}) {
  const { at, number, header, onChange } = props;
  const value = {
    label: 'Value',
    autoComplete: 'off',
    spellCheck: false,
    'data-field': `${at}.value`,
    value: header.value,
    error: props.valueError,
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => onChange({ value: event.currentTarget.value }),
  };
  return (
    <div className={classes['row']} role="group" aria-label={`Header ${number}`}>
      <TextInput
        label="Name"
        placeholder="X-Source"
        autoComplete="off"
        spellCheck={false}
        data-field={`${at}.name`}
        value={header.name}
        error={props.nameError}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      {header.secret ? (
        <PasswordInput
          {...value}
          aria-invalid={value.error === undefined ? undefined : true}
          placeholder={header.kept ? 'Stored; leave empty to keep it' : ''}
          visibilityToggleButtonProps={{ 'aria-label': 'Show or hide what was typed' }}
        />
      ) : (
        <TextInput {...value} />
      )}
      <Group gap="xs" wrap="nowrap" className={classes['end']}>
        <Switch
          label="Keep secret"
          checked={header.secret}
          onChange={(event) => onChange({ secret: event.currentTarget.checked })}
        />
        <ActionIcon
          variant="subtle"
          color="red"
          size="lg"
          aria-label={`Remove header ${number}`}
          onClick={props.onRemove}
        >
          <IconTrash aria-hidden size={16} />
        </ActionIcon>
      </Group>
    </div>
  );
}
