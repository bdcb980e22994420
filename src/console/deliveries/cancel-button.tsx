/** Stops a delivery that is not over yet; says before what that means for one that waits, and for one on the wire. */
import { Button, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconBan } from '@tabler/icons-react';
import { useState } from 'react';
import { useMutation } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import {
  type DeliveryFactsFragment,
  DeliveryPageCancelDocument,
  type DeliveryStatus,
} from '../gql/graphql.ts';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { placeOf } from '../webhooks/endpoint-place.ts';

/** What cancelling means in each state that is not the last. */
const MEANING: Partial<Record<DeliveryStatus, string>> = {
  PENDING: 'It waits for its first attempt: nothing will be sent.',
  RETRY_SCHEDULED: 'It waits for another attempt: there will be none.',
  IN_FLIGHT:
    'A request is on the wire at this moment, and cannot be called back: its result still counts. If it fails, there will be no further attempt.',
};

interface CancelButtonProps {
  delivery: Pick<DeliveryFactsFragment, 'id' | 'status' | 'webhookNumber' | 'webhook' | 'endpoint'>;
  /** Reads the delivery again; resolves when that is back. */
  onDone: () => Promise<void>;
}

export function CancelButton({ delivery, onDone }: CancelButtonProps) {
  const { id, status, webhookNumber, webhook, endpoint } = delivery;
  const [asking, setAsking] = useState(false);
  const [, cancel] = useMutation(DeliveryPageCancelDocument);
  const meaning = MEANING[status];

  async function stop(): Promise<string | null> {
    const { data, error } = await cancel({ id });
    const trouble = troubleOf(error, data?.deliveryCancel);
    await onDone();
    if (trouble !== null) return trouble;
    const now = data?.deliveryCancel?.delivery?.status;
    notifications.show({
      message:
        now === 'CANCELLED'
          ? 'The delivery is cancelled.'
          : 'There will be no further attempt; the one on the wire still counts.',
    });
    return null;
  }

  return (
    <>
      {meaning !== undefined && (
        <Button
          variant="default"
          leftSection={<IconBan aria-hidden size={17} />}
          onClick={() => setAsking(true)}
        >
          Cancel delivery
        </Button>
      )}
      <ConfirmDialog
        opened={asking}
        title="Cancel this delivery?"
        confirmLabel="Cancel delivery"
        cancelLabel="Go on sending"
        onConfirm={stop}
        onClose={() => setAsking(false)}
      >
        <Text size="sm">
          The delivery of webhook {webhookNumber}
          {webhook && `, ${webhook.name},`}
          {endpoint && (
            <>
              {' '}
              to <b style={{ overflowWrap: 'anywhere' }}>{placeOf(endpoint)}</b>
            </>
          )}
          . {meaning ?? 'It is over by now.'}
        </Text>
        <Text size="sm" c="dimmed">
          It stays in the list, and can be sent again by hand.
        </Text>
      </ConfirmDialog>
    </>
  );
}
