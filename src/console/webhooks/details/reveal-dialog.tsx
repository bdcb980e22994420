/** Shows a signing secret again: asks first, since it is written to the audit log, and forgets it when it is closed. */
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core';
import { IconClipboardList } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';

import { troubleOf } from '../../api/outcome.ts';
import { WebhookDetailsRevealSecretDocument } from '../../gql/graphql.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import classes from './details.module.css';
import type { DetailedEndpoint } from './use-webhook.ts';

interface RevealDialogProps {
  endpoint: DetailedEndpoint;
  /** "endpoint 2". */
  name: string;
  opened: boolean;
  onClose: () => void;
}

export function RevealDialog({ endpoint, name, opened, onClose }: RevealDialogProps) {
  return (
    <Modal opened={opened} onClose={onClose} title="Reveal signing secret" size="lg">
      {/* The value lives in here alone, and only while the dialog is open. */}
      <Reveal endpoint={endpoint} name={name} onClose={onClose} />
    </Modal>
  );
}

function Reveal({ endpoint, name, onClose }: Pick<RevealDialogProps, 'endpoint' | 'name' | 'onClose'>) {
  const client = useClient();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  const [value, setValue] = useState<string | null>(null);
  const done = useRef<HTMLButtonElement>(null);
  // The button that had the focus is gone.
  useEffect(() => {
    if (value !== null) done.current?.focus();
  }, [value]);

  async function reveal(): Promise<void> {
    setBusy(true);
    // Not by useMutation, which would keep the value in its state.
    const { data, error } = await client
      .mutation(WebhookDetailsRevealSecretDocument, { id: endpoint.id })
      .toPromise();
    setBusy(false);
    const payload = data?.endpointRevealSecret;
    setTrouble(troubleOf(error, payload));
    setValue(payload?.revealed?.value ?? null);
  }

  if (value !== null)
    return (
      <Stack>
        <Text size="sm">
          The signing secret of {name}, <b className={classes['wrap']}>{endpoint.target}</b>. It is hidden
          again when you close this.
        </Text>
        <CodeBlock text={value} label={`the signing secret of ${name}`} />
        <Group justify="flex-end">
          <Button ref={done} onClick={onClose}>
            Close
          </Button>
        </Group>
      </Stack>
    );
  return (
    <Stack>
      {trouble !== null && (
        <Alert color="red" role="alert" title="That did not work">
          {trouble}
        </Alert>
      )}
      <Text>
        Show the signing secret of {name}, <b className={classes['wrap']}>{endpoint.target}</b>?
      </Text>
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <IconClipboardList aria-hidden size={18} style={{ flex: 'none', marginTop: 2 }} />
        <Text size="sm">
          That you looked at it is written to the audit log, with your name and the time. Whoever has the
          secret can send requests that your receiver takes for genuine.
        </Text>
      </Group>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} disabled={busy} data-autofocus>
          Cancel
        </Button>
        <Button loading={busy} onClick={() => void reveal()}>
          Reveal
        </Button>
      </Group>
    </Stack>
  );
}
