import { Page } from '../layout/page.tsx';

export function AccountsPage() {
  return <Page title="Accounts">…</Page>;
}
