import { Page } from '../layout/page.tsx';

export function AccessTokensPage() {
  return <Page title="Access tokens">…</Page>;
}
