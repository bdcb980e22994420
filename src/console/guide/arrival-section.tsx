import { Anchor, List, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';

import { Arrival } from '../catalog/arrival.tsx';
import { Facts } from '../ui/facts.tsx';
import { Section } from '../ui/section.tsx';
import { ErrorState, LoadingState } from '../ui/states.tsx';
import { FORMAT_WORDS, FORMATS } from '../webhooks/format-words.ts';
import { SECTIONS } from './contents.tsx';
import { useGuideCatalog } from './use-guide-catalog.ts';

/** The request with its headers and its body in each format, made of the catalog's examples. */
export function ArrivalSection() {
  return (
    <Section id="arrives" title={SECTIONS.arrives}>
      <Text>
        A POST request with JSON. The record in it is exactly as the host application published it, and
        follows the model in the catalog. What stands around it is the <b>Format</b>, which you choose for
        each endpoint under Advanced; without a choice it is the envelope of Standard Webhooks.
      </Text>
      <Sample />
      <Text fw={600}>The headers</Text>
      <Facts
        rows={[
          [
            'webhook-id',
            'Names the delivery. It is the same on every attempt: drop what you have seen before.',
          ],
          [
            'webhook-timestamp',
            'When this attempt was made, in seconds since 1970. It is part of what is signed.',
          ],
          [
            'webhook-signature',
            'What proves that the request is genuine, unless the endpoint does not sign. It may hold several, with spaces between.',
          ],
          ['webhook-attempt', 'Which attempt it is, from 1.'],
          ['webhook-test', 'Only on test events: true.'],
          ['ce-…', 'Only in the format CloudEvents, binary: what happened to what.'],
        ]}
      />
      <Text fw={600}>The formats</Text>
      <Facts rows={FORMATS.map((format) => [FORMAT_WORDS[format].label, FORMAT_WORDS[format].meaning])} />
      <Text size="sm">
        A delivery keeps the format that it began with: a change counts for events from then on.
      </Text>
      <Text fw={600}>The envelope of Standard Webhooks</Text>
      <List size="sm" spacing={4}>
        <List.Item>
          <code>type</code>, and the same in two parts as <code>resource</code> and <code>event</code>
        </List.Item>
        <List.Item>
          <code>id</code>: the event. Two webhooks that hear of the same event get the same id.
        </List.Item>
        <List.Item>
          <code>timestamp</code>: when it happened; <code>entityId</code>: to which record
        </List.Item>
        <List.Item>
          <code>webhookNumber</code>: the ID of the webhook in the table Saved Webhooks
        </List.Item>
        <List.Item>
          <code>data</code>: the record
        </List.Item>
      </List>
      <Text size="sm">
        In both CloudEvents formats <code>type</code>, <code>id</code>, <code>subject</code> (the record) and{' '}
        <code>time</code> say the same, by the names of{' '}
        <Anchor href="https://cloudevents.io/" target="_blank" rel="noreferrer">
          CloudEvents 1.0
        </Anchor>
        ; <code>webhooknumber</code> is the ID of the webhook.
      </Text>
    </Section>
  );
}

function Sample() {
  const { resources, error, reload } = useGuideCatalog();
  const [chosen, setChosen] = useState<string | null>(null);
  if (error) return <ErrorState error={error} onRetry={reload} />;
  if (resources === null) return <LoadingState what="the sample" />;
  const resource =
    resources.find(({ name }) => name === chosen) ?? resources.find(({ allowed }) => allowed) ?? resources[0];
  if (resource === undefined)
    return <Text c="dimmed">As soon as the catalog holds a resource, a sample of it stands here.</Text>;
  return (
    <Stack gap="sm">
      <Select
        label="Resource"
        maw={320}
        allowDeselect={false}
        searchable={resources.length > 10}
        data={resources.map(({ name, label }) => ({ value: name, label }))}
        value={resource.name}
        onChange={setChosen}
      />
      <Arrival key={resource.id} resource={resource} />
    </Stack>
  );
}
