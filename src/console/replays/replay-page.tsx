/** One replay: how far it is, what came of it, and the ways to hold and end it. */
import { Anchor, Group, Stack, Text } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link, useParams } from 'react-router';

import { useNames } from '../audit/use-names.ts';
import type { DeliveryFilterInput, ReplayRowFragment } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { useAnnounce } from '../ui/announcer.tsx';
import { Facts } from '../ui/facts.tsx';
import { LiveBadge } from '../ui/live-badge.tsx';
import { LoginName } from '../ui/login-name.tsx';
import { Section } from '../ui/section.tsx';
import { ErrorState, LoadingState, NotFoundPage } from '../ui/states.tsx';
import { formatNumber, Time } from '../ui/time.tsx';
import { ReplayProgress, ReplayStatusBadge } from './replay-status.tsx';
import { ReplaySteps } from './replay-steps.tsx';
import { hasEnded, useLiveReplay } from './use-live-replay.ts';
import { estimate, filterWords, REPLAY_WORDS, webhooksOf } from './words.ts';

/** It is said how far it is in so many parts, not with each step. */
const SAID_PARTS = 4;

export function ReplayPage() {
  const { id = '' } = useParams();
  const { replay, status, error, live, reload, show } = useLiveReplay(id);
  useSaid(replay);
  const name = useNames(replay ? webhooksOf(replay) : []);
  if (status === 'missing') return <NotFoundPage what="replay" />;
  return (
    <Page
      title="Replay"
      trail={[{ label: 'Replays', to: '/replays' }, { label: id }]}
      badge={replay && <ReplayStatusBadge status={replay.status} />}
      actions={replay && !hasEnded(replay) && <LiveBadge status={live} />}
    >
      {status === 'loading' && <LoadingState what="the replay" />}
      {status === 'failed' && <ErrorState error={error} onRetry={reload} />}
      {replay && (
        <>
          <Section title="Progress" actions={null}>
            <ReplayProgress replay={replay} size="xl" />
            <Text size="sm" c="dimmed">
              {outlook(replay)}
              {replay.status === 'CANCELLED' && replay.done + replay.pending < replay.matched && (
                <TakenBack id={replay.id} />
              )}
            </Text>
            <ReplaySteps replay={replay} onMoved={show} />
          </Section>
          <Section title="Result">
            <Results replay={replay} />
          </Section>
          <Section title="What is sent again">
            <Facts label="Facts of the replay" rows={facts(replay, name)} />
          </Section>
        </>
      )}
    </Page>
  );
}

/** What is left of it, in a sentence. */
function outlook({ status, matched, done, pending, ratePerSecond }: ReplayRowFragment): string {
  const left = matched - done;
  if (status === 'FINISHED') return 'Every delivery of it has come to its end.';
  if (status === 'CANCELLED') {
    const flying =
      pending === 0 ? '' : ` ${formatNumber(pending)} ${pending === 1 ? 'is' : 'are'} still on the way.`;
    return left === pending
      ? `It was cancelled when all had gone.${flying}`
      : `It was cancelled; ${formatNumber(left - pending)} did not go again.${flying}`;
  }
  if (status === 'PAUSED') return `${formatNumber(left)} to go. Nothing more is queued until it is resumed.`;
  return `${formatNumber(left)} to go: at ${formatNumber(ratePerSecond)} a second ${estimate(left, ratePerSecond)}, if the receivers keep up.`;
}

/** Where those are that a cancelled one had queued and did not send. */
function TakenBack({ id }: { id: string }) {
  return (
    <>
      {' '}
      What it had queued by then and nobody was sending was taken back: in the list those are{' '}
      <Anchor component={Link} inherit to={`/deliveries?replay=${id}&status=cancelled`}>
        Cancelled
      </Anchor>
      , and can be sent by another replay.
    </>
  );
}

function Results({ replay: { id, status, succeeded, failed } }: { replay: ReplayRowFragment }) {
  return (
    <Stack gap="xs">
      <Group gap="xl">
        <Result count={succeeded} word="Delivered" to={`/deliveries?replay=${id}&status=succeeded`} />
        <Result count={failed} word="Failed" to={`/deliveries?replay=${id}&status=failed`} />
      </Group>
      <Anchor component={Link} size="sm" to={`/deliveries?replay=${id}`}>
        {status === 'CANCELLED' ? 'All deliveries that it sent or took back' : 'All deliveries that it sent'}
      </Anchor>
      {failed > 0 && (
        <Text size="sm" c="dimmed">
          Failed are those whose attempt failed, and those that could not go when their turn came: what they
          go to was switched off, or their payload was no longer kept. Those show in the list as they were.
        </Text>
      )}
    </Stack>
  );
}

function Result({ count, word, to }: { count: number; word: string; to: string }) {
  return (
    <Stack gap={0}>
      <Text size="sm" c="dimmed">
        {word}
      </Text>
      {count > 0 ? (
        <Anchor component={Link} to={to} fw={600} fz="lg" aria-label={`${word}: ${formatNumber(count)}`}>
          {formatNumber(count)}
        </Anchor>
      ) : (
        <Text fw={600} fz="lg">
          0
        </Text>
      )}
    </Stack>
  );
}

function facts(replay: ReplayRowFragment, name: (id: string) => string): [string, ReactNode][] {
  const { matched, ratePerSecond, startedAt, finishedAt, login, missingFor } = replay;
  const words = filterWords(replay.filter as DeliveryFilterInput, name);
  return [
    ['Deliveries', words.join(', ') || 'All'],
    ['How many', formatNumber(matched)],
    [
      'Missing ones',
      missingFor == null ? 'Not made' : `Made for events that never had a delivery to ${name(missingFor)}`,
    ],
    ['Rate', `At most ${formatNumber(ratePerSecond)} a second`],
    ['Started', <Time key="started" at={startedAt} full />],
    ['By', <LoginName key="by" login={login} />],
    ['Ended', finishedAt == null ? 'Not yet' : <Time key="ended" at={finishedAt} full />],
  ];
}

/** Says the state, and each quarter of the way, to those who hear the page. */
function useSaid(replay: ReplayRowFragment | null): void {
  const announce = useAnnounce();
  const said = useRef<string | null>(null);
  const part = replay && Math.floor((replay.done / replay.matched) * SAID_PARTS);
  const key = replay && `${replay.id} ${replay.status} ${part}`;
  useEffect(() => {
    if (replay === null || key === said.current) return;
    const first = said.current === null;
    said.current = key;
    if (!first || !hasEnded(replay))
      announce(
        `Replay ${REPLAY_WORDS[replay.status].toLowerCase()}: ${formatNumber(replay.done)} of ${formatNumber(replay.matched)}`,
      );
  }, [announce, key, replay]);
}
