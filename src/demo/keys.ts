/**
 * The keys of the demo's receiver. It knows what it was told when its endpoints were made; when a signature does not
 * fit, somebody may have rotated the secret or chosen another scheme, and it asks the server as a person would: that
 * look is in the audit log.
 */
import type { IncomingHttpHeaders } from 'node:http';

import type { Viewer } from '../access/viewer.ts';
import type { App } from '../app.ts';
import type { DemoState } from './state.ts';
import { isGenuine } from './verify.ts';

/** What a check says of a request. */
export type Signed = 'VALID' | 'BAD' | 'NONE' | 'UNKNOWN_PATH';

/** Checks requests to the endpoints of the demo. */
export class Keys {
  readonly #app: App;
  readonly #root: Viewer;
  readonly #state: DemoState;

  constructor(app: App, root: Viewer, state: DemoState) {
    this.#app = app;
    this.#root = root;
    this.#state = state;
  }

  /** Whether a request to a path is signed with a key of its endpoint; NONE where that endpoint does not sign. */
  async check(path: string, headers: IncomingHttpHeaders, body: Buffer): Promise<Signed> {
    const known = this.#state.secretAt(path);
    if (known === undefined) return 'UNKNOWN_PATH';
    const { endpointId, value } = known;
    if (isGenuine(value, headers, body)) return 'VALID';
    const { webhooks } = this.#app.rooms;
    const [endpoint] = (await webhooks.endpointsByIds(this.#root, [endpointId])).values();
    if (endpoint?.signing === 'NONE') return 'NONE';
    const [newest] = (await webhooks.secretsOf([endpointId])).get(endpointId) ?? [];
    if (newest === undefined || value.endsWith(newest.hint)) return 'BAD';
    const { revealed } = await webhooks.revealSecret(this.#root, endpointId);
    if (revealed === null) return 'BAD';
    await this.#state.keepSecret(path, { endpointId, value: revealed.value });
    return isGenuine(revealed.value, headers, body) ? 'VALID' : 'BAD';
  }
}
