/** The dialog that makes an access token and shows its value, this once. */
import { Button, Group, Modal, Select, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { useClient } from 'urql';

import { problemsOf } from '../api/outcome.ts';
import { ConsoleAccessTokenCreateDocument, type Permission } from '../gql/graphql.ts';
import { PermissionBoxes } from '../people/permission-boxes.tsx';
import { useViewer } from '../session/viewer.tsx';
import { useFormProblems } from '../ui/form-problems.ts';
import { ProblemSummary } from '../ui/problem-summary.tsx';
import { TokenValue } from './token-value.tsx';

/** How long a token lives, hours; no number: until it is revoked. */
const ENDS: readonly { value: string; label: string; hours: number | null }[] = [
  { value: 'hour', label: 'In 1 hour', hours: 1 },
  { value: 'day', label: 'In 24 hours', hours: 24 },
  { value: 'month', label: 'In 30 days', hours: 30 * 24 },
  { value: 'quarter', label: 'In 90 days', hours: 90 * 24 },
  { value: 'year', label: 'In a year', hours: 365 * 24 },
  { value: 'never', label: 'Never by itself', hours: null },
];

const LABELS: Record<string, string> = { name: 'Name', permissions: 'It may', expiresAt: 'It ends' };

interface TokenDialogProps {
  opened: boolean;
  onClose: () => void;
  onMade: () => void;
  /** Whose token it will be; the viewer's own when left out. */
  holder?: { id: string; name: string; permissions: readonly Permission[] };
}

export function TokenDialog({ opened, onClose, ...rest }: TokenDialogProps) {
  // The value lives in this state alone, and only while the dialog is open.
  const [made, setMade] = useState<{ name: string; value: string } | null>(null);
  function close(): void {
    setMade(null);
    onClose();
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made === null ? 'New access token' : 'Your new access token'}
      size="lg"
      closeOnClickOutside={made === null}
      closeOnEscape={made === null}
    >
      {made === null ? (
        <TokenForm {...rest} onClose={close} onShow={setMade} />
      ) : (
        <TokenValue {...made} onDone={close} />
      )}
    </Modal>
  );
}

type TokenFormProps = Omit<TokenDialogProps, 'opened'> & {
  onShow: (made: { name: string; value: string }) => void;
};

function TokenForm({ holder, onClose, onMade, onShow }: TokenFormProps) {
  const viewer = useViewer();
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { name: '', permissions: [] as Permission[], expiresAt: 'month' },
  });
  const problems = useFormProblems(form, (path) => (path.startsWith('permissions') ? 'permissions' : path));

  function reason(permission: Permission): string | null {
    if (holder && !holder.permissions.includes(permission)) return `${holder.name} does not hold it.`;
    return viewer.permissions.includes(permission) ? null : 'You do not hold it.';
  }

  async function submit({ name, permissions, expiresAt }: typeof form.values): Promise<void> {
    setBusy(true);
    problems.clear();
    const hours = ENDS.find(({ value }) => value === expiresAt)?.hours ?? null;
    const input = {
      name,
      permissions,
      expiresAt: hours === null ? null : new Date(Date.now() + hours * 3_600_000).toISOString(),
      ...(holder ? { loginId: holder.id } : {}),
    };
    // Not by useMutation, which would keep the value in its state.
    const { data, error } = await client.mutation(ConsoleAccessTokenCreateDocument, { input }).toPromise();
    setBusy(false);
    const found = problemsOf(error, data?.accessTokenCreate);
    const value = data?.accessTokenCreate?.value;
    if (found.length > 0 || !value) return problems.show(found);
    onMade();
    onShow({ name, value });
  }

  return (
    <form onSubmit={form.onSubmit(submit)} noValidate>
      <Stack>
        <ProblemSummary problems={problems} label={(path) => LABELS[path] ?? null} />
        <TextInput
          label="Name"
          description="What it is for, so that you know later which one to revoke. Up to 200 characters."
          required
          data-autofocus
          {...form.getInputProps('name')}
        />
        <PermissionBoxes
          label="It may"
          value={form.values.permissions}
          onChange={(value) => form.setFieldValue('permissions', value)}
          reason={reason}
          error={form.errors['permissions'] as string | undefined}
        />
        <Select
          label="It ends"
          description="A token that you make lives no longer than the one that you signed in with."
          data={ENDS.map(({ value, label }) => ({ value, label }))}
          allowDeselect={false}
          {...form.getInputProps('expiresAt')}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={busy}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            Make token
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
