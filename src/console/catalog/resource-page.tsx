import { Page } from '../layout/page.tsx';

export function ResourcePage() {
  return <Page title="Resource">…</Page>;
}
