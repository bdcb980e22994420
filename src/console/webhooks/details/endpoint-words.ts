/** What the states of an endpoint mean for what is to be sent. */
import type { DeliveryStatus, EndpointStatus } from '../../gql/graphql.ts';

/** A state in which an endpoint is not sent to until it works, or somebody enables it. */
export type Stopped = Exclude<EndpointStatus, 'ACTIVE' | 'UNVERIFIED'>;

/** How each reads behind "Endpoint 2", what goes on meanwhile, and which deliveries tell more. */
export const STOPPED: Record<
  Stopped,
  { is: string; meanwhile: string; deliveries: readonly DeliveryStatus[] }
> = {
  PAUSED: {
    is: 'is paused: it fails',
    meanwhile:
      'What is to be sent waits. From time to time one delivery tries whether it works again; after a success the others follow by themselves.',
    deliveries: ['RETRY_SCHEDULED', 'FAILED'],
  },
  AUTO_DISABLED: {
    is: 'is off after failures',
    meanwhile:
      'Nothing is sent to it. What was waiting is cancelled, and what happens until you enable it is not made up for.',
    deliveries: ['FAILED', 'CANCELLED'],
  },
  DISABLED: {
    is: 'is switched off',
    meanwhile:
      'Nothing is sent to it. What was waiting is cancelled, and what happens until you enable it is not made up for.',
    deliveries: ['FAILED', 'CANCELLED'],
  },
};

/** The same of a mailbox that its owner, or its server, has ended. */
export const ENDED: Record<'SUPPRESSED' | 'UNSUBSCRIBED', { is: string; meanwhile: string }> = {
  SUPPRESSED: {
    is: 'is off: its mailbox was refused',
    meanwhile:
      'Nothing is sent to it. What was waiting is cancelled. Enable it when the mailbox takes mails again: it is tried once more.',
  },
  UNSUBSCRIBED: {
    is: 'is off: its owner unsubscribed',
    meanwhile:
      'Nothing is sent to it. What was waiting is cancelled. Enable asks the owner anew, with a confirmation mail.',
  },
};

/** The gravest first. */
const ORDER: readonly EndpointStatus[] = ['AUTO_DISABLED', 'PAUSED', 'DISABLED'];
/** More than so many would push the page out of sight. */
const MOST = 3;

/** Those that are not sent to: the ones that have a banner of their own, and how many more there are. */
export function stoppedOf<Endpoint extends { status: EndpointStatus }>(
  endpoints: readonly Endpoint[],
): { told: Endpoint[]; more: number } {
  const stopped = ORDER.flatMap((status) => endpoints.filter((endpoint) => endpoint.status === status));
  return { told: stopped.slice(0, MOST), more: Math.max(0, stopped.length - MOST) };
}

/** The address of the deliveries that did not arrive at an endpoint. */
export function troubleAddress(number: number, endpointId: string, status: EndpointStatus): string {
  const stopped = status === 'ACTIVE' || status === 'UNVERIFIED' ? 'PAUSED' : status;
  const shown = STOPPED[stopped].deliveries;
  const params = new URLSearchParams({
    ...{ tab: 'deliveries', endpoint: endpointId, status: shown.join(',').toLowerCase() },
  });
  return `/webhooks/${number}?${params.toString()}`;
}
