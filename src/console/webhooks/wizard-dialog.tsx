import { Page } from '../layout/page.tsx';

export function WizardDialog() {
  return <Page title="Add Webhook">…</Page>;
}
