/** Turns a webhook on or off; the answer is null when that worked, else what went wrong in a sentence. */
import { notifications } from '@mantine/notifications';
import { useMutation } from 'urql';

import { describeError } from '../../api/problems.ts';
import { WebhookDetailsDisableDocument, WebhookDetailsEnableDocument } from '../../gql/graphql.ts';
import type { DetailedWebhook } from './use-webhook.ts';

export interface WebhookSwitch {
  busy: boolean;
  turn: (on: boolean) => Promise<string | null>;
}

export function useSwitch(webhook: DetailedWebhook, show: (webhook: DetailedWebhook) => void): WebhookSwitch {
  const [enabling, enable] = useMutation(WebhookDetailsEnableDocument);
  const [disabling, disable] = useMutation(WebhookDetailsDisableDocument);

  async function turn(on: boolean): Promise<string | null> {
    const { id } = webhook;
    const { payload, error } = on
      ? await enable({ id }).then(({ data, error }) => ({ payload: data?.webhookEnable, error }))
      : await disable({ id }).then(({ data, error }) => ({ payload: data?.webhookDisable, error }));
    if (error) return describeError(error);
    if (!payload?.webhook)
      return payload?.errors.map(({ message }) => message).join(' ') ?? 'Nothing came back.';
    show(payload.webhook);
    notifications.show({
      message: on
        ? `Webhook ${webhook.number} is switched on: it sends what happens from now on.`
        : `Webhook ${webhook.number} is switched off.`,
    });
    return null;
  }
  return { busy: enabling.fetching || disabling.fetching, turn };
}
