/** What the webhook sent and is about to send, live; the filters are in the address. */
import { LiveDeliveries } from '../../deliveries/live-deliveries.tsx';
import type { DetailedWebhook } from './use-webhook.ts';

export function DeliveriesTab({ webhook }: { webhook: DetailedWebhook }) {
  return (
    <LiveDeliveries
      filter={{ webhookId: webhook.id }}
      label={`Deliveries of webhook ${webhook.number}, ${webhook.name}`}
      showWebhook={false}
      endpoints={webhook.endpoints}
      empty={{
        title: 'No delivery yet',
        text: 'As soon as an event fires this webhook, its delivery appears here by itself. A test shows before that whether the receiver answers.',
      }}
    />
  );
}
