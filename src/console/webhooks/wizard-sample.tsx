/** What will be sent for a chosen event, from the example of the catalog. */
import { Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';

import { sampleRequest } from '../catalog/sample.ts';
import { type PayloadFormat, WizardSampleDocument } from '../gql/graphql.ts';
import { CodeBlock, prettyJson } from '../ui/code-block.tsx';
import { type Catalog, useCatalog } from './editor/catalog-choice.ts';
import type { EndpointValues } from './editor/endpoint-values.ts';
import type { TriggerValues } from './editor/form.ts';
import { FORMAT_WORDS, FORMATS } from './format-words.ts';

interface Chosen {
  key: string;
  label: string;
  resource: Catalog[number];
  event: string;
}

interface WizardSampleProps {
  triggers: readonly TriggerValues[];
  endpoints: readonly EndpointValues[];
}

export function WizardSample({ triggers, endpoints }: WizardSampleProps) {
  const { catalog } = useCatalog();
  const [picked, setPicked] = useState<string | null>(null);
  const [looked, setLooked] = useState<string | null>(null);
  const formats = FORMATS.filter((one) => endpoints.some(({ advanced }) => advanced.format === one));
  const format = formats.find((one) => one === looked) ?? formats[0] ?? 'STANDARD_WEBHOOKS';
  const choices = chosenEvents(triggers, catalog ?? []);
  const shown = choices.find(({ key }) => key === picked) ?? choices.at(-1);
  const [{ data }] = useQuery({
    query: WizardSampleDocument,
    variables: { id: shown?.resource.id ?? '' },
    pause: shown === undefined,
  });
  if (shown === undefined)
    return (
      <Text size="sm" c="dimmed">
        Choose a resource and an event to see a sample of what will be sent.
      </Text>
    );
  const node = data?.node;
  const events = node && 'events' in node && node.id === shown.resource.id ? node.events : [];
  const sample = events.find(({ name }) => name === shown.event)?.examplePayload;
  return (
    <Stack gap="xs">
      {choices.length > 1 ? (
        <Select
          label="Sample of what will be sent"
          data={choices.map(({ key, label }) => ({ value: key, label }))}
          value={shown.key}
          allowDeselect={false}
          onChange={setPicked}
          maw={360}
        />
      ) : (
        <Text size="sm" fw={600}>
          Sample of what will be sent: {shown.label}
        </Text>
      )}
      {formats.length > 1 ? (
        <Select
          label="Format"
          data={formats.map((value) => ({ value, label: FORMAT_WORDS[value].label }))}
          value={format}
          allowDeselect={false}
          onChange={setLooked}
          maw={360}
        />
      ) : (
        format !== 'STANDARD_WEBHOOKS' && (
          <Text size="sm" c="dimmed">
            {FORMAT_WORDS[format].label}: {FORMAT_WORDS[format].meaning}
          </Text>
        )
      )}
      <CodeBlock label="sample" maxHeight={260} text={sampleText(format, shown, sample)} />
    </Stack>
  );
}

/** The body; where the format tells what happened in headers, those before it. */
function sampleText(format: PayloadFormat, { resource, event }: Chosen, sample: unknown): string {
  const { contentHeaders, body } = sampleRequest(format, resource, {
    name: event,
    examplePayload: sample ?? '…',
  });
  const told = Object.entries(contentHeaders).filter(([name]) => name.startsWith('ce-'));
  const headers = told.map(([name, value]) => `${name}: ${value}\n`).join('');
  return `${headers === '' ? '' : `${headers}\n`}${prettyJson(body)}`;
}

/** The events of the triggers that the catalog has, each once. */
function chosenEvents(triggers: readonly TriggerValues[], catalog: Catalog): Chosen[] {
  const chosen = new Map<string, Chosen>();
  for (const { resource, event } of triggers) {
    const found = catalog.find(({ name }) => name === resource);
    const option = found?.events.find(({ name }) => name === event);
    if (!found || !option) continue;
    const key = `${found.name} ${option.name}`;
    chosen.set(key, { key, label: `${found.label} – ${option.label}`, resource: found, event: option.name });
  }
  return [...chosen.values()];
}
