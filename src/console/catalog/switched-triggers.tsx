/** After a registration: which triggers it turned on or off. Comes with the way to the page, and goes with a reload. */
import { Alert, List, Stack, Text } from '@mantine/core';
import { useLocation } from 'react-router';

import type { TriggerInactiveReason } from '../gql/graphql.ts';
import { formatNumber } from '../ui/time.tsx';

/** What a registration did to triggers. */
export interface Registered {
  count: number;
  triggers: {
    id: string;
    label: string;
    name: string;
    active: boolean;
    inactiveReason?: TriggerInactiveReason | null;
  }[];
}

const REASONS: Record<TriggerInactiveReason, string> = {
  RESOURCE_UNKNOWN: 'the catalog has no such resource',
  RESOURCE_NOT_ALLOWED: 'webhooks may not listen to the resource',
  EVENT_UNKNOWN: 'the resource has no such event',
  EVENT_NOT_SUPPORTED: 'the host does not send the event',
};
/** The list goes no further; the number above it is that of all. */
const SHOWN = 20;

export function SwitchedTriggers() {
  const registered = (useLocation().state as { registered?: Registered } | null)?.registered;
  if (registered === undefined) return null;
  const { count, triggers } = registered;
  if (count === 0)
    return (
      <Alert color="green" role="status" title="Saved">
        It turned no trigger on or off.
      </Alert>
    );
  return (
    <Alert
      color="green"
      role="status"
      title={`Saved: it turned ${count === 1 ? 'one trigger' : `${formatNumber(count)} triggers`} on or off`}
    >
      <Stack gap="xs">
        <List size="sm" spacing={4}>
          {triggers.slice(0, SHOWN).map(({ id, label, name, active, inactiveReason }) => (
            <List.Item key={id}>
              {name ? `${name} (${label})` : label}:{' '}
              {active ? 'on now' : `off now, ${inactiveReason ? REASONS[inactiveReason] : 'it cannot fire'}`}
            </List.Item>
          ))}
        </List>
        {count > SHOWN && <Text size="sm">… and {formatNumber(count - SHOWN)} more.</Text>}
      </Stack>
    </Alert>
  );
}
