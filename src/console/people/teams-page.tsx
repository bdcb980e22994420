import { Page } from '../layout/page.tsx';

export function TeamsPage() {
  return <Page title="Teams">…</Page>;
}
