/** Turns one endpoint on or off; the answer is null when that worked and is on display, else what went wrong. */
import { useMutation } from 'urql';

import { troubleOf } from '../../api/outcome.ts';
import {
  WebhookDetailsEndpointDisableDocument,
  WebhookDetailsEndpointEnableDocument,
} from '../../gql/graphql.ts';

export interface EndpointSwitch {
  enable: () => Promise<string | null>;
  disable: () => Promise<string | null>;
}

/** reload reads its webhook again. */
export function useEndpointSwitch(id: string, reload: () => Promise<void>): EndpointSwitch {
  const [, enable] = useMutation(WebhookDetailsEndpointEnableDocument);
  const [, disable] = useMutation(WebhookDetailsEndpointDisableDocument);

  /** Also when it was refused: what is on display may be what it was refused for. */
  async function done(trouble: string | null): Promise<string | null> {
    await reload();
    return trouble;
  }

  return {
    async enable() {
      const { data, error } = await enable({ id });
      return done(troubleOf(error, data?.endpointEnable));
    },
    async disable() {
      const { data, error } = await disable({ id });
      return done(troubleOf(error, data?.endpointDisable));
    },
  };
}
