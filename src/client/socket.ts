/** What graphql-ws keeps of its sockets to itself, and a client must know to keep its connection alive. */

/** A socket, as far as it is touched from outside of graphql-ws. */
export interface Socket {
  onmessage: unknown;
  onclose: unknown;
  addEventListener(type: 'close', listener: (event: { code: number }) => void): void;
  addEventListener(type: 'error', listener: () => void): void;
}

/** A WebSocket class: a browser's or that of the package ws. */
export type SocketClass = new (url: string, protocols?: string) => Socket;

/**
 * Close codes after which the same client would only be refused again: a wrong protocol or message, two
 * subscriptions of one id, and 4401, no valid token.
 */
const FINAL = new Set([1002, 1003, 1007, 1009, 1010, 4004, 4400, 4401, 4406, 4409, 4429]);

/** Whether a client should not come back after a close code. */
export function isFinal(code: number): boolean {
  return FINAL.has(code);
}

/** The same class, whose sockets are shown to `made` before they connect. */
export function watched(Implementation: SocketClass, made: (socket: Socket) => void): SocketClass {
  return class extends Implementation {
    constructor(url: string, protocols?: string) {
      super(url, protocols);
      // In Node a socket that is cut while it connects says so when graphql-ws has stopped listening.
      this.addEventListener('error', () => undefined);
      made(this);
    }
  };
}
