/** What a receiver gets for an event: headers and body, made of the catalog's example. */
import { Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';

import { CodeBlock, prettyJson } from '../ui/code-block.tsx';
import { SAMPLE_HEADERS, sampleBody, type Sampled } from './sample.ts';

export function Arrival({ resource }: { resource: Sampled }) {
  const { events, label } = resource;
  const [chosen, setChosen] = useState<string | null>(null);
  const event = events.find(({ name }) => name === chosen) ?? events[0];
  if (event === undefined) return null;
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
      <div>
        <Text size="sm" fw={600} mb={4}>
          Headers
        </Text>
        <CodeBlock text={SAMPLE_HEADERS} label="headers of the request" />
      </div>
      <div>
        <Text size="sm" fw={600} mb={4}>
          Body
        </Text>
        <CodeBlock
          text={prettyJson(sampleBody(resource, event))}
          label={`body of the request for ${label}, ${event.label}`}
        />
      </div>
      <Text size="sm" c="dimmed">
        Sent without line breaks, and with the same bytes on every attempt. The entity stands under data,
        untouched; test events also carry the header webhook-test: true and a field &quot;test&quot;: true.
      </Text>
    </Stack>
  );
}
