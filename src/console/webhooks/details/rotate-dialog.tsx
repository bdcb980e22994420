/** Makes a new signing secret: for how long the old one goes on beside it, and the new value, shown this once. */
import { Alert, Button, Group, List, Modal, Radio, Stack, Text } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';

import { freshKey } from '../../api/idempotency-key.ts';
import { troubleOf } from '../../api/outcome.ts';
import { WebhookDetailsRotateSecretDocument } from '../../gql/graphql.ts';
import { CodeBlock } from '../../ui/code-block.tsx';
import classes from './details.module.css';
import type { DetailedEndpoint } from './use-webhook.ts';

/** For how long the old secret signs beside the new one, seconds. */
const GRACE = [
  { seconds: 0, label: 'None', meaning: 'the old one ends at once' },
  { seconds: 3_600, label: '1 hour', meaning: null },
  { seconds: 86_400, label: '24 hours', meaning: null },
  { seconds: 604_800, label: '7 days', meaning: null },
] as const;

/** As the API has it. */
const USUAL_SECONDS = 86_400;

interface RotateDialogProps {
  endpoint: DetailedEndpoint;
  /** "endpoint 2". */
  name: string;
  opened: boolean;
  /** Reads the webhook again. */
  reload: () => Promise<void>;
  onClose: () => void;
}

export function RotateDialog({ opened, onClose, ...rest }: RotateDialogProps) {
  // The value lives in this state alone, and only while the dialog is open.
  const [value, setValue] = useState<string | null>(null);
  const key = rest.endpoint.advanced.signing === 'STANDARD_WEBHOOKS_ED25519';

  function close(): void {
    setValue(null);
    onClose();
  }

  return (
    <Modal
      opened={opened}
      onClose={close}
      title={value === null ? 'Rotate signing secret' : key ? 'The new public key' : 'The new signing secret'}
      size="lg"
      // The value goes by the button, not by a slip.
      withCloseButton={value === null}
      closeOnClickOutside={value === null}
      closeOnEscape={value === null}
    >
      {value === null ? (
        <RotateForm {...rest} onClose={close} onRotated={setValue} />
      ) : (
        <Rotated {...rest} value={value} onDone={close} />
      )}
    </Modal>
  );
}

type RotateFormProps = Omit<RotateDialogProps, 'opened'> & { onRotated: (value: string) => void };

function RotateForm({ endpoint, name, reload, onClose, onRotated }: RotateFormProps) {
  const client = useClient();
  const [grace, setGrace] = useState<number>(USUAL_SECONDS);
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState<string | null>(null);
  // A second try after an answer that never came does not rotate twice.
  const call = useRef({ grace, key: freshKey() });
  if (call.current.grace !== grace) call.current = { grace, key: freshKey() };

  const old = endpoint.advanced.signing === 'STANDARD_WEBHOOKS_HMAC' ? 'secret' : 'key';
  const shared = endpoint.advanced.signing === 'STANDARD_WEBHOOKS_HMAC';

  async function rotate(): Promise<void> {
    setBusy(true);
    setTrouble(null);
    // Not by useMutation, which would keep the value in its state.
    const { data, error } = await client
      .mutation(WebhookDetailsRotateSecretDocument, {
        ...{ id: endpoint.id, graceSeconds: grace, idempotencyKey: call.current.key },
      })
      .toPromise();
    setBusy(false);
    const payload = data?.endpointRotateSecret;
    const failed = troubleOf(error, payload);
    if (failed !== null) return setTrouble(failed);
    void reload();
    const value = payload?.revealed?.value;
    if (value !== undefined) return onRotated(value);
    call.current = { grace, key: freshKey() };
    setTrouble(
      `It was rotated by the try before, whose answer was lost. Close this: ${
        shared ? 'Reveal shows the new value.' : 'the new public key stands on the page.'
      }`,
    );
  }

  return (
    <Stack>
      {trouble !== null && (
        <Alert color="red" role="alert" title="That did not work">
          {trouble}
        </Alert>
      )}
      <Text>
        Make a new signing secret for {name}, <b className={classes['wrap']}>{endpoint.target}</b>?
      </Text>
      <Radio.Group
        label="Grace period"
        description="For how long the old secret signs beside the new one."
        value={String(grace)}
        onChange={(next) => setGrace(Number(next))}
      >
        <Group gap="lg" mt={8}>
          {GRACE.map(({ seconds, label, meaning }) => (
            <Radio
              key={seconds}
              value={String(seconds)}
              label={meaning === null ? label : `${label}: ${meaning}`}
              {...(seconds === grace ? { 'data-autofocus': true } : {})}
            />
          ))}
        </Group>
      </Radio.Group>
      <List size="sm" spacing={4} aria-label="What happens">
        <List.Item>Requests are signed with the new secret from now on.</List.Item>
        <List.Item>
          {grace === 0
            ? `A receiver that only knows the old ${old} refuses them, until you give it the new one.`
            : `Until the grace period ends they carry both signatures, so that a receiver with either ${old} takes them. Give it the new one before.`}
        </List.Item>
        <List.Item>
          {shared
            ? 'The new value is shown once, in the next step.'
            : 'The next step shows the new public key.'}
        </List.Item>
      </List>
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} disabled={busy}>
          Cancel
        </Button>
        <Button loading={busy} onClick={() => void rotate()}>
          Rotate
        </Button>
      </Group>
    </Stack>
  );
}

function Rotated(props: { endpoint: DetailedEndpoint; name: string; value: string; onDone: () => void }) {
  const { endpoint, name, value, onDone } = props;
  const done = useRef<HTMLButtonElement>(null);
  // The button that had the focus is gone.
  useEffect(() => done.current?.focus(), []);
  const shared = value.startsWith('whsec_');
  return (
    <Stack>
      <Alert
        icon={<IconKey aria-hidden />}
        title={shared ? 'Copy it now: it is shown this once' : 'Give it to your receiver'}
      >
        {shared
          ? 'The receiver needs it to check that a request comes from here. Store it there as you store passwords.'
          : 'The receiver verifies with this public key. It is no secret, and stands on this page as well.'}
      </Alert>
      <Text size="sm" className={classes['wrap']}>
        {endpoint.target}
      </Text>
      <CodeBlock
        text={value}
        label={shared ? `the new signing secret of ${name}` : `the new public key of ${name}`}
      />
      <Group justify="flex-end">
        <Button ref={done} onClick={onDone}>
          I have copied it
        </Button>
      </Group>
    </Stack>
  );
}
