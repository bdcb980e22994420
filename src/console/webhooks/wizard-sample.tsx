/** What will be sent for a chosen event, from the example of the catalog. */
import { Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';

import { WizardSampleDocument } from '../gql/graphql.ts';
import { CodeBlock, prettyJson } from '../ui/code-block.tsx';
import { type Catalog, useCatalog } from './editor/catalog-choice.ts';
import type { TriggerValues } from './editor/form.ts';

interface Chosen {
  key: string;
  label: string;
  resource: Catalog[number];
  event: string;
}

export function WizardSample({ triggers }: { triggers: readonly TriggerValues[] }) {
  const { catalog } = useCatalog();
  const [picked, setPicked] = useState<string | null>(null);
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
      <CodeBlock
        label="sample"
        maxHeight={260}
        text={prettyJson({
          type: `${shown.resource.name}.${shown.event}`,
          timestamp: '…',
          id: 'evt_…',
          resource: shown.resource.name,
          event: shown.event,
          entityId: '…',
          webhookNumber: '…',
          data: sample ?? '…',
        })}
      />
    </Stack>
  );
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
