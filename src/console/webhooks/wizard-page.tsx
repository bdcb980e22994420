import { Page } from '../layout/page.tsx';

export function WizardPage() {
  return <Page title="New Webhook Listener">…</Page>;
}
