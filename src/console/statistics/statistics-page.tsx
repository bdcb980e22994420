/** How deliveries went, over all webhooks that one may see. */
import { Page } from '../layout/page.tsx';
import { StatsPanel } from './stats-panel.tsx';

export function StatisticsPage() {
  return (
    <Page
      title="Statistics"
      description="How the deliveries of all webhooks that you may see went. Test deliveries do not count."
    >
      <StatsPanel webhookId={null} />
    </Page>
  );
}
