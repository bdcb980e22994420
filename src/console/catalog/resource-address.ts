/** The address of a resource's page. */
export function resourceAddress(name: string): string {
  return `/settings/api/catalog/${encodeURIComponent(name)}`;
}
