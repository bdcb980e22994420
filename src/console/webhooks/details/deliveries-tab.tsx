export function DeliveriesTab({ webhookId }: { webhookId: string }) {
  return <p>{webhookId}</p>;
}
