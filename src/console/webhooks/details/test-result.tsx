/** How the last test went: each delivery with its attempts, as they happen. */
import { Anchor, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { Link } from 'react-router';

import { DeliveryTimeline } from '../../deliveries/delivery-timeline.tsx';
import { useLiveDelivery } from '../../deliveries/use-live-delivery.ts';
import { useAnnounce } from '../../ui/announcer.tsx';
import { DELIVERY_STATUS, DeliveryStatusBadge } from '../../ui/delivery-status.tsx';
import { ErrorState, LoadingState } from '../../ui/states.tsx';
import { placeOf } from '../endpoint-place.ts';
import classes from './details.module.css';
import type { TestDelivery } from './use-test-event.ts';

export function TestResult({ deliveries }: { deliveries: readonly TestDelivery[] }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // What it returns is no clean-up: newer browsers give a promise.
  useEffect(() => void heading.current?.scrollIntoView({ block: 'nearest' }), [deliveries]);
  return (
    <Paper component="section" withBorder p="md" aria-labelledby="part-result">
      <Stack gap="md">
        <Title order={2} size="h4" id="part-result" ref={heading}>
          How the test went
        </Title>
        <Stack component="ul" gap="sm" className={classes['list']}>
          {deliveries.map(({ id, endpoint }) => (
            <OneResult key={id} id={id} target={endpoint ? placeOf(endpoint) : ''} />
          ))}
        </Stack>
      </Stack>
    </Paper>
  );
}

function OneResult({ id, target }: { id: string; target: string }) {
  const { delivery, attempts, status, error, reload } = useLiveDelivery(id);
  const announce = useAnnounce();
  const ended = delivery?.completedAt == null ? null : delivery.status;
  useEffect(() => {
    if (ended !== null) announce(`Test to ${target}: ${DELIVERY_STATUS[ended][0]}`);
  }, [announce, ended, target]);
  return (
    <Paper component="li" withBorder p="sm">
      <Stack gap="sm">
        <Group justify="space-between" gap="xs">
          <Text ff="monospace" size="sm" className={classes['wrap']}>
            {target}
          </Text>
          {delivery && <DeliveryStatusBadge delivery={delivery} />}
        </Group>
        {status === 'failed' && error ? (
          <ErrorState error={error} onRetry={reload} />
        ) : delivery === null ? (
          <LoadingState what="the delivery" />
        ) : (
          <DeliveryTimeline delivery={delivery} attempts={attempts} />
        )}
        <Anchor component={Link} to={`/deliveries/${id}`} size="sm">
          Request and response of this delivery
        </Anchor>
      </Stack>
    </Paper>
  );
}
