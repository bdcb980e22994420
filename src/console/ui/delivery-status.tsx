/** The state of a delivery, a webhook or an endpoint as icon and word: never by colour alone. */
import type { MantineColor } from '@mantine/core';
import {
  IconBan,
  IconCheck,
  IconClock,
  IconMailQuestion,
  IconMoonStars,
  IconPlayerPause,
  IconRefresh,
  IconSend,
  IconX,
  type TablerIcon,
} from '@tabler/icons-react';

import type { DeliveryStatus, EndpointStatus, WebhookStatus } from '../gql/graphql.ts';
import { WordBadge } from './word-badge.tsx';

type Look = [label: string, color: MantineColor, icon: TablerIcon];

/** How each state of a delivery reads. */
export const DELIVERY_STATUS: Record<DeliveryStatus, Look> = {
  PENDING: ['Waiting', 'gray', IconClock],
  IN_FLIGHT: ['Sending', 'blue', IconSend],
  RETRY_SCHEDULED: ['Will retry', 'orange', IconRefresh],
  SUCCEEDED: ['Delivered', 'green', IconCheck],
  FAILED: ['Failed', 'red', IconX],
  CANCELLED: ['Cancelled', 'gray', IconBan],
};

const AWAITS_OWNER: Look = ['Awaits confirmation', 'orange', IconMailQuestion];

/** A delivery, as far as it tells what it waits for. */
interface Waiting {
  status: DeliveryStatus;
  nextAttemptAt?: string | null;
}

/** Whether a delivery waits until the owner of its mailbox confirms: it is open, and no attempt is planned. */
export function awaitsOwner({ status, nextAttemptAt }: Waiting): boolean {
  return (status === 'PENDING' || status === 'RETRY_SCHEDULED') && nextAttemptAt == null;
}

const WEBHOOK_STATUS: Record<WebhookStatus, Look> = {
  ENABLED: ['Enabled', 'green', IconCheck],
  DISABLED: ['Disabled', 'gray', IconPlayerPause],
  INACTIVE: ['Inactive', 'orange', IconMoonStars],
  AUTO_DISABLED: ['Off after failures', 'red', IconX],
};

/** How each state of an endpoint reads. */
export const ENDPOINT_STATUS: Record<EndpointStatus, Look> = {
  ACTIVE: ['Active', 'green', IconCheck],
  PAUSED: ['Paused', 'orange', IconPlayerPause],
  UNVERIFIED: AWAITS_OWNER,
  DISABLED: ['Disabled', 'gray', IconBan],
  AUTO_DISABLED: ['Off after failures', 'red', IconX],
};

function StatusBadge({ look: [label, color, Icon] }: { look: Look }) {
  return (
    <WordBadge color={color} icon={<Icon aria-hidden size={14} stroke={2.4} />}>
      {label}
    </WordBadge>
  );
}

/** A delivery that waits for the owner of its mailbox, as one that waits for its time, has nothing planned. */
export function DeliveryStatusBadge({ delivery }: { delivery: Waiting }) {
  return <StatusBadge look={awaitsOwner(delivery) ? AWAITS_OWNER : DELIVERY_STATUS[delivery.status]} />;
}

export function WebhookStatusBadge({ status }: { status: WebhookStatus }) {
  return <StatusBadge look={WEBHOOK_STATUS[status]} />;
}

/** label stands for the word of the status. */
export function EndpointStatusBadge(props: { status: EndpointStatus; label?: string | undefined }) {
  const [word, color, icon] = ENDPOINT_STATUS[props.status];
  return <StatusBadge look={[props.label ?? word, color, icon]} />;
}
