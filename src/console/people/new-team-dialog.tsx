/** The dialog for a new team: its name; members are added in its own dialog, which opens next. */
import { Button, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useMutation } from 'urql';

import { problemsOf } from '../api/outcome.ts';
import { ConsoleTeamCreateDocument } from '../gql/graphql.ts';
import { useFormProblems } from '../ui/form-problems.ts';
import { ProblemSummary } from '../ui/problem-summary.tsx';

interface NewTeamDialogProps {
  opened: boolean;
  onClose: () => void;
  onCreated: (id: string) => void;
}

export function NewTeamDialog({ opened, onClose, onCreated }: NewTeamDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="New team">
      <NewTeamForm onClose={onClose} onCreated={onCreated} />
    </Modal>
  );
}

function NewTeamForm({ onClose, onCreated }: Omit<NewTeamDialogProps, 'opened'>) {
  const [, create] = useMutation(ConsoleTeamCreateDocument);
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { name: '' } });
  const problems = useFormProblems(form);

  async function submit(values: typeof form.values): Promise<void> {
    setBusy(true);
    problems.clear();
    const { data, error } = await create({ input: values });
    setBusy(false);
    const found = problemsOf(error, data?.teamCreate);
    const team = data?.teamCreate?.team;
    if (found.length > 0 || !team) problems.show(found);
    else onCreated(team.id);
  }

  return (
    <form onSubmit={form.onSubmit(submit)} noValidate>
      <Stack>
        <ProblemSummary problems={problems} />
        <TextInput
          label="Name"
          description="Up to 200 characters. You add its members next."
          required
          data-autofocus
          {...form.getInputProps('name')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Create team
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
