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
  close(): Promise<void>;
}

/** Starts a proxy before the server at a url (http://host:port). */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<Socket>();
  const made = new EventEmitter();
  let connections = 0;
  let upgrades = 0;

  const server = createServer((client) => {
    connections++;
    client.on('error', () => undefined);
    made.emit('connection');
    if (proxy.fault === 'refuse') return void client.destroy();
    pairs.add(client);
    client.once('close', () => pairs.delete(client));
    client.once('data', (head: Buffer) => {
      const upgrade = /^upgrade: *websocket/im.test(head.toString('latin1'));
      if (proxy.fault === 'no-upgrades' && upgrade)
        return void client.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      if (upgrade && proxy.fault === 'pass') upgrades++;
      const upstream = connect(Number(port), hostname);
      upstream.on('error', () => client.destroy());
      client.once('close', () => upstream.destroy());
      upstream.once('close', () => setTimeout(() => client.destroy(), proxy.delayMs));
      const forward = (from: Socket, to: Socket, delayed: boolean): void => {
        from.on('data', (chunk: Buffer) => {
          const send = (): void => {
            if (proxy.fault !== 'freeze') to.write(chunk);
          };
          if (delayed && proxy.delayMs > 0) setTimeout(send, proxy.delayMs);
          else send();
        });
      };
      forward(client, upstream, false);
      forward(upstream, client, true);
      if (proxy.fault !== 'freeze') upstream.write(head);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const proxy: FaultProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
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
      const cut = [...pairs];
      for (const socket of cut) socket.resetAndDestroy();
      return cut.length;
    },
    close: async () => {
      proxy.cutAll();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}
