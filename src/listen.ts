/** How a server of this process gets its address, and the sentence when it cannot have it. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { ListeningAddress } from './config-values.ts';
import { StartupError } from './errors.ts';

/** The settings that an address comes from, for the sentence. */
export interface AddressSettings {
  host: string;
  port: string;
}

/** Starts to listen; the port that it got. Throws StartupError when the address cannot be had. */
export async function listen(
  server: Server,
  { host, port }: ListeningAddress,
  settings: AddressSettings = { host: 'BELLWIRE_HOST', port: 'BELLWIRE_PORT' },
): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(cannotListen(error, `${host}:${port}`, settings)),
    );
    server.listen(port, host, resolve);
  });
  server.removeAllListeners('error');
  return (server.address() as AddressInfo).port;
}

/** The address under which a listening server is reached on this machine, without a slash at the end. */
export function listeningUrl(host: string, port: number): string {
  return `http://${isWildcard(host) ? '127.0.0.1' : inUrl(host)}:${port}`;
}

/** A host as it stands in a URL. */
export function inUrl(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host.toLowerCase();
}

/** Whether a host stands for all addresses of the machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '';
}

function cannotListen(
  error: NodeJS.ErrnoException,
  place: string,
  { host, port }: AddressSettings,
): StartupError {
  const names = host === port ? host : `${host} and ${port}`;
  const reason =
    error.code === 'EADDRINUSE'
      ? `${place} is taken by another program. Stop it, or set ${port} to another port (0 picks a free one).`
      : error.code === 'EACCES'
        ? `${place} may not be used by this user. Set ${port} to a port from 1024 on.`
        : `${place} cannot be listened on (${error.code ?? error.message}). Check ${names}.`;
  return new StartupError(reason, { cause: error });
}
