/** The model as text; what the server finds in it names line and column, and a click leads there. */
import { Button, Group, Stack, Textarea } from '@mantine/core';
import type { UseFormReturnType } from '@mantine/form';

import classes from './model-field.module.css';
import type { FormValues } from './resource-values.ts';

export function ModelField({ form }: { form: UseFormReturnType<FormValues> }) {
  const error = form.errors['model'];
  const place = typeof error === 'string' ? /line (\d+), column (\d+)/.exec(error) : null;

  function goTo(): void {
    const field = form.getInputNode<HTMLTextAreaElement, 'model'>('model');
    if (field === null || place === null) return;
    const lines = field.value.split('\n');
    const before = lines.slice(0, Number(place[1]) - 1).reduce((sum, line) => sum + line.length + 1, 0);
    const at = Math.min(before + Number(place[2]) - 1, field.value.length);
    field.focus();
    field.setSelectionRange(at, Math.min(at + 1, field.value.length));
  }

  return (
    <Stack gap="xs">
      <Textarea
        label="GraphQL type definitions"
        description="The first type is the entity, such as type Order { id: ID! total: Float! }. DateTime, URL, JSON and Long are known without a declaration; open maps are fields of type JSON."
        required
        autosize
        minRows={8}
        maxRows={30}
        spellCheck={false}
        autoCapitalize="off"
        classNames={{ input: classes['code']!, error: classes['error']! }}
        {...form.getInputProps('model')}
      />
      {place !== null && (
        <Group>
          <Button variant="default" size="compact-sm" onClick={goTo}>
            Go to line {place[1]}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
