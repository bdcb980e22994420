/** The events of a resource as rows of its form. */
import { Button, Fieldset, Group, SimpleGrid, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useRef } from 'react';

import classes from './model-field.module.css';
import { type FormValues, newEvent } from './resource-values.ts';

export function EventRows({ form }: { form: UseFormReturnType<FormValues> }) {
  const { events } = form.values;
  const add = useRef<HTMLButtonElement>(null);

  function remove(index: number): void {
    form.removeListItem('events', index);
    // The button that had the focus is gone.
    add.current?.focus();
  }

  return (
    <Stack>
      {typeof form.errors['events'] === 'string' && (
        <Text size="sm" c="var(--mantine-color-error)" data-path="events" tabIndex={-1}>
          {form.errors['events']}
        </Text>
      )}
      {events.map((event, index) => (
        <Fieldset key={event.key} legend={`Event ${index + 1}${event.label ? `: ${event.label}` : ''}`}>
          <Stack>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput
                label="Name"
                description="As events and triggers use it, such as create."
                required
                autoComplete="off"
                spellCheck={false}
                {...form.getInputProps(`events.${index}.name`)}
              />
              <TextInput
                label="Label"
                description="What people read."
                required
                {...form.getInputProps(`events.${index}.label`)}
              />
            </SimpleGrid>
            <TextInput label="When it happens" {...form.getInputProps(`events.${index}.description`)} />
            <Textarea
              label="Example"
              description="JSON that follows the model. Leave it empty to have one made."
              autosize
              minRows={2}
              maxRows={16}
              spellCheck={false}
              classNames={{ input: classes['code']!, error: classes['error']! }}
              {...form.getInputProps(`events.${index}.example`)}
            />
            <Group justify="space-between">
              <Switch
                label="The host sends it"
                description="While it does not, triggers on it stay inactive."
                {...form.getInputProps(`events.${index}.supported`, { type: 'checkbox' })}
              />
              <Button
                variant="default"
                size="compact-md"
                leftSection={<IconTrash aria-hidden size={15} />}
                aria-label={`Remove event ${index + 1}${event.label ? `, ${event.label}` : ''}`}
                onClick={() => remove(index)}
              >
                Remove
              </Button>
            </Group>
          </Stack>
        </Fieldset>
      ))}
      <Group>
        <Button
          ref={add}
          variant="default"
          leftSection={<IconPlus aria-hidden size={16} />}
          onClick={() => form.insertListItem('events', newEvent())}
        >
          Add event
        </Button>
      </Group>
    </Stack>
  );
}
