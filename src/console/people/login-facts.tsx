/** Who a login is: shown, and edited in place by whoever stands above it. */
import { Anchor, Button, Checkbox, Group, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useMutation } from 'urql';

import { problemsOf } from '../api/outcome.ts';
import { ConsoleLoginUpdateDocument } from '../gql/graphql.ts';
import { useViewer } from '../session/viewer.tsx';
import { Facts } from '../ui/facts.tsx';
import { useFormProblems } from '../ui/form-problems.ts';
import { LoginName } from '../ui/login-name.tsx';
import { ProblemSummary } from '../ui/problem-summary.tsx';
import { Section } from '../ui/section.tsx';
import { Time } from '../ui/time.tsx';
import type { LoginDetails } from './use-login.ts';

export function LoginFactsSection({ login, editable }: { login: LoginDetails; editable: boolean }) {
  const [editing, setEditing] = useState(false);
  const { number, email, isAccount, account, createdAt } = login;
  return (
    <Section
      title="About"
      actions={
        editable &&
        !editing && (
          <Button
            variant="default"
            size="compact-md"
            leftSection={<IconPencil aria-hidden size={15} />}
            onClick={() => setEditing(true)}
          >
            Edit
          </Button>
        )
      }
    >
      {editing ? (
        <FactsForm login={login} onDone={() => setEditing(false)} />
      ) : (
        <Facts
          rows={[
            ['Number', number],
            ['E-mail', email || 'None'],
            [
              'Account',
              isAccount ? (
                'It is an account itself'
              ) : (
                <Anchor component={Link} to={`/logins/${account.id}`} size="sm">
                  <LoginName login={account} />
                </Anchor>
              ),
            ],
            ['Created', <Time key="created" at={createdAt} full />],
          ]}
        />
      )}
    </Section>
  );
}

function FactsForm({ login, onDone }: { login: LoginDetails; onDone: () => void }) {
  const viewer = useViewer();
  const [, update] = useMutation(ConsoleLoginUpdateDocument);
  const [busy, setBusy] = useState(false);
  const { name, email, isAccount } = login;
  const form = useForm({ initialValues: { name, email, isAccount } });
  const problems = useFormProblems(form);
  const own = login.id === viewer.id;

  async function submit(values: typeof form.values): Promise<void> {
    setBusy(true);
    problems.clear();
    // Only what was changed here: others may have changed the rest meanwhile.
    const changed = Object.fromEntries(
      Object.entries(values).filter(([field, value]) => value !== form.getInitialValues()[field as 'name']),
    );
    const { data, error } = await update({ id: login.id, input: changed });
    setBusy(false);
    const found = problemsOf(error, data?.loginUpdate);
    if (found.length > 0) return problems.show(found);
    notifications.show({ message: `${values.name} is saved.` });
    onDone();
  }

  return (
    <form onSubmit={form.onSubmit(submit)} noValidate>
      <Stack maw={520}>
        <ProblemSummary
          problems={problems}
          label={(path) => ({ name: 'Name', email: 'E-mail address' })[path] ?? null}
        />
        <TextInput
          label="Name"
          description="Up to 200 characters."
          required
          autoFocus
          {...form.getInputProps('name')}
        />
        <TextInput
          label="E-mail address"
          description="Leave it empty for a program."
          type="email"
          {...form.getInputProps('email')}
        />
        <Checkbox
          label="This is an account"
          description={
            own
              ? 'Nobody may change which account they act in.'
              : 'An account owns webhooks and teams. What is made from now on, here and below, belongs to it.'
          }
          disabled={own}
          {...form.getInputProps('isAccount', { type: 'checkbox' })}
        />
        <Group>
          <Button type="submit" loading={busy}>
            Save
          </Button>
          <Button variant="default" onClick={onDone} disabled={busy}>
            Cancel
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
