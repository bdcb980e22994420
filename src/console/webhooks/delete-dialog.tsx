/** The dialog "Delete Webhook": names what it deletes, and deletes only on CONFIRM. */
import { Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useRef } from 'react';
import { useMutation } from 'urql';

import { describeError } from '../api/problems.ts';
import { ConsoleWebhookDeleteDocument } from '../gql/graphql.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';

/** What the dialog must know of a webhook. */
export interface Deletable {
  id: string;
  number: number;
  name: string;
}

interface DeleteDialogProps {
  /** Null keeps it closed. */
  webhook: Deletable | null;
  onClose: () => void;
  onDeleted: (id: string) => void;
}

export function DeleteDialog({ webhook, onClose, onDeleted }: DeleteDialogProps) {
  const [, remove] = useMutation(ConsoleWebhookDeleteDocument);
  // The text must not vanish while the dialog fades out.
  const shown = useRef<Deletable | null>(null);
  shown.current = webhook ?? shown.current;

  async function confirm(): Promise<string | null> {
    if (webhook === null) return null;
    const { data, error } = await remove({ id: webhook.id });
    if (error) return describeError(error);
    const problems = data?.webhookDelete?.errors ?? [];
    if (problems.length > 0) return problems.map(({ message }) => message).join(' ');
    notifications.show({ message: `Webhook ${webhook.number}, ${webhook.name}, is deleted.` });
    onDeleted(webhook.id);
    return null;
  }

  return (
    <ConfirmDialog
      opened={webhook !== null}
      title="Delete Webhook"
      confirmLabel="CONFIRM"
      onConfirm={confirm}
      onClose={onClose}
    >
      <Text>
        Delete webhook {shown.current?.number}, <b>{shown.current?.name}</b>?
      </Text>
      <Text size="sm" c="dimmed">
        Nothing more is sent for it, and what waits is cancelled. What was delivered stays in the list of
        deliveries. This cannot be taken back.
      </Text>
    </ConfirmDialog>
  );
}
