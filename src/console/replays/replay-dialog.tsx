/**
 * Asks what is to be sent again, and how fast, and says before how many deliveries that are. It begins with the filter of
 * the list behind it; only what has ended can be sent again, so of the states it offers those alone.
 */
import { Alert, Button, Checkbox, Chip, Group, Modal, NumberInput, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useMutation, useQuery } from 'urql';

import { freshKey } from '../api/idempotency-key.ts';
import { troubleOf } from '../api/outcome.ts';
import { useNames } from '../audit/use-names.ts';
import {
  type DeliveryFilterInput,
  type DeliveryStatus,
  ReplayDialogStartDocument,
  ReplayDialogWebhookDocument,
} from '../gql/graphql.ts';
import { BusyButton } from '../ui/busy-button.tsx';
import { DELIVERY_STATUS } from '../ui/delivery-status.tsx';
import { formatNumber } from '../ui/time.tsx';
import { PreviewLines } from './preview-lines.tsx';
import { usePreview } from './use-preview.ts';
import { estimate, filterWords, webhooksOf } from './words.ts';

const ENDED: readonly DeliveryStatus[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];
const RATE = 50;
const MAX_RATE = 1_000;

interface ReplayDialogProps {
  /** What the list shows; null keeps the dialog closed. */
  filter: DeliveryFilterInput | null;
  onClose: () => void;
}

export function ReplayDialog({ filter, onClose }: ReplayDialogProps) {
  return (
    <Modal opened={filter !== null} onClose={onClose} title="Send deliveries again" size="lg">
      {filter !== null && <ReplayForm filter={filter} onClose={onClose} />}
    </Modal>
  );
}

/** The states to begin with: of those that the list shows the ended ones; where it shows all, what failed. */
function firstStates({ status }: DeliveryFilterInput): DeliveryStatus[] {
  const chosen = ENDED.filter((one) => status?.includes(one));
  return chosen.length > 0 ? chosen : ['FAILED'];
}

function ReplayForm({ filter, onClose }: { filter: DeliveryFilterInput; onClose: () => void }) {
  const [status, setStatus] = useState(() => firstStates(filter));
  const [missing, setMissing] = useState(false);
  const [rate, setRate] = useState<number | string>(RATE);
  const [problem, setProblem] = useState<string | null>(null);
  const webhookId = useWebhookId(filter);
  const name = useNames(webhooksOf({ filter }));
  const key = useRef(freshKey());
  const [{ fetching }, start] = useMutation(ReplayDialogStartDocument);
  const navigate = useNavigate();

  const { status: _status, ...rest } = filter;
  const wish = {
    filter: { ...rest, status },
    ...(missing && webhookId !== null ? { missingFor: webhookId } : {}),
  };
  const preview = usePreview(wish);
  const perSecond = typeof rate === 'number' ? rate : Number.NaN;
  const rateIsFine = Number.isInteger(perSecond) && perSecond >= 1 && perSecond <= MAX_RATE;
  const count = preview.sent?.value ?? 0;
  const exact = preview.sent?.precision === 'EXACT';
  // Another wish is another call: with the old key it would be refused.
  const asked = JSON.stringify([wish, perSecond]);
  useEffect(() => {
    key.current = freshKey();
  }, [asked]);

  async function send(): Promise<void> {
    setProblem(null);
    const variables = { input: { ...wish, ratePerSecond: perSecond }, idempotencyKey: key.current };
    const { data, error } = await start(variables);
    const trouble = troubleOf(error, data?.replayStart);
    if (trouble !== null) return setProblem(trouble);
    const id = data?.replayStart?.replay?.id;
    if (id !== undefined) void navigate(`/replays/${id}`);
  }

  return (
    <Stack>
      {problem !== null && (
        <Alert color="red" role="alert" title="That did not work">
          {problem}
        </Alert>
      )}
      <Text size="sm">
        {`From the list: ${filterWords(rest, name).join(', ') || 'all deliveries, of any time'}. `}
        Each goes once more under its own id, behind new deliveries.
      </Text>
      <Stack gap={6} role="group" aria-label="Which of them">
        <Text size="sm" fw={500} aria-hidden>
          Which of them
        </Text>
        <Chip.Group
          multiple
          value={status}
          onChange={(values: string[]) => setStatus(ENDED.filter((one) => values.includes(one)))}
        >
          <Group gap="xs">
            {ENDED.map((one) => (
              <Chip key={one} value={one} size="sm" variant="outline">
                {DELIVERY_STATUS[one][0]}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Stack>
      {webhookId !== null && (
        <Checkbox
          label="Also events that never had a delivery to this webhook"
          description="Those of the same time that its triggers cover as they are now, such as from before it was saved or while it was disabled."
          checked={missing}
          onChange={(event) => setMissing(event.currentTarget.checked)}
        />
      )}
      <NumberInput
        label="Deliveries a second, at most"
        description={`From 1 to ${formatNumber(MAX_RATE)}. The limits of each endpoint hold besides.`}
        min={1}
        max={MAX_RATE}
        clampBehavior="none"
        value={rate}
        onChange={setRate}
        error={rateIsFine ? undefined : `A whole number from 1 to ${formatNumber(MAX_RATE)}`}
        w={{ base: '100%', xs: 260 }}
      />
      <PreviewLines preview={preview} missing={missing} />
      {count > 0 && rateIsFine && (
        <Text size="sm" c="dimmed">
          At this rate that takes{' '}
          {exact
            ? estimate(count, perSecond)
            : `more than ${estimate(count, perSecond).replace(/^about /, '')}`}
          .
        </Text>
      )}
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose} disabled={fetching}>
          Cancel
        </Button>
        <BusyButton busy={fetching} disabled={count === 0 || !rateIsFine} onClick={() => void send()}>
          {count === 0 ? 'Send again' : `Send ${formatNumber(count)}${exact ? '' : '+'} again`}
        </BusyButton>
      </Group>
    </Stack>
  );
}

/** The webhook that the list is of; null where it is of several, or of one that is gone. */
function useWebhookId({ webhookId, webhookNumber }: DeliveryFilterInput): string | null {
  const [{ data }] = useQuery({
    query: ReplayDialogWebhookDocument,
    variables: { number: webhookNumber ?? 0 },
    pause: webhookNumber == null,
  });
  if (webhookId != null) return String(webhookId);
  return webhookNumber == null ? null : (data?.webhookByNumber?.id ?? null);
}
