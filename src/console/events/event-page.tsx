/** One event: what it is, its payload, and where it went, live. */
import { Grid, Stack, Text, Title } from '@mantine/core';
import { useMemo } from 'react';
import { useParams } from 'react-router';
import { useQuery } from 'urql';

import { useLabels } from '../catalog/use-labels.ts';
import { IdText } from '../deliveries/delivery-facts.tsx';
import { LiveDeliveries } from '../deliveries/live-deliveries.tsx';
import { EventPageDocument, type EventPageQuery } from '../gql/graphql.ts';
import { Page } from '../layout/page.tsx';
import { useMayReadDeliveries } from '../session/viewer.tsx';
import { CodeBlock, prettyJson } from '../ui/code-block.tsx';
import { Facts } from '../ui/facts.tsx';
import { LoginName } from '../ui/login-name.tsx';
import { Section } from '../ui/section.tsx';
import { ErrorState, LoadingState, NotFoundPage } from '../ui/states.tsx';
import { Time } from '../ui/time.tsx';

const TRAIL = [{ label: 'Events', to: '/events' }];

type ShownEvent = NonNullable<EventPageQuery['event']>;

export function EventPage() {
  const { id = '' } = useParams();
  const [{ data, error, fetching }, again] = useQuery({ query: EventPageDocument, variables: { id } });
  const mayReadDeliveries = useMayReadDeliveries();
  const event = data?.event;
  if (!event) {
    if (!error && !fetching) return <NotFoundPage what="event" />;
    return (
      <Page title="Event" trail={[...TRAIL, { label: id }]}>
        {error ? (
          <ErrorState error={error} onRetry={() => again({ requestPolicy: 'network-only' })} />
        ) : (
          <LoadingState what="the event" />
        )}
      </Page>
    );
  }
  return (
    <Page title="Event" trail={[...TRAIL, { label: id }]}>
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Section title="Facts" id="event-facts">
            <EventFacts event={event} />
          </Section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Section title="Payload" id="event-payload">
            {event.payload == null ? (
              <Text size="sm" c="dimmed">
                The payload is not kept any more: payloads are deleted after some time, while the event and
                its deliveries stay on record.
              </Text>
            ) : (
              <CodeBlock text={prettyJson(event.payload)} label="payload of the event" />
            )}
          </Section>
        </Grid.Col>
      </Grid>
      {mayReadDeliveries && <EventDeliveries id={event.id} />}
    </Page>
  );
}

function EventFacts({ event }: { event: ShownEvent }) {
  const { eventLabel } = useLabels();
  const { id, resource, name, entityId, occurredAt, publishedAt, login } = event;
  return (
    <Facts
      label="Facts of the event"
      rows={[
        ['What happened', `${eventLabel(resource, name)} (${resource}.${name})`],
        ['Event', <IdText key="event" id={id} what="the event's id" />],
        ['Entity', <IdText key="entity" id={entityId} what="the entity's id" />],
        ['Happened', <Time key="occurred" at={occurredAt} full />],
        ['Published', <Time key="published" at={publishedAt} full />],
        ['Login', login ? <LoginName key="login" login={login} /> : 'One that you may not see'],
      ]}
    />
  );
}

function EventDeliveries({ id }: { id: string }) {
  const filter = useMemo(() => ({ eventId: id }), [id]);
  return (
    <Stack component="section" gap="xs" aria-labelledby="event-deliveries">
      <Title order={2} size="h4" id="event-deliveries">
        Deliveries
      </Title>
      <LiveDeliveries
        filter={filter}
        label="Deliveries of the event"
        plain
        empty={{
          title: 'No delivery: nothing listened',
          text: 'When this happened, no enabled webhook that you may see had a trigger for it that watches this login. Webhooks hear of what happens after they were added or enabled.',
        }}
      />
    </Stack>
  );
}
