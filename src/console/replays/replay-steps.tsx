/** Holds a replay, goes on with it, or cancels it. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { IconBan, IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { useMutation } from 'urql';

import { troubleOf } from '../api/outcome.ts';
import {
  type ReplayCountsFragment,
  ReplayPageCancelDocument,
  ReplayPagePauseDocument,
  ReplayPageResumeDocument,
} from '../gql/graphql.ts';
import { BusyButton } from '../ui/busy-button.tsx';
import { ConfirmDialog } from '../ui/confirm-dialog.tsx';
import { formatNumber } from '../ui/time.tsx';
import { hasEnded } from './use-live-replay.ts';

interface ReplayStepsProps {
  replay: ReplayCountsFragment;
  /** What a step has answered. */
  onMoved: (counts: ReplayCountsFragment) => void;
}

export function ReplaySteps({ replay, onMoved }: ReplayStepsProps) {
  const [pausing, pause] = useMutation(ReplayPagePauseDocument);
  const [resuming, resume] = useMutation(ReplayPageResumeDocument);
  const [, cancel] = useMutation(ReplayPageCancelDocument);
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const { id, status, matched, done } = replay;
  const ended = hasEnded(replay);
  // Whether the focus is on one of the buttons, or in the dialog, whose events come up here too.
  const focused = useRef(false);
  useEffect(() => {
    // With the buttons the focus would be gone, and a dialog that closes has nothing to give it back to.
    if (!ended || asking || !focused.current) return;
    focused.current = false;
    document.querySelector('h1')?.focus();
  }, [ended, asking]);

  async function turn(): Promise<void> {
    const paused = status === 'PAUSED';
    const { data, error } = paused ? await resume({ id }) : await pause({ id });
    const payload = data && ('replayResume' in data ? data.replayResume : data.replayPause);
    setProblem(troubleOf(error, payload));
    if (payload?.replay) onMoved(payload.replay);
  }

  async function stop(): Promise<string | null> {
    const { data, error } = await cancel({ id });
    const moved = data?.replayCancel?.replay;
    if (moved) onMoved(moved);
    return troubleOf(error, data?.replayCancel);
  }

  return (
    <Stack gap="xs" onFocus={() => (focused.current = true)} onBlur={() => (focused.current = false)}>
      {problem !== null && (
        <Alert color="red" role="alert" title="That did not work">
          {problem}
        </Alert>
      )}
      {!ended && (
        <Group gap="xs">
          <BusyButton
            variant="default"
            busy={pausing.fetching || resuming.fetching}
            leftSection={
              status === 'PAUSED' ? (
                <IconPlayerPlay aria-hidden size={17} />
              ) : (
                <IconPlayerPause aria-hidden size={17} />
              )
            }
            onClick={() => void turn()}
          >
            {status === 'PAUSED' ? 'Resume' : 'Pause'}
          </BusyButton>
          <Button
            variant="default"
            leftSection={<IconBan aria-hidden size={17} />}
            onClick={() => setAsking(true)}
          >
            Cancel replay
          </Button>
        </Group>
      )}
      <ConfirmDialog
        opened={asking}
        title="Cancel this replay?"
        confirmLabel="Cancel replay"
        cancelLabel="Go on"
        onConfirm={stop}
        onClose={() => setAsking(false)}
      >
        <Text size="sm">
          {formatNumber(done)} of {formatNumber(matched)} deliveries have come to their end. No other one
          goes; those that it has queued and that nobody is sending yet are taken back: in the list they are
          Cancelled then, whatever they were before.
        </Text>
        <Text size="sm" c="dimmed">
          What is on the wire at this moment still counts. A cancelled replay cannot be resumed; another one
          can send the rest, if Cancelled is chosen there, too.
        </Text>
      </ConfirmDialog>
    </Stack>
  );
}
