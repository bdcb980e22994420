import { Page } from '../layout/page.tsx';

export function CatalogPage() {
  return <Page title="Catalog">…</Page>;
}
