import { Page } from '../layout/page.tsx';

export function DetailsPage() {
  return <Page title="Webhook Details">…</Page>;
}
