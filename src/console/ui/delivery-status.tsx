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
  UNVERIFIED: ['Awaits confirmation', 'orange', IconMailQuestion],
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

export function DeliveryStatusBadge({ status }: { status: DeliveryStatus }) {
  return <StatusBadge look={DELIVERY_STATUS[status]} />;
}

export function WebhookStatusBadge({ status }: { status: WebhookStatus }) {
  return <StatusBadge look={WEBHOOK_STATUS[status]} />;
}

export function EndpointStatusBadge({ status }: { status: EndpointStatus }) {
  return <StatusBadge look={ENDPOINT_STATUS[status]} />;
}
