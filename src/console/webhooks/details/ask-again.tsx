/** Another confirmation mail, seldom enough that no mailbox is flooded: what the server says to that stands beside the button. */
import { Button, Group, Text } from '@mantine/core';
import { IconSend } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useMutation } from 'urql';

import { troubleOf } from '../../api/outcome.ts';
import { WebhookDetailsVerificationSendDocument } from '../../gql/graphql.ts';
import { DatedText } from '../../ui/dated-text.tsx';
import type { DetailedEndpoint } from './use-webhook.ts';

/** How soon a mail that was asked for has usually gone, ms. */
const GOES_WITHIN_MS = 2_500;

interface AskAgainProps {
  endpoint: Pick<DetailedEndpoint, 'id' | 'kind'>;
  /** "Endpoint 2". */
  name: string;
  reload: () => Promise<void>;
}

export function AskAgain({ endpoint: { id, kind }, name, reload }: AskAgainProps) {
  const [, send] = useMutation(WebhookDetailsVerificationSendDocument);
  const [busy, setBusy] = useState(false);
  /** What came of it: null before the first click, '' when it was sent. */
  const [trouble, setTrouble] = useState<string | null>(null);
  const sent = trouble === '' && !busy;
  // When it went is told once it has gone.
  useEffect(() => {
    if (!sent) return;
    const timer = setTimeout(() => void reload(), GOES_WITHIN_MS);
    return () => clearTimeout(timer);
  }, [sent, reload]);

  async function ask(): Promise<void> {
    setBusy(true);
    const { data, error } = await send({ id });
    setTrouble(troubleOf(error, data?.endpointVerificationSend) ?? '');
    await reload();
    setBusy(false);
  }

  return (
    <Group gap="sm">
      <Button
        size="compact-md"
        variant="default"
        leftSection={<IconSend aria-hidden size={15} />}
        loading={busy}
        aria-label={`Send again: the confirmation mail of ${name.toLowerCase()}`}
        onClick={() => void ask()}
      >
        Send again
      </Button>
      <Text size="sm" role="status" {...(trouble ? { c: 'var(--mantine-color-error)' } : {})}>
        {trouble === '' ? (
          `A new confirmation mail goes out${kind === 'EMAIL' ? '' : ' to each who has not confirmed'}; the link before it ends.`
        ) : trouble !== null ? (
          <DatedText text={trouble} />
        ) : (
          ''
        )}
      </Text>
    </Group>
  );
}
