/** What tests of mail need first: a webhook whose endpoint is a mailbox, and the word of its owner. */
import type { Api } from './api.ts';
import { linkIn, type MailServer, mailTo } from './mail-server.ts';

/** A webhook whose endpoint is a mailbox, or those of a team. */
export interface MailWebhook {
  id: string;
  number: number;
  endpointId: string;
}

export const CREATE = `mutation ($input: WebhookInput!) {
  webhookCreate(input: $input) {
    errors { code field message }
    webhook { id number version endpoints { id kind target status statusReason advanced { signing headers { name } } secrets { id } } }
    newSecrets { value }
  } }`;

/** The input of a webhook for clients.create to a mailbox. */
export function mailInput(
  target: string | null,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    details: { name: 'Mails', ...(more['details'] as object) },
    endpoints: [
      { kind: target === null ? 'TEAM_MAILBOXES' : 'EMAIL', target, ...(more['endpoint'] as object) },
    ],
    triggers: more['triggers'] ?? [{ resource: 'clients', event: 'create' }],
  };
}

/** Creates it; nobody has confirmed yet. */
export async function createMailWebhook(
  api: Api,
  target: string | null,
  more: Record<string, unknown> = {},
): Promise<MailWebhook> {
  const { webhook } = await api.mutate(CREATE, { input: mailInput(target, more) });
  return { id: webhook.id, number: webhook.number, endpointId: webhook.endpoints[0].id };
}

/** Waits for the newest confirmation mail to an address, and presses the button of its page. */
export async function confirm(mail: MailServer, address: string): Promise<void> {
  await mail.find((one) => mailTo(address)(one) && one.mail.subject!.startsWith('Confirm mails'));
  const newest = mail.mails.findLast(
    (one) => mailTo(address)(one) && one.mail.subject!.startsWith('Confirm'),
  )!;
  const answer = await fetch(linkIn(newest, 'confirm'), { method: 'POST' });
  if (answer.status !== 200) throw new Error(`confirming answered ${answer.status}`);
}

/** Mails to an address that are deliveries. */
export function deliveriesTo(address: string): Parameters<MailServer['find']>[0] {
  return (one) => mailTo(address)(one) && one.mail.subject!.startsWith('[');
}

/** Creates it, and has its mailbox confirmed. */
export async function confirmedWebhook(
  api: Api,
  mail: MailServer,
  address: string,
  more: Record<string, unknown> = {},
): Promise<MailWebhook> {
  const webhook = await createMailWebhook(api, address, more);
  await confirm(mail, address);
  return webhook;
}

/** The endpoint of a webhook as the API shows it. */
export async function endpointOf(api: Api, { id }: { id: string }): Promise<any> {
  const webhook = await api.run(
    `query ($id: ID!) { webhook(id: $id) { endpoints { id kind target status statusReason failingSince } } }`,
    { id },
  );
  return webhook.endpoints[0];
}

/** The deliveries of a webhook, the oldest first. */
export async function deliveriesOf(api: Api, { id }: { id: string }): Promise<any[]> {
  const page = await api.run(
    `query ($id: ID!) { deliveries(first: 20, filter: { webhookId: $id }) { nodes {
       id status attemptCount nextAttemptAt event { id entityId }
       attempts(first: 5) { nodes { number outcome request { url body headers { name value secret } } response { statusCode body } failure { code message } } } } } }`,
    { id },
  );
  return page.nodes.reverse();
}

/** Waits until the API shows something. */
export async function until<T>(api: Api, look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const stream = api.subscribe(
    'subscription { deliveryEvents(mode: EVERY_EVENT, minIntervalMs: 0) { cursor } }',
  );
  for (let tries = 0; ; tries += 1) {
    const seen = await look();
    if (holds(seen) || tries === 100) {
      await stream.close();
      if (!holds(seen)) throw new Error(`still ${JSON.stringify(seen)}`);
      return seen;
    }
    // The stream's heartbeat is the clock.
    const before = stream.received.length;
    await stream.until((received) => received.length > before);
  }
}
