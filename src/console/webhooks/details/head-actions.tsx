/** What can be done with the whole webhook: test it, switch it on or off, delete it. */
import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlayerPause, IconPlayerPlay, IconSend, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useNavigate } from 'react-router';

import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { type Deletable, DeleteDialog } from '../delete-dialog.tsx';
import { useSwitch } from './use-switch.ts';
import type { DetailedWebhook } from './use-webhook.ts';

interface HeadActionsProps {
  webhook: DetailedWebhook;
  onTest: () => void;
  onChanged: (webhook: DetailedWebhook) => void;
  onDeleting: () => void;
}

export function HeadActions({ webhook, onTest, onChanged, onDeleting }: HeadActionsProps) {
  const [deleting, setDeleting] = useState<Deletable | null>(null);
  const [disabling, setDisabling] = useState(false);
  const { busy, turn } = useSwitch(webhook, onChanged);
  const navigate = useNavigate();
  const off = webhook.status === 'DISABLED' || webhook.status === 'AUTO_DISABLED';

  async function enable(): Promise<void> {
    const failed = await turn(true);
    if (failed !== null)
      notifications.show({ color: 'red', title: 'The webhook could not be switched on', message: failed });
  }

  return (
    <>
      <Button variant="default" leftSection={<IconSend aria-hidden size={16} />} onClick={onTest}>
        Send test
      </Button>
      {off ? (
        <Button
          leftSection={<IconPlayerPlay aria-hidden size={16} />}
          loading={busy}
          onClick={() => void enable()}
        >
          Enable
        </Button>
      ) : (
        <Button
          variant="default"
          leftSection={<IconPlayerPause aria-hidden size={16} />}
          onClick={() => setDisabling(true)}
        >
          Disable
        </Button>
      )}
      <Button
        variant="default"
        c="red"
        leftSection={<IconTrash aria-hidden size={16} />}
        onClick={() => setDeleting(webhook)}
      >
        Delete
      </Button>
      <ConfirmDialog
        opened={disabling}
        title="Disable Webhook"
        confirmLabel="Disable"
        onConfirm={() => turn(false)}
        onClose={() => setDisabling(false)}
      >
        <Text>
          Disable webhook {webhook.number}, <b>{webhook.name}</b>?
        </Text>
        <Text size="sm" c="dimmed">
          Deliveries that wait are cancelled, those for a further try as well. What happens while it is off is
          not made up for when you enable it again.
        </Text>
      </ConfirmDialog>
      <DeleteDialog
        webhook={deleting}
        onClose={() => setDeleting(null)}
        onDeleted={() => {
          onDeleting();
          void navigate('/webhooks', { replace: true });
        }}
      />
    </>
  );
}
