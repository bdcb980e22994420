import type { TestDelivery } from './use-test-event.ts';
export function TestResult({ deliveries }: { deliveries: readonly TestDelivery[] }) {
  return <p>{deliveries.length}</p>;
}
