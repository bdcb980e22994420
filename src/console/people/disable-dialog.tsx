/** Locks a login out, or lets it in again, after saying what follows. */
import { List, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import { ConsoleLoginUpdateDocument } from '../gql/graphql.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

interface DisableDialogProps {
  login: { id: string; number: number; name: string; disabled: boolean };
  opened: boolean;
  onClose: () => void;
}

export function DisableDialog({ login, opened, onClose }: DisableDialogProps) {
  const [, update] = useMutation(ConsoleLoginUpdateDocument);
  const { disabled, name } = login;

  async function confirm(): Promise<string | null> {
    const { data, error } = await update({ id: login.id, input: { disabled: !disabled } });
    const trouble = troubleOf(error, data?.loginUpdate);
    if (trouble === null)
      notifications.show({ message: `${name} is ${disabled ? 'enabled' : 'disabled'} now.` });
    return trouble;
  }

  return (
    <ConfirmDialog
      opened={opened}
      title={disabled ? 'Enable login' : 'Disable login'}
      confirmLabel={disabled ? 'Enable' : 'Disable'}
      danger={!disabled}
      onConfirm={confirm}
      onClose={onClose}
    >
      <Text>
        {disabled ? 'Let' : 'Lock'} login {login.number}, <b>{name}</b>, {disabled ? 'in again?' : 'out?'}
      </Text>
      {disabled ? (
        <Text size="sm">
          Its access tokens work again. Browsers that were signed in stay signed out, until it signs in anew.
        </Text>
      ) : (
        <List size="sm" spacing={4}>
          <List.Item>Its access tokens are refused from now on.</List.Item>
          <List.Item>
            Its open pages and live connections are closed, and its browsers are signed out.
          </List.Item>
          <List.Item>The webhooks that it made go on: they belong to the account.</List.Item>
          <List.Item>The logins below it are not touched.</List.Item>
        </List>
      )}
    </ConfirmDialog>
  );
}
