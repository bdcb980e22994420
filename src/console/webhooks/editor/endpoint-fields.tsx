/** Where a webhook sends: a row for each place, each with its Advanced section. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useCallback, useRef } from 'react';

import { EndpointRow } from './endpoint-row.tsx';
import { type EndpointValues, newEndpoint } from './endpoint-values.ts';
import type { WebhookForm } from './form.ts';
import { LIMITS } from './limits.ts';
import { errorsBelow } from './problems.ts';
import { useRowList } from './row-list.ts';

/** The fields of step 2; form is the whole webhook's. */
export function EndpointFields({ form }: { form: WebhookForm }) {
  const { endpoints, details } = form.values;
  const team = details.scope === 'team' ? (details.team?.name ?? null) : null;
  const list = useRowList(form, 'endpoints', { first: 'target', name: 'Endpoint' });
  const latest = useRef({ form, list });
  latest.current = { form, list };
  // Stable, so that typing into one row does not draw the others again.
  const change = useCallback((index: number, patch: Partial<EndpointValues>, touched: string[]) => {
    const { form: now } = latest.current;
    now.setFieldValue(`endpoints.${index}`, (row: EndpointValues) => ({ ...row, ...patch }));
    for (const path of touched) now.clearFieldError(`endpoints.${index}.${path}`);
  }, []);
  const remove = useCallback((index: number) => latest.current.list.remove(index), []);
  const full = endpoints.length >= LIMITS.endpoints;
  return (
    <Stack gap="md">
      {endpoints.map((row, index) => (
        <EndpointRow
          key={row.key}
          row={row}
          index={index}
          only={endpoints.length === 1}
          team={team}
          errors={errorsBelow(form.errors, `endpoints.${index}`)}
          onChange={change}
          onRemove={remove}
        />
      ))}
      {form.errors['endpoints'] !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)">
          {form.errors['endpoints']}
        </Text>
      )}
      <Group>
        <Button
          variant="default"
          data-field="endpoints"
          leftSection={<IconPlus aria-hidden size={16} />}
          disabled={full}
          onClick={() => list.add(newEndpoint())}
        >
          ADD ANOTHER ENDPOINT
        </Button>
        <Text size="sm" c="dimmed">
          {full
            ? `${LIMITS.endpoints} endpoints are the most a webhook may have.`
            : 'Optional: each event goes to every endpoint.'}
        </Text>
      </Group>
    </Stack>
  );
}
