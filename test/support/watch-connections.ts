/**
 * Holds that nothing but the guarded client leaves the machine: records every outgoing connection
 * of this process and whose code opened it.
 */
import net from 'node:net';
import tls from 'node:tls';

/** One connection that somebody began. */
export interface WatchedConnection {
  /** Host and port, or the path of a local socket. */
  target: string;
  host: string;
  port: number;
  /** Which of the allowed ways it took; null for none. */
  way: 'egress' | 'database' | null;
  stack: string;
}

/** The record; `unguarded` are those that took none of the allowed ways. */
export interface ConnectionWatch {
  all: WatchedConnection[];
  readonly unguarded: WatchedConnection[];
  /** Takes the patches off again. */
  stop(): void;
}

const WAYS: [NonNullable<WatchedConnection['way']>, RegExp][] = [
  ['egress', /[\\/]src[\\/]egress[\\/]/],
  ['database', /[\\/]src[\\/]db[\\/]|[\\/]node_modules[\\/]pg(-pool|-protocol)?[\\/]/],
];

/**
 * Patches net and tls until stop(). `ignore` leaves out what a test itself opens, such as its own
 * client's connections to the server under test.
 */
export function watchConnections(
  options: { ignore?: (connection: WatchedConnection) => boolean } = {},
): ConnectionWatch {
  const all: WatchedConnection[] = [];
  // One connection passes several patched functions, one inside the other: the outermost counts.
  let depth = 0;

  function watched<F extends (this: unknown, ...input: never[]) => unknown>(original: F): F {
    return function (this: unknown, ...input: never[]) {
      if (depth === 0) {
        const connection = describe(input);
        if (!options.ignore?.(connection)) all.push(connection);
      }
      depth += 1;
      try {
        return original.apply(this, input);
      } finally {
        depth -= 1;
      }
    } as F;
  }

  const patched: [target: object, name: string][] = [
    [net, 'connect'],
    [net, 'createConnection'],
    [net.Socket.prototype, 'connect'],
    [tls, 'connect'],
  ];
  const undo = patched.map(([target, name]) => {
    const original = Reflect.get(target, name) as (this: unknown, ...input: never[]) => unknown;
    Reflect.set(target, name, watched(original));
    return () => void Reflect.set(target, name, original);
  });

  return {
    all,
    get unguarded() {
      return all.filter((connection) => connection.way === null);
    },
    stop: () => undo.forEach((restore) => restore()),
  };
}

function describe(input: unknown[]): WatchedConnection {
  const depthBefore = Error.stackTraceLimit;
  Error.stackTraceLimit = 100;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = depthBefore;
  const first = Array.isArray(input[0]) ? (input[0] as unknown[])[0] : input[0];
  const named = typeof first === 'object' && first !== null ? (first as Record<string, unknown>) : {};
  const port = Number(named['port'] ?? (typeof first === 'object' ? 0 : first)) || 0;
  const given = named['host'] ?? input[1];
  const host = typeof given === 'string' ? given : 'localhost';
  const path = named['path'] ?? (typeof first === 'string' && port === 0 ? first : null);
  const way = WAYS.find(([, pattern]) => pattern.test(stack))?.[0] ?? null;
  return { target: typeof path === 'string' ? path : `${host}:${port}`, host, port, way, stack };
}
