/**
 * A live list of deliveries with its filters in the address: those of one webhook, of one event, or all. What is
 * new comes in at the top; scrolled down or paused it waits behind a pill with its number.
 */
import { Stack, Text } from '@mantine/core';
import { type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from 'react';
import { useNavigate } from 'react-router';

import { useLabels } from '../catalog/use-labels.ts';
import type { DeliveryFilterInput } from '../gql/graphql.ts';
import { ReplayButton } from '../replays/replay-button.tsx';
import { useMay } from '../session/viewer.tsx';
import { useAnnounce } from '../ui/announcer.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { deliveryColumns } from './delivery-columns.tsx';
import { DeliveryFilters, type EndpointChoice } from './delivery-filters.tsx';
import { LiveToolbar } from './live-toolbar.tsx';
import { useCount } from './use-count.ts';
import { useDeliveryFilter } from './use-delivery-filter.ts';
import { useLiveDeliveries } from './use-live-deliveries.ts';

interface LiveDeliveriesProps {
  /** What the list is of, whatever is chosen: a webhook's, an event's; {} for all. */
  filter: DeliveryFilterInput;
  /** What the table holds, such as "Deliveries of Orders". */
  label: string;
  /** The columns of webhooks; without it, of endpoints. */
  showWebhook?: boolean;
  /** Stands before the names of the address's parameters, where a page has several lists. */
  urlPrefix?: string;
  /** Those that can be chosen; none where there are several webhooks. */
  endpoints?: readonly EndpointChoice[];
  /** Leaves the filters out: for short lists. */
  plain?: boolean;
  empty?: { title: string; text: ReactNode; action?: ReactNode };
}

const NO_ENDPOINTS: readonly EndpointChoice[] = [];
const EMPTY = {
  title: 'No delivery yet',
  text: 'As soon as an event fires a webhook, its delivery appears here by itself.',
};

export function LiveDeliveries(props: LiveDeliveriesProps) {
  const { filter: fixed, label, showWebhook = true, urlPrefix = '', plain = false, empty = EMPTY } = props;
  const { endpoints = NO_ENDPOINTS } = props;
  const top = useRef<HTMLDivElement>(null);
  const scrolled = useScrolledPast(top);
  const by = useDeliveryFilter(urlPrefix);
  const filter = plain ? fixed : { ...by.filter, ...fixed };
  const deliveries = useLiveDeliveries(filter, scrolled);
  const { list, waiting } = deliveries;
  const count = useCount(filter, list);
  const { eventLabel } = useLabels();
  const columns = useMemo(() => deliveryColumns({ showWebhook, eventLabel }), [showWebhook, eventLabel]);
  const navigate = useNavigate();
  const mayManage = useMay('WEBHOOKS_MANAGE');

  const announce = useAnnounce();
  // Said once for each filter: a count that grows by itself would be talked of without end.
  const asked = JSON.stringify(filter);
  const said = useRef('');
  useEffect(() => {
    if (count === null || said.current === asked) return;
    said.current = asked;
    announce(count);
  }, [announce, count, asked]);
  const some = waiting > 0;
  useEffect(() => {
    if (some) announce('New deliveries wait to be shown');
  }, [announce, some]);

  return (
    <Stack gap="sm">
      {!plain && <DeliveryFilters by={by} fixed={fixed} endpoints={endpoints} />}
      {by.chosen.status.includes('IN_FLIGHT') && !plain && (
        <Text size="sm" c="dimmed">
          That a delivery is being sent is not pushed: “Sending” shows those of the moment when the list was
          read.
        </Text>
      )}
      <div ref={top} aria-hidden />
      <LiveToolbar
        of={deliveries}
        count={count}
        actions={!plain && mayManage && <ReplayButton filter={filter} />}
        onShow={() => {
          deliveries.setPaused(false);
          deliveries.show();
          window.scrollTo({ top: 0 });
        }}
      />
      <DataTable
        label={label}
        what="deliveries"
        list={list}
        columns={columns}
        onOpen={({ id }) => void navigate(`/deliveries/${id}`)}
        filtered={!plain && by.filtered}
        onClearFilters={by.clear}
        empty={empty}
        isNew={deliveries.isNew}
      />
    </Stack>
  );
}

/** Whether the place of an element is scrolled out of view at the top. */
function useScrolledPast(element: RefObject<HTMLElement | null>): boolean {
  const [past, setPast] = useState(false);
  useEffect(() => {
    if (element.current === null) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry) setPast(!entry.isIntersecting && entry.boundingClientRect.top < 0);
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return past;
}
