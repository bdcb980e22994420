/** One delivery: its attempts on the left, what was sent and came back on the right; it changes as things happen. */
import { Alert, Grid, Group, Paper, Stack, Text } from '@mantine/core';
import { useParams } from 'react-router';

import type { DeliveryFactsFragment } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { useMay } from '../session/viewer.tsx';
import { awaitsOwner, DeliveryStatusBadge } from '../ui/delivery-status.tsx';
import { LiveBadge } from '../ui/live-badge.tsx';
import { Section } from '../ui/section.tsx';
import { ErrorState, LoadingState, NotFoundPage } from '../ui/states.tsx';
import { useAddress } from '../ui/use-address.ts';
import { ATTEMPT_TABS, AttemptPanel, type AttemptTab } from './attempt-panel.tsx';
import { CancelButton } from './cancel-button.tsx';
import { DeliveryFacts } from './delivery-facts.tsx';
import { DeliveryTimeline } from './delivery-timeline.tsx';
import { RetryButton } from './retry-button.tsx';
import { useLiveDelivery } from './use-live-delivery.ts';
import { failureInWords } from './words.ts';

const TRAIL = [{ label: 'Deliveries', to: '/deliveries' }];

export function DeliveryPage() {
  const { id = '' } = useParams();
  const { delivery, attempts, status, error, live, reload } = useLiveDelivery(id);
  const mayRetry = useMay('WEBHOOKS_MANAGE');
  const { chosen, unasked, tab, choose, setTab } = useChosenAttempt(attempts.at(-1)?.number ?? null);
  if (status === 'missing') return <NotFoundPage what="delivery" />;
  if (delivery === null)
    return (
      <Page title="Delivery" trail={[...TRAIL, { label: id }]}>
        {error ? (
          <ErrorState error={error} onRetry={() => void reload()} />
        ) : (
          <LoadingState what="the delivery" />
        )}
      </Page>
    );
  const attempt = attempts.find(({ number }) => number === chosen);
  return (
    <Page
      title="Delivery"
      trail={[...TRAIL, { label: id }]}
      badge={
        <Group gap="xs">
          <DeliveryStatusBadge delivery={delivery} />
          <LiveBadge status={live} />
        </Group>
      }
      actions={
        mayRetry && (
          <>
            <CancelButton delivery={delivery} onDone={reload} />
            <RetryButton delivery={delivery} onDone={reload} />
          </>
        )
      }
    >
      {error && <ErrorState error={error} onRetry={() => void reload()} />}
      <Grid gap="lg" align="flex-start">
        <Grid.Col span={{ base: 12, md: 5, lg: 4 }}>
          <Stack gap="lg">
            <Section title="Attempts">
              {delivery.failure && (
                <Alert variant="light" color="red" title={failureInWords(delivery.failure)}>
                  {delivery.failure.message}
                </Alert>
              )}
              {attempts.length < delivery.attemptCount && delivery.status !== 'IN_FLIGHT' && (
                <Text size="sm" c="dimmed">
                  {attempts.length} of {delivery.attemptCount} attempts are still on record.
                </Text>
              )}
              <DeliveryTimeline
                delivery={delivery}
                attempts={attempts}
                paused={delivery.endpoint?.status === 'PAUSED'}
                chosen={chosen}
                onChoose={choose}
              />
              {delivery.status === 'CANCELLED' && (
                <Text size="sm" c="dimmed">
                  It was stopped {attempts.length === 0 ? 'before its first attempt' : 'after that'}: by
                  somebody, or because its webhook or endpoint was disabled, changed or deleted.
                </Text>
              )}
            </Section>
            <Section title="Facts">
              <DeliveryFacts delivery={delivery} />
            </Section>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7, lg: 8 }}>
          <Paper withBorder p="md">
            {attempt ? (
              <AttemptPanel
                key={attempt.id}
                id={attempt.id}
                number={attempt.number}
                unasked={unasked}
                clientCertificate={delivery.endpoint?.authentication.type === 'MUTUAL_TLS'}
                tab={tab}
                onTab={setTab}
              />
            ) : (
              <Nothing delivery={delivery} chosen={attempts.length > 0 ? chosen : null} />
            )}
          </Paper>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

/** Why there is no attempt to show; chosen is the one that the address names while there are others. */
function Nothing({ delivery, chosen }: { delivery: DeliveryFactsFragment; chosen: number | null }) {
  const { attemptCount, completedAt } = delivery;
  const forgotten = chosen === null && attemptCount > 0 && completedAt != null;
  const title = forgotten
    ? 'What was sent is no longer kept'
    : completedAt != null && chosen === null
      ? 'Nothing was sent'
      : 'Nothing was sent yet';
  return (
    <Alert variant="light" color="gray" title={title}>
      {chosen !== null
        ? `There is no attempt ${chosen} on record. Choose one of the line.`
        : forgotten
          ? 'Attempts are deleted after some time, while their delivery is kept for longer.'
          : completedAt != null
            ? 'It ended before its first attempt.'
            : awaitsOwner(delivery)
              ? 'Nothing goes to a mailbox before its owner confirms. After 7 days without that it is cancelled.'
              : 'What is sent and what comes back appears here with the first attempt.'}
    </Alert>
  );
}

/** The attempt and the tab of the address; without one the newest, which changes as attempts are made. */
function useChosenAttempt(newest: number | null): {
  chosen: number | null;
  /** The address names none. */
  unasked: boolean;
  tab: AttemptTab;
  choose: (number: number) => void;
  setTab: (tab: AttemptTab) => void;
} {
  const [params, change] = useAddress();
  const named = params.get('attempt');
  const asked = named !== null && /^\d{1,6}$/.test(named);
  return {
    chosen: asked ? Number(named) : newest,
    unasked: !asked,
    tab: ATTEMPT_TABS.find((tab) => tab === params.get('tab')) ?? 'request',
    choose: (number) => change({ attempt: String(number) }),
    setTab: (tab) => change({ tab }),
  };
}
