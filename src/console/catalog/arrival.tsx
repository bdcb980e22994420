/** What a receiver gets for an event: headers and body, made of the catalog's example. */
import { Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';

import type { PayloadFormat } from '../gql/graphql.ts';
import { CodeBlock, prettyJson } from '../ui/code-block.tsx';
import { FORMAT_WORDS, FORMATS } from '../webhooks/format-words.ts';
import { type Sampled, sampleHeaders, sampleRequest } from './sample.ts';

/** What marks a test event besides its header. */
const TEST_MARK: Record<PayloadFormat, string> = {
  STANDARD_WEBHOOKS: ' and a field "test": true',
  CLOUDEVENTS_STRUCTURED: ' and the attribute "test": true',
  CLOUDEVENTS_BINARY: ' and the header ce-test: true',
  ENTITY: '',
};

export function Arrival({ resource }: { resource: Sampled }) {
  const { events, label } = resource;
  const [chosen, setChosen] = useState<string | null>(null);
  const [format, setFormat] = useState<PayloadFormat>('STANDARD_WEBHOOKS');
  const event = events.find(({ name }) => name === chosen) ?? events[0];
  if (event === undefined) return null;
  const { contentHeaders, body } = sampleRequest(format, resource, event);
  return (
    <Stack gap="sm">
      <Select
        label="Event"
        maw={320}
        allowDeselect={false}
        data={events.map((one) => ({
          value: one.name,
          label: one.supported ? one.label : `${one.label} (not supported)`,
        }))}
        value={event.name}
        onChange={setChosen}
      />
      <Select
        label="Format"
        description={FORMAT_WORDS[format].meaning}
        maw={320}
        allowDeselect={false}
        data={FORMATS.map((value) => ({ value, label: FORMAT_WORDS[value].label }))}
        value={format}
        onChange={(value) => value !== null && setFormat(value)}
      />
      <div>
        <Text size="sm" fw={600} mb={4}>
          Headers
        </Text>
        <CodeBlock text={sampleHeaders(contentHeaders)} label="headers of the request" />
      </div>
      <div>
        <Text size="sm" fw={600} mb={4}>
          Body
        </Text>
        <CodeBlock text={prettyJson(body)} label={`body of the request for ${label}, ${event.label}`} />
      </div>
      <Text size="sm" c="dimmed">
        Sent without line breaks, and with the same bytes on every attempt; the entity is untouched. Test
        events also carry the header webhook-test: true{TEST_MARK[format]}.
      </Text>
    </Stack>
  );
}
