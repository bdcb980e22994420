import { Page } from '../layout/page.tsx';

export function GuidePage() {
  return <Page title="Set Up Webhooks">…</Page>;
}
