/** The filters above a list of deliveries. */
import { Button, Chip, Group, Pill, Select, Stack } from '@mantine/core';
import { IconFilterOff } from '@tabler/icons-react';
import { memo } from 'react';

import { EventSelects } from '../catalog/event-selects.tsx';
import type { DeliveryFilterInput } from '../gql/graphql.ts';
import { DELIVERY_STATUS } from '../ui/delivery-status.tsx';
import { SearchField } from '../ui/search-field.tsx';
import { TimeSpanFields, TimeSpanSelect } from '../ui/time-span.tsx';
import { TypedField } from '../ui/typed-field.tsx';
import { readCodes, STATUSES, type Within } from './filter-params.ts';
import type { DeliveryFilter } from './use-delivery-filter.ts';

interface DeliveryFiltersProps {
  by: DeliveryFilter;
  /** What the page itself has settled: for that there is no field. */
  fixed: DeliveryFilterInput;
  /** Those to choose from; none for a list over several webhooks. */
  endpoints: readonly EndpointChoice[];
}

/** An endpoint to choose. */
export interface EndpointChoice {
  id: string;
  target: string;
}

export const DeliveryFilters = memo(Filters);

/** Not drawn again with each batch of the list below. */
function Filters({ by, fixed, endpoints }: DeliveryFiltersProps) {
  const { chosen, change, filtered, clear } = by;
  const ofWebhook = fixed.webhookId != null || fixed.webhookNumber != null;
  const changeSpan = ({ within, ...ends }: { within: string | null; from: string; to: string }): void =>
    change({ within: within as Within | null, ...ends });
  return (
    <Stack gap="xs">
      <Group gap="xs" align="flex-start">
        <SearchField
          label={ofWebhook ? 'Search by id' : 'Search by id or webhook'}
          value={chosen.search}
          onChange={(search) => change({ search })}
        />
        <TimeSpanSelect value={chosen} onChange={changeSpan} />
        {!ofWebhook && (
          <TypedField
            label="Webhook number"
            value={chosen.webhook}
            width={150}
            check={(text) => (/^[1-9]\d{0,8}$/.test(text) ? null : 'A number, such as 12')}
            onChange={(webhook) => change({ webhook })}
          />
        )}
        {endpoints.length > 1 && (
          <Select
            aria-label="Endpoint"
            placeholder="Any endpoint"
            clearable
            clearButtonProps={{ 'aria-label': 'Any endpoint' }}
            w={{ base: '100%', xs: 240 }}
            data={endpoints.map(({ id, target }, index) => ({
              ...{ value: id, label: `${index + 1}: ${target.replace(/^https?:\/\//, '')}` },
            }))}
            value={chosen.endpoint === '' ? null : chosen.endpoint}
            onChange={(endpoint) => change({ endpoint: endpoint ?? '' })}
          />
        )}
        <EventSelects resource={chosen.resource} event={chosen.event} onChange={change} />
        <TypedField
          label="HTTP status"
          value={chosen.code}
          width={120}
          check={(text) => (readCodes(text) === null ? 'Such as 404 or 5xx' : null)}
          onChange={(code) => change({ code })}
        />
      </Group>
      <TimeSpanFields value={chosen} onChange={changeSpan} />
      <Group gap="xs" role="group" aria-label="Status">
        <Chip.Group
          multiple
          value={chosen.status}
          onChange={(values: string[]) =>
            change({ status: STATUSES.filter((status) => values.includes(status)) })
          }
        >
          {STATUSES.map((status) => (
            <Chip key={status} value={status} size="sm" variant="outline">
              {DELIVERY_STATUS[status][0]}
            </Chip>
          ))}
        </Chip.Group>
        {chosen.replay !== '' && (
          <Pill
            size="md"
            withRemoveButton
            onRemove={() => change({ replay: '' })}
            removeButtonProps={{ 'aria-label': 'Not only of one replay', 'aria-hidden': false, tabIndex: 0 }}
          >
            Sent by one replay
          </Pill>
        )}
        {filtered && (
          <Button
            variant="subtle"
            size="compact-sm"
            leftSection={<IconFilterOff aria-hidden size={15} />}
            onClick={clear}
          >
            Clear filters
          </Button>
        )}
      </Group>
    </Stack>
  );
}
