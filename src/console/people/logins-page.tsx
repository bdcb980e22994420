import { Page } from '../layout/page.tsx';

export function LoginsPage() {
  return <Page title="Logins">…</Page>;
}
