/**
 * The sockets of this process whose callers are known, and what runs on them: how many each login may
 * have. Nothing is counted up and down: a socket is in here while it is open, a subscription on its
 * socket until it ends.
 */
import type { GraphQLError } from 'graphql';

import type { Viewer } from '../access/viewer.ts';
import { type Config, settingName } from '../config.ts';
import type { Position } from '../live/cursor.ts';
import { limitError } from './answers.ts';

/** What belongs to one socket. */
export interface Connection {
  close(code: number, reason: string): void;
  /** Whether the socket has closed; it may do so while its token is looked up. */
  gone: boolean;
  /** The value of the session cookie that came with the upgrade; only from an own page. */
  cookie?: string | undefined;
  /** Set when it is taken in; the rights are those that were read last. */
  viewer?: Viewer;
  /** Where the changes of the saved table stood when the socket was taken in. */
  since?: Position;
  /** Fires when the token or the session expires; the owner of the socket clears it. */
  expiry?: NodeJS.Timeout;
  /** Its subscriptions; each leaves when it is aborted. */
  running: Set<AbortController>;
}

/** The limits on sockets and subscriptions. */
export type ConnectionLimits = Pick<
  Config,
  'maxSocketSubscriptions' | 'maxLoginSubscriptions' | 'maxLoginSockets'
>;

/** The sockets of one process. */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #byLogin = new Map<string, Set<Connection>>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /** Takes in an open socket; when its login has as many as it may have, the sentence to close it with. */
  add(connection: Connection, viewer: Viewer): string | undefined {
    const ofLogin = this.#byLogin.get(viewer.loginId) ?? new Set();
    const { maxLoginSockets } = this.#limits;
    if (ofLogin.size >= maxLoginSockets)
      return `A login may have ${maxLoginSockets} sockets at once here (${settingName('maxLoginSockets')}).`;
    connection.viewer = viewer;
    this.#byLogin.set(viewer.loginId, ofLogin.add(connection));
    return undefined;
  }

  /** Forgets a socket, if it is known, when it has closed. */
  delete(connection: Connection): void {
    const { viewer } = connection;
    if (viewer === undefined) return;
    const ofLogin = this.#byLogin.get(viewer.loginId)!;
    ofLogin.delete(connection);
    if (ofLogin.size === 0) this.#byLogin.delete(viewer.loginId);
  }

  /** All sockets that are open. */
  all(): Connection[] {
    return [...this.#byLogin.values()].flatMap((ofLogin) => [...ofLogin]);
  }

  /** A place for a subscription, given back by its abort; the error when the socket or its login has too many. */
  begin(connection: Connection): AbortController | GraphQLError {
    const { maxSocketSubscriptions, maxLoginSubscriptions } = this.#limits;
    if (connection.running.size >= maxSocketSubscriptions)
      return limitError(
        'TOO_MANY_SUBSCRIPTIONS',
        'maxSocketSubscriptions',
        `A socket may have ${maxSocketSubscriptions} subscriptions at once`,
      );
    const ofLogin = this.#byLogin.get(connection.viewer!.loginId) ?? [];
    if ([...ofLogin].reduce((sum, { running }) => sum + running.size, 0) >= maxLoginSubscriptions)
      return limitError(
        'TOO_MANY_SUBSCRIPTIONS',
        'maxLoginSubscriptions',
        `A login may have ${maxLoginSubscriptions} subscriptions at once here`,
      );
    const gone = new AbortController();
    connection.running.add(gone);
    gone.signal.addEventListener('abort', () => connection.running.delete(gone));
    return gone;
  }
}
