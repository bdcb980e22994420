/** A question before something that cannot be taken back: focus is trapped in it, and goes back where it was. */
import { Alert, Button, Group, Modal, Stack } from '@mantine/core';
import { type ReactNode, useState } from 'react';

import { BusyButton } from './busy-button.tsx';

interface ConfirmDialogProps {
  opened: boolean;
  title: string;
  /** What will happen, with the name of the thing. */
  children: ReactNode;
  /** The text of the button that does it. */
  confirmLabel: string;
  /** The text of the button that leaves it. */
  cancelLabel?: string;
  /** Does it; resolves with null when it worked, else with what went wrong. */
  onConfirm: () => Promise<string | null>;
  onClose: () => void;
  danger?: boolean;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { opened, title, children, confirmLabel, onConfirm, onClose, danger = true } = props;
  const { cancelLabel = 'Cancel' } = props;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  function close(): void {
    setProblem(null);
    onClose();
  }

  async function confirm(): Promise<void> {
    setBusy(true);
    setProblem(null);
    const failed = await onConfirm();
    setBusy(false);
    if (failed === null) close();
    else setProblem(failed);
  }

  return (
    <Modal opened={opened} onClose={close} title={title} closeOnClickOutside={!busy} closeOnEscape={!busy}>
      <Stack>
        {problem !== null && (
          <Alert color="red" role="alert" title="That did not work">
            {problem}
          </Alert>
        )}
        {children}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} disabled={busy} data-autofocus>
            {cancelLabel}
          </Button>
          <BusyButton {...(danger ? { color: 'red' } : {})} busy={busy} onClick={() => void confirm()}>
            {confirmLabel}
          </BusyButton>
        </Group>
      </Stack>
    </Modal>
  );
}
