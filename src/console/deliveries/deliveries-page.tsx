/** All deliveries, as they happen. */
import { Page } from '../layout/page.tsx';
import { LiveDeliveries } from './live-deliveries.tsx';

const ALL = {};

export function DeliveriesPage() {
  return (
    <Page
      title="Deliveries"
      description="Every event on its way to every endpoint: what came back, and what will be tried again."
    >
      <LiveDeliveries filter={ALL} label="Deliveries" />
    </Page>
  );
}
