/** The attempts of a delivery from the first to the next: number, origin, outcome as icon and word, time, duration. */
import { Group, Stack, Text, ThemeIcon, UnstyledButton } from '@mantine/core';
import {
  IconBan,
  IconCheck,
  IconClock,
  IconClockX,
  IconHelp,
  IconPlugConnectedX,
  IconSend,
  IconX,
  type TablerIcon,
} from '@tabler/icons-react';

import type { AttemptLineFragment, AttemptOutcome, DeliveryFactsFragment } from '../gql/graphql.ts';
import { formatDuration, Time } from '../ui/time.tsx';
import { Countdown } from './countdown.tsx';
import classes from './delivery-timeline.module.css';
import { answerInWords, ORIGIN_WORDS, OUTCOME_WORDS } from './words.ts';

const LOOKS: Record<AttemptOutcome, [color: string, icon: TablerIcon]> = {
  SUCCEEDED: ['green', IconCheck],
  REJECTED: ['red', IconX],
  TIMED_OUT: ['orange', IconClockX],
  UNREACHABLE: ['red', IconPlugConnectedX],
  BLOCKED: ['gray', IconBan],
  LOST: ['orange', IconHelp],
};

interface DeliveryTimelineProps {
  delivery: Pick<DeliveryFactsFragment, 'status' | 'nextAttemptAt' | 'attemptCount'>;
  attempts: readonly AttemptLineFragment[];
  /** Its endpoint is paused, so that it may wait for longer than is planned. */
  paused?: boolean;
  /** The number of the attempt on display; null: none. */
  chosen?: number | null;
  /** Chooses one; without it the line is for reading only. */
  onChoose?: (number: number) => void;
}

export function DeliveryTimeline(props: DeliveryTimelineProps) {
  const { delivery, attempts, paused = false, chosen = null, onChoose } = props;
  return (
    <ol className={classes['line']} aria-label="Attempts">
      {attempts.map((attempt) => (
        <li key={attempt.id} className={classes['step']} data-attempt={attempt.number}>
          {onChoose ? (
            <UnstyledButton
              className={classes['choice']}
              aria-current={attempt.number === chosen ? 'true' : undefined}
              onClick={() => onChoose(attempt.number)}
            >
              <AttemptEntry attempt={attempt} />
            </UnstyledButton>
          ) : (
            <div className={classes['choice']}>
              <AttemptEntry attempt={attempt} />
            </div>
          )}
        </li>
      ))}
      <NextAttempt delivery={delivery} paused={paused} />
    </ol>
  );
}

function AttemptEntry({ attempt }: { attempt: AttemptLineFragment }) {
  const { number, origin, outcome, startedAt, durationMs } = attempt;
  const [color, Icon] = LOOKS[outcome];
  const answer = answerInWords(attempt);
  return (
    <Group component="span" gap="sm" wrap="nowrap" align="flex-start">
      <ThemeIcon component="span" variant="light" color={color} radius="xl" size={30} aria-hidden>
        <Icon size={17} />
      </ThemeIcon>
      <Stack component="span" gap={1}>
        <Text component="span" size="sm" fw={600}>
          {number}. {OUTCOME_WORDS[outcome]}
          {answer !== OUTCOME_WORDS[outcome] && (
            <Text span size="sm" fw={400}>
              {' '}
              · {answer}
            </Text>
          )}
        </Text>
        <Text component="span" size="xs" c="dimmed">
          {ORIGIN_WORDS[origin]} · <Time at={startedAt} />
          {durationMs != null && ` · ${formatDuration(durationMs).replaceAll(' ', '\u00a0')}`}
        </Text>
      </Stack>
    </Group>
  );
}

function NextAttempt(props: { delivery: DeliveryTimelineProps['delivery']; paused: boolean }) {
  const { delivery, paused } = props;
  const { status, nextAttemptAt, attemptCount } = delivery;
  if (status !== 'PENDING' && status !== 'IN_FLIGHT' && status !== 'RETRY_SCHEDULED') return null;
  const sending = status === 'IN_FLIGHT';
  const Icon = sending ? IconSend : IconClock;
  return (
    <li className={classes['step']} data-next>
      <div className={classes['choice']}>
        <Group gap="sm" wrap="nowrap" align="flex-start">
          <ThemeIcon variant="outline" color={sending ? 'blue' : 'gray'} radius="xl" size={30} aria-hidden>
            <Icon size={17} />
          </ThemeIcon>
          <Stack gap={1}>
            <Text size="sm" fw={600}>
              {sending ? `${attemptCount}. Sending` : `${attemptCount + 1}. Next attempt`}
            </Text>
            <Text size="xs" c="dimmed" component="div">
              {sending ? (
                'It is on its way'
              ) : nextAttemptAt == null ? (
                'It waits until the owner of its mailbox confirms, for up to 7 days'
              ) : paused ? (
                'It waits while its endpoint is paused'
              ) : (
                <>
                  <Countdown at={nextAttemptAt} /> · <Time at={nextAttemptAt} />
                </>
              )}
            </Text>
          </Stack>
        </Group>
      </div>
    </li>
  );
}
