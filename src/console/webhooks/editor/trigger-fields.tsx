/** What fires a webhook: a row for each event of a resource; one of them is enough. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useCallback, useRef } from 'react';

import { isBuiltIn } from '../../catalog/built-in.tsx';
import { LoadingState } from '../../ui/states.tsx';
import { useCatalog } from './catalog-choice.ts';
import { newTrigger, type TriggerValues, type WebhookForm } from './form.ts';
import { LIMITS } from './limits.ts';
import { errorsBelow } from './problems.ts';
import { useRowList } from './row-list.ts';
import { TriggerRow } from './trigger-row.tsx';

/** The fields of step 3; form is the whole webhook's. */
export function TriggerFields({ form }: { form: WebhookForm }) {
  const { triggers } = form.values;
  const { catalog, failed, retry } = useCatalog();
  const list = useRowList(form, 'triggers', { first: 'resource', name: 'Trigger' });
  const latest = useRef({ form, list });
  latest.current = { form, list };
  // Stable, so that typing into one row does not draw the others again.
  const change = useCallback((index: number, patch: Partial<TriggerValues>) => {
    const { form: now } = latest.current;
    now.setFieldValue(`triggers.${index}`, (row: TriggerValues) => ({ ...row, ...patch }));
    for (const key of Object.keys(patch)) now.clearFieldError(`triggers.${index}.${key}`);
  }, []);
  const remove = useCallback((index: number) => latest.current.list.remove(index), []);
  const full = triggers.length >= LIMITS.triggers;
  if (failed)
    return (
      <Alert color="red" role="alert" title="The catalog could not be loaded">
        <Button variant="default" onClick={retry}>
          Try again
        </Button>
      </Alert>
    );
  if (catalog === null) return <LoadingState what="the catalog" />;
  return (
    <Stack gap="md">
      {catalog.every(isBuiltIn) && (
        <Alert title="Nothing of the host application yet">
          No resource is registered yet, so there is nothing of it to choose: the host application registers
          its resources with resourceRegister.
        </Alert>
      )}
      {triggers.map((row, index) => (
        <TriggerRow
          key={row.key}
          row={row}
          index={index}
          only={triggers.length === 1}
          catalog={catalog}
          errors={errorsBelow(form.errors, `triggers.${index}`)}
          onChange={change}
          onRemove={remove}
        />
      ))}
      {form.errors['triggers'] !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)">
          {form.errors['triggers']}
        </Text>
      )}
      <Group>
        <Button
          variant="default"
          data-field="triggers"
          leftSection={<IconPlus aria-hidden size={16} />}
          disabled={full}
          onClick={() => list.add(newTrigger())}
        >
          ADD ANOTHER TRIGGER
        </Button>
        <Text size="sm" c="dimmed">
          {full
            ? `${LIMITS.triggers} triggers are the most a webhook may have.`
            : 'Optional: any one of them fires, and an event is sent once.'}
        </Text>
      </Group>
    </Stack>
  );
}
