/** What a login may do: granted and taken back by whoever holds it and stands above. */
import { Alert, Button, Group, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useMutation } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import { ConsoleLoginUpdateDocument, type Permission } from '../gql/graphql.ts';
import { useSession } from '../session/viewer.tsx';
import { Section } from '../ui/section.tsx';
import { PermissionBoxes } from './permission-boxes.tsx';
import type { LoginDetails } from './use-login.ts';

export function LoginPermissions({ login, editable }: { login: LoginDetails; editable: boolean | null }) {
  const { viewer, refresh } = useSession();
  const [, update] = useMutation(ConsoleLoginUpdateDocument);
  const held = login.permissions;
  const [draft, setDraft] = useState<Permission[] | null>(null);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const chosen = draft ?? held;
  const changed =
    draft !== null && !(draft.length === held.length && draft.every((one) => held.includes(one)));

  function reason(permission: Permission): string | null {
    // Not known yet: no reason for a moment.
    if (editable === null) return '';
    if (!editable) return 'You may not change this login.';
    if (!viewer.permissions.includes(permission))
      return held.includes(permission)
        ? 'You do not hold it, so you cannot take it back.'
        : 'You do not hold it, so you cannot grant it.';
    return null;
  }

  async function save(): Promise<void> {
    setBusy(true);
    const { data, error } = await update({ id: login.id, input: { permissions: chosen } });
    setBusy(false);
    const found = troubleOf(error, data?.loginUpdate);
    setTrouble(found);
    if (found !== null) return;
    setDraft(null);
    notifications.show({ message: `The permissions of ${login.name} are saved.` });
    if (login.id === viewer.id) refresh();
  }

  return (
    <Section
      title="Permissions"
      description="What is granted or taken back counts from the next request on. Its access tokens never carry more than it holds."
    >
      <Stack>
        {trouble !== null && (
          <Alert color="red" role="alert" title="This was not saved">
            {trouble}
          </Alert>
        )}
        <PermissionBoxes label="It may" value={chosen} onChange={setDraft} reason={reason} />
        {login.id === viewer.id && chosen.length < held.length && (
          <Alert color="orange" role="status" title="These are your own permissions">
            What you take from yourself only somebody above you can give back.
          </Alert>
        )}
        {editable && (
          <Group>
            <Button onClick={() => void save()} loading={busy} disabled={!changed}>
              Save permissions
            </Button>
            {changed && (
              <Button variant="default" onClick={() => setDraft(null)} disabled={busy}>
                Discard
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Section>
  );
}
