/** Sends a delivery again, by button and by the key r; says why, where it makes no sense. */
import { Button, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconRefresh } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useMutation } from 'urql';

import { freshKey } from '../api/idempotency-key.ts';
import { describeError } from '../api/problems.ts';
import {
  type DeliveryFactsFragment,
  DeliveryPageRetryDocument,
  type EndpointStatus,
} from '../gql/graphql.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { awaitsOwner } from '../ui/delivery-status.tsx';
import { formatDuration, useNow } from '../ui/time.tsx';
import { usePageKeys } from '../ui/use-page-keys.ts';

/** A first attempt that is as near as this is not worth hastening, ms. */
const ABOUT_TO_MS = 3_000;

/** Why sending it again makes no sense now; null when it does. */
function refusal(delivery: DeliveryFactsFragment, now: number): string | null {
  const { status, webhook, endpoint, origin, nextAttemptAt, failure } = delivery;
  if (failure?.code === 'EXPIRED') return 'Its payload is no longer kept: publish the event again instead.';
  if (status === 'IN_FLIGHT') return 'It is being sent at this moment: wait for its result.';
  if (!webhook) return 'Its webhook was deleted, so it cannot be sent again.';
  if (!endpoint) return 'Its endpoint was removed, so it cannot be sent again.';
  if (webhook.status === 'DISABLED' && origin !== 'TEST')
    return 'Its webhook is disabled: enable the webhook first.';
  if (isOff(endpoint.status) && origin !== 'TEST')
    return 'Its endpoint is switched off: enable the endpoint first.';
  if (awaitsOwner(delivery)) return 'Its mailbox has not confirmed yet: it goes when it has.';
  const left = nextAttemptAt == null ? 0 : new Date(nextAttemptAt).getTime() - now;
  if (status === 'PENDING' && left < ABOUT_TO_MS) return 'It is about to be sent.';
  return null;
}

function isOff(status: EndpointStatus): boolean {
  return status === 'DISABLED' || status === 'AUTO_DISABLED';
}

interface RetryButtonProps {
  delivery: DeliveryFactsFragment;
  /** Reads the delivery again; resolves when that is back. */
  onDone: () => Promise<void>;
}

export function RetryButton({ delivery, onDone }: RetryButtonProps) {
  const [asking, setAsking] = useState(false);
  const [, retry] = useMutation(DeliveryPageRetryDocument);
  const open = delivery.status === 'PENDING' || delivery.status === 'RETRY_SCHEDULED';
  const now = useNow(delivery.status === 'PENDING' ? 1_000 : null);
  const reason = refusal(delivery, now);
  const delivered = delivery.status === 'SUCCEEDED';
  // One key for one wish: pressed again after an answer that got lost, it still sends once.
  const key = useRef<string | null>(null);
  // Busy until what it came to is on display: the state of before would let it be sent once more. The number of
  // those that are over is part of what is rendered, so it changes together with the delivery.
  const begun = useRef(0);
  const [over, setOver] = useState(0);
  const busy = begun.current !== over;

  /** Null when it worked. */
  async function send(): Promise<string | null> {
    if (begun.current !== over) return null;
    begun.current += 1;
    key.current ??= freshKey();
    const { data, error } = await retry({ id: delivery.id, idempotencyKey: key.current });
    const [problem] = data?.deliveryRetry?.errors ?? [];
    if (!error) {
      key.current = null;
      if (!problem) notifications.show({ message: 'It is being sent again.' });
      await onDone();
    }
    setOver(begun.current);
    return error ? describeError(error) : (problem?.message ?? null);
  }

  async function start(): Promise<void> {
    if (begun.current !== over || reason !== null) return;
    if (delivered) return setAsking(true);
    const problem = await send();
    if (problem !== null) notifications.show({ color: 'red', title: 'Not sent again', message: problem });
  }

  usePageKeys([
    [
      'r',
      (event) => {
        // A key that is held is one wish.
        if (!event.repeat) void start();
      },
    ],
  ]);

  return (
    <Stack gap={4} align="flex-end">
      <Button
        variant={delivered ? 'default' : 'filled'}
        leftSection={<IconRefresh aria-hidden size={17} />}
        loading={busy && !asking}
        data-disabled={reason !== null || undefined}
        aria-disabled={reason !== null || undefined}
        aria-describedby={reason === null ? undefined : 'retry-reason'}
        onClick={() => void start()}
      >
        {delivered ? 'Send again' : open ? 'Retry now' : 'Retry'}
      </Button>
      {reason !== null && (
        <Text size="sm" c="dimmed" id="retry-reason">
          {reason}
        </Text>
      )}
      <ConfirmDialog
        opened={asking}
        title="Send a delivered event again?"
        confirmLabel="Send again"
        danger={false}
        onConfirm={send}
        onClose={() => setAsking(false)}
      >
        <Text size="sm">
          The endpoint of webhook {delivery.webhookNumber}
          {delivery.webhook && `, ${delivery.webhook.name},`} has taken this delivery already
          {delivery.completedAt != null &&
            `, ${formatDuration(Date.now() - new Date(delivery.completedAt).getTime())} ago`}
          . It gets it once more, under the same webhook-id.
        </Text>
      </ConfirmDialog>
    </Stack>
  );
}
