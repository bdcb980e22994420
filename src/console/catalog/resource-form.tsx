/** The form of a resource, new or not: name, words, model, events. The server checks all of it at once. */
import { Button, Group, Stack, Switch, Textarea, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useMutation } from 'urql';

import { problemsOf } from '../api/outcome.ts';
import type { Problem } from '../api/problems.ts';
import { ConsoleResourceRegisterDocument, type ResourceDetailsFragment } from '../gql/graphql.ts';
import { useFormProblems } from '../ui/form-problems.ts';
import { ProblemSummary } from '../ui/problem-summary.tsx';
import { Section } from '../ui/section.tsx';
import { EventRows } from './event-rows.tsx';
import { ModelField } from './model-field.tsx';
import { resourceAddress } from './resource-address.ts';
import { type FormValues, newEvent, readExample, toInput } from './resource-values.ts';
import type { Registered } from './switched-triggers.tsx';

/** A resource as its page and its form show it. */
export type Resource = ResourceDetailsFragment;

export function ResourceForm({ resource, onCancel }: { resource: Resource | null; onCancel: () => void }) {
  const navigate = useNavigate();
  const [, register] = useMutation(ConsoleResourceRegisterDocument);
  const [busy, setBusy] = useState(false);
  const form = useForm<FormValues>({ initialValues: valuesOf(resource) });
  const problems = useFormProblems(form, fieldOf);

  async function submit(values: FormValues): Promise<void> {
    problems.clear();
    const unread = values.events.flatMap(({ example }, index): Problem[] => {
      const trouble = readExample(example).trouble;
      return trouble === null
        ? []
        : [{ code: 'INVALID', field: ['events', String(index), 'example'], message: trouble }];
    });
    if (unread.length > 0) return problems.show(unread);
    setBusy(true);
    const { data, error } = await register({ input: toInput(values) });
    setBusy(false);
    const answer = data?.resourceRegister;
    const found = problemsOf(error, answer);
    if (found.length > 0 || !answer?.resource) return problems.show(found.map(withPlace));
    const registered: Registered = { count: answer.affectedTriggerCount, triggers: answer.affectedTriggers };
    void navigate(resourceAddress(answer.resource.name), {
      replace: resource !== null,
      state: { registered },
    });
  }

  return (
    <form onSubmit={form.onSubmit(submit)} noValidate>
      <Stack>
        <ProblemSummary problems={problems} label={labelOf} />
        <Section title="Resource">
          <Stack maw={640}>
            <TextInput
              label="Name"
              description={
                resource
                  ? 'Events and triggers use it, so it stays.'
                  : 'The name that events and triggers use: small letters, digits, dots, hyphens and underscores, such as orders.'
              }
              required
              readOnly={resource !== null}
              autoComplete="off"
              spellCheck={false}
              {...form.getInputProps('name')}
            />
            <TextInput
              label="Label"
              description="What people read. Up to 200 characters."
              required
              {...form.getInputProps('label')}
            />
            <Textarea
              label="Description"
              description="Up to 2,000 characters."
              autosize
              minRows={2}
              maxRows={8}
              {...form.getInputProps('description')}
            />
            <Switch
              label="Webhooks may listen to it"
              description="Where they may not, triggers on it are kept and stay inactive."
              {...form.getInputProps('allowed', { type: 'checkbox' })}
            />
          </Stack>
        </Section>
        <Section title="Model">
          <ModelField form={form} />
        </Section>
        <Section title="Events" description="All of them: an event that is not listed any more is removed.">
          <EventRows form={form} />
        </Section>
        <Group>
          <Button type="submit" loading={busy}>
            {resource ? 'Save resource' : 'Register resource'}
          </Button>
          <Button variant="default" onClick={onCancel} disabled={busy}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function valuesOf(resource: Resource | null): FormValues {
  if (resource === null)
    return {
      name: '',
      label: '',
      description: '',
      model: '',
      allowed: true,
      events: [
        { ...newEvent(), name: 'create', label: 'Created' },
        { ...newEvent(), name: 'update', label: 'Updated' },
      ],
    };
  const { name, label, description, model, allowed, events } = resource;
  return {
    ...{ name, label, description, model, allowed },
    events: events.map((event) => ({
      ...newEvent(),
      name: event.name,
      label: event.label,
      description: event.description,
      supported: event.supported,
      example: JSON.stringify(event.examplePayload, null, 2),
    })),
  };
}

/** The field that shows a problem of the input: what is wrong inside an example stands at the example. */
function fieldOf(path: string): string {
  return path.replace(/^(events\.\d+)\.examplePayload.*$/, '$1.example');
}

/** Inside an example the path says where, and would else be lost. */
function withPlace(problem: Problem): Problem {
  const [list, , part, ...inside] = problem.field ?? [];
  if (list !== 'events' || part !== 'examplePayload' || inside.length === 0) return problem;
  return { ...problem, message: `${inside.join('.')}: ${problem.message}` };
}

function labelOf(path: string): string | null {
  const [field = '', index, part] = path.split('.');
  const names: Record<string, string> = {
    name: 'Name',
    label: 'Label',
    description: 'Description',
    model: 'Model',
    example: 'Example',
    events: 'Events',
  };
  if (part !== undefined) return `Event ${Number(index) + 1}, ${names[part]?.toLowerCase() ?? part}`;
  return names[field] ?? null;
}
