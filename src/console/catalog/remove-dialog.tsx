/** Removes a resource, after saying what becomes of the triggers on it. */
import { Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import { ConsoleResourceRemoveDocument } from '../gql/graphql.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

interface RemoveDialogProps {
  resource: { name: string; label: string };
  opened: boolean;
  onClose: () => void;
  onRemoved: () => void;
}

export function RemoveDialog({ resource: { name, label }, opened, onClose, onRemoved }: RemoveDialogProps) {
  const [, remove] = useMutation(ConsoleResourceRemoveDocument);

  async function confirm(): Promise<string | null> {
    const { data, error } = await remove({ name });
    const trouble = troubleOf(error, data?.resourceRemove);
    if (trouble !== null) return trouble;
    notifications.show({ message: `The resource ${label} is removed.` });
    onRemoved();
    return null;
  }

  return (
    <ConfirmDialog
      opened={opened}
      title="Remove resource"
      confirmLabel="Remove"
      onConfirm={confirm}
      onClose={onClose}
    >
      <Text>
        Remove <b>{label}</b> ({name}) with all its events?
      </Text>
      <Text size="sm">
        Events of it can no longer be published. Triggers on it are kept and become inactive; they come back
        by themselves when a resource of this name is registered again. Deliveries that wait are still sent.
      </Text>
    </ConfirmDialog>
  );
}
