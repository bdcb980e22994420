/** A TCP proxy before a server that fails as networks and other people's proxies do. */
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * What happens to connections: pass, be cut at once (refuse), be answered with 403 when they ask for an
 * upgrade (no-upgrades), or stay open while nothing comes through, old ones included (freeze).
 */
export type Fault = 'pass' | 'refuse' | 'no-upgrades' | 'freeze';

/** A running proxy. */
export interface FaultProxy {
  /** The server's address with the proxy's host and port. */
  url: string;
  /** From now on does so. */
  fault: Fault;
  /** So many connections were made so far. */
  readonly connections: number;
  /** So many upgrades were let through so far. */
  readonly upgrades: number;
  /** Holds back what the server sends, its close too, for so long, ms. */
  delayMs: number;
  /** Resolves when so many connections have been made since the proxy began. */
  until(connections: number): Promise<void>;
  /** Resets all connections that stand; their number. */
  cutAll(): number;
  /** From now on swallows what comes through the connections that stand, both ways, and leaves them open; their number. */
  swallow(): number;
  /** Sends bytes to the server on the connections that stand, as if their client had, and keeps the answer from it. */
  inject(bytes: Buffer): void;
  close(): Promise<void>;
}

/** One connection through the proxy. */
interface Pair {
  client: Socket;
  upstream: Socket;
  /** Nothing comes through any more. */
  swallowed: boolean;
  /** So many answers of the server are kept from the client. */
  withheld: number;
}

/**
 * Starts a proxy before the server at a url (scheme://host:port). With only, faults are for connections whose
 * first bytes fit, and all others pass; with port, it listens there.
 */
export async function startFaultProxy(
  target: string,
  { only, port: ownPort = 0 }: { only?: (head: Buffer) => boolean; port?: number } = {},
): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const clients = new Set<Socket>();
  /** Of those that faults are for, once they have sent something. */
  const pairs = new Map<Socket, Pair>();
  const made = new EventEmitter();
  let connections = 0;
  let upgrades = 0;

  const server = createServer((client) => {
    connections++;
    client.on('error', () => undefined);
    made.emit('connection');
    clients.add(client);
    client.once('close', () => {
      clients.delete(client);
      pairs.delete(client);
    });
    if (proxy.fault === 'refuse' && !only) return void client.destroy();
    client.once('data', (head: Buffer) => {
      const concerned = only?.(head) ?? true;
      const fault = (): Fault => (concerned ? proxy.fault : 'pass');
      if (fault() === 'refuse') return void client.destroy();
      const upgrade = /^upgrade: *websocket/im.test(head.toString('latin1'));
      if (fault() === 'no-upgrades' && upgrade)
        return void client.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      if (upgrade && fault() === 'pass') upgrades++;
      const upstream = connect(Number(port), hostname);
      const pair: Pair = { client, upstream, swallowed: false, withheld: 0 };
      if (concerned) pairs.set(client, pair);
      upstream.on('error', () => client.destroy());
      client.once('close', () => upstream.destroy());
      upstream.once('close', () => setTimeout(() => client.destroy(), proxy.delayMs));
      const forward = (from: Socket, to: Socket, delayed: boolean): void => {
        from.on('data', (chunk: Buffer) => {
          const send = (): void => {
            if (fault() !== 'freeze' && !pair.swallowed) to.write(chunk);
          };
          if (delayed && pair.withheld > 0) return void (pair.withheld -= 1);
          if (delayed && proxy.delayMs > 0) setTimeout(send, proxy.delayMs);
          else send();
        });
      };
      forward(client, upstream, false);
      forward(upstream, client, true);
      if (fault() !== 'freeze') upstream.write(head);
    });
  });
  await once(server.listen(ownPort, '127.0.0.1'), 'listening');
  const own = new URL(target);
  own.hostname = '127.0.0.1';
  own.port = String((server.address() as AddressInfo).port);

  const proxy: FaultProxy = {
    url: own.href.replace(/\/$/, ''),
    fault: 'pass',
    delayMs: 0,
    get connections() {
      return connections;
    },
    get upgrades() {
      return upgrades;
    },
    until: async (count) => {
      while (connections < count) await once(made, 'connection');
    },
    cutAll: () => {
      const cut = only ? [...pairs.keys()] : [...clients];
      for (const socket of cut) socket.resetAndDestroy();
      return cut.length;
    },
    swallow: () => {
      for (const pair of pairs.values()) pair.swallowed = true;
      return pairs.size;
    },
    inject: (bytes) => {
      for (const pair of pairs.values()) {
        pair.withheld += 1;
        pair.upstream.write(bytes);
      }
    },
    close: async () => {
      for (const client of clients) client.resetAndDestroy();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
