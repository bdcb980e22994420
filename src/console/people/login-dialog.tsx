/** The dialog for a new login: who it is, where it stands, what it may do. */
import { Button, Checkbox, Group, Modal, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useMutation } from 'urql';

import { problemsOf } from '../api/outcome.ts';
import { ConsoleLoginCreateDocument, type Permission } from '../gql/graphql.ts';
import { useViewer } from '../session/viewer.tsx';
import { useFormProblems } from '../ui/form-problems.ts';
import { ProblemSummary } from '../ui/problem-summary.tsx';
import { LoginSelect } from './login-select.tsx';
import { PermissionBoxes } from './permission-boxes.tsx';

const LABELS: Record<string, string> = {
  name: 'Name',
  email: 'E-mail address',
  parentId: 'Below',
  permissions: 'Permissions',
};

interface FormValues {
  name: string;
  email: string;
  parentId: string | null;
  isAccount: boolean;
  permissions: Permission[];
}

export function LoginDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="New login" size="lg">
      <LoginForm onClose={onClose} />
    </Modal>
  );
}

function LoginForm({ onClose }: { onClose: () => void }) {
  const viewer = useViewer();
  const navigate = useNavigate();
  const [, create] = useMutation(ConsoleLoginCreateDocument);
  const [busy, setBusy] = useState(false);
  const form = useForm<FormValues>({
    initialValues: { name: '', email: '', parentId: viewer.id, isAccount: false, permissions: [] },
  });
  const problems = useFormProblems(form, (path) => (path.startsWith('permissions') ? 'permissions' : path));

  async function submit(values: FormValues): Promise<void> {
    setBusy(true);
    problems.clear();
    const { data, error } = await create({ input: values });
    setBusy(false);
    const found = problemsOf(error, data?.loginCreate);
    const login = data?.loginCreate?.login;
    if (found.length > 0 || !login) problems.show(found);
    else void navigate(`/logins/${login.id}`);
  }

  return (
    <form onSubmit={form.onSubmit(submit)} noValidate>
      <Stack>
        <ProblemSummary problems={problems} label={(path) => LABELS[path] ?? null} />
        <TextInput
          label="Name"
          description="Up to 200 characters."
          required
          data-autofocus
          {...form.getInputProps('name')}
        />
        <TextInput
          label="E-mail address"
          description="Leave it empty for a program."
          type="email"
          {...form.getInputProps('email')}
        />
        <LoginSelect
          label="Below"
          description="Who stands above manages this login."
          required
          allowDeselect={false}
          known={viewer}
          value={form.values.parentId}
          onChange={(id) => form.setFieldValue('parentId', id)}
          error={form.errors['parentId']}
          data-path="parentId"
        />
        <Checkbox
          label="This is an account"
          description="An account owns webhooks and teams: a branch, or a distribution channel. What happens in it is seen in it and above, nowhere else."
          {...form.getInputProps('isAccount', { type: 'checkbox' })}
        />
        <PermissionBoxes
          label="Permissions"
          value={form.values.permissions}
          onChange={(value) => form.setFieldValue('permissions', value)}
          reason={(permission) =>
            viewer.permissions.includes(permission) ? null : 'You do not hold it, so you cannot grant it.'
          }
          error={form.errors['permissions'] as string | undefined}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Create login
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
