import { Page } from '../layout/page.tsx';

export function ListenersPage() {
  return <Page title="Webhook Listeners">…</Page>;
}
