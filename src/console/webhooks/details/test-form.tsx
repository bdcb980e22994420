/** What a test sends: to which endpoints, which event, with which payload. */
import { Alert, Button, Group, Select, SimpleGrid, Stack, Text, Textarea } from '@mantine/core';
import { IconRestore, IconSend } from '@tabler/icons-react';
import { type FormEvent, useMemo, useRef, useState } from 'react';
import { useQuery } from 'urql';

import { WizardSampleDocument } from '../../gql/graphql.ts';
import { useAnnounce } from '../../ui/announcer.tsx';
import { prettyJson } from '../../ui/code-block.tsx';
import type { Catalog } from '../editor/catalog-choice.ts';
import { placeOf } from '../endpoint-place.ts';
import classes from './details.module.css';
import { choiceOf, testChoices } from './test-choices.ts';
import type { TestEvent } from './use-test-event.ts';
import type { DetailedWebhook } from './use-webhook.ts';

interface TestFormProps {
  webhook: DetailedWebhook;
  catalog: Catalog;
  test: TestEvent;
}

const ALL = 'all';

export function TestForm({ webhook, catalog, test }: TestFormProps) {
  const choices = useMemo(() => testChoices(webhook.triggers, catalog), [webhook.triggers, catalog]);
  const [wanted, setWanted] = useState<string | null>(null);
  const [endpoint, setEndpoint] = useState(ALL);
  /** Null follows the example. */
  const [typed, setTyped] = useState<string | null>(null);
  const [wrongJson, setWrongJson] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const announce = useAnnounce();

  const known = choices.flatMap(({ items }) => items);
  const value = known.find((item) => item.value === wanted)?.value ?? known[0]?.value ?? null;
  const choice = value === null ? null : choiceOf(value);
  const resourceId = catalog.find(({ name }) => name === choice?.resource)?.id;
  const [{ data, fetching }] = useQuery({
    query: WizardSampleDocument,
    variables: { id: resourceId ?? '' },
    pause: resourceId === undefined,
  });
  const sample = data?.node != null && 'events' in data.node ? data.node : null;
  const example = sample?.events.find(({ name }) => name === choice?.event)?.examplePayload;
  const text = typed ?? (example === undefined ? '' : prettyJson(example));
  const waiting = typed === null && fetching;
  const endpoints = webhook.endpoints.map((one) => ({ value: one.id, label: placeOf(one) }));
  // Its endpoint may have been removed meanwhile.
  const to = endpoints.some((one) => one.value === endpoint) ? endpoint : ALL;
  const { problems } = test;
  const payloadProblem = wrongJson ?? (problems.payload.length > 0 ? problems.payload.join('\n') : null);

  function choose(next: string | null): void {
    if (next === null) return;
    // Another resource has another model, so that what was typed does not fit it.
    if (choiceOf(next).resource !== choice?.resource) type(null);
    setWanted(next);
    test.forgetProblems();
  }

  function type(next: string | null): void {
    setTyped(next);
    setWrongJson(null);
    test.forgetProblems();
  }

  async function send(event: FormEvent): Promise<void> {
    event.preventDefault();
    if (choice === null) return;
    let payload: unknown;
    try {
      payload = JSON.parse(text);
    } catch (error) {
      setWrongJson(`This is not JSON: ${(error as Error).message}`);
      field.current?.focus();
      return;
    }
    // The API takes null as left out, and would send the example.
    if (payload === null) {
      setWrongJson('The payload must be a JSON object.');
      field.current?.focus();
      return;
    }
    const input = {
      webhookId: webhook.id,
      ...(to === ALL ? {} : { endpointId: to }),
      ...choice,
      payload,
    };
    if (await test.send(input)) announce('The test was sent');
    else field.current?.focus();
  }

  return (
    <form noValidate aria-label="Send a test event" onSubmit={(event) => void send(event)}>
      <Stack gap="md">
        {problems.whole !== null && (
          <Alert color="red" role="alert" title="The test was not sent">
            {problems.whole}
          </Alert>
        )}
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Select
            label="To"
            allowDeselect={false}
            data={[
              {
                value: ALL,
                label: endpoints.length === 1 ? 'The endpoint' : `All ${endpoints.length} endpoints`,
              },
              ...(endpoints.length === 1 ? [] : endpoints),
            ]}
            value={to}
            error={problems.endpoint}
            onChange={(next) => next !== null && setEndpoint(next)}
          />
          <Select
            label="Event"
            searchable
            allowDeselect={false}
            nothingFoundMessage="Nothing in the catalog matches"
            data={choices}
            value={value}
            error={problems.choice}
            onChange={choose}
          />
        </SimpleGrid>
        <Textarea
          ref={field}
          label="Payload"
          description="The entity, as JSON; it must follow the model of the resource."
          autosize
          minRows={6}
          maxRows={24}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          value={text}
          disabled={waiting}
          error={
            payloadProblem !== null && (
              <Text span size="sm" className={classes['wrap']}>
                {payloadProblem}
              </Text>
            )
          }
          onChange={(event) => type(event.currentTarget.value)}
        />
        <Group justify="flex-end">
          {typed !== null && (
            <Button
              variant="default"
              leftSection={<IconRestore aria-hidden size={16} />}
              onClick={() => type(null)}
            >
              Use the example
            </Button>
          )}
          <Button
            type="submit"
            loading={test.busy}
            disabled={waiting}
            leftSection={<IconSend aria-hidden size={16} />}
          >
            Send test
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
