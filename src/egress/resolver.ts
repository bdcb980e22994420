/** Host names to addresses. Nothing is cached: each new connection asks again and has its answer judged. */
import { lookup } from 'node:dns';

import { EgressError } from '../errors.ts';

/** One address of an answer. */
export interface ResolvedAddress {
  address: string;
  family: 4 | 6;
}

/** Asks for all addresses of a name; rejects with EgressError DNS_FAILED when there are none. */
export interface Resolver {
  resolve(hostname: string): Promise<ResolvedAddress[]>;
}

/**
 * The system's own resolver (getaddrinfo: hosts file, search list, DNS), answers in its order.
 * Questions for one name that overlap are asked once: getaddrinfo occupies one of libuv's few
 * threads until it ends, so a name whose server is silent must not take one for each delivery.
 */
export function systemResolver(): Resolver {
  const asked = new Map<string, Promise<ResolvedAddress[]>>();
  return {
    resolve(hostname) {
      let answer = asked.get(hostname);
      if (!answer) {
        answer = ask(hostname).finally(() => asked.delete(hostname));
        asked.set(hostname, answer);
      }
      return answer;
    },
  };
}

/**
 * One question under a limit (ms). Every way to get no answer is the same EgressError DNS_FAILED:
 * no name, no server, no address in it, too slow. None of them ever means "skip the check".
 */
export async function resolveWithin(
  resolver: Resolver,
  hostname: string,
  timeoutMs: number,
): Promise<ResolvedAddress[]> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new EgressError('DNS_FAILED')), timeoutMs);
  });
  try {
    const answers = await Promise.race([resolver.resolve(hostname), limit]);
    if (answers.length > 0) return answers;
  } catch {
    // Falls through to the one refusal below.
  } finally {
    clearTimeout(timer);
  }
  throw new EgressError('DNS_FAILED');
}

function ask(hostname: string): Promise<ResolvedAddress[]> {
  return new Promise((resolve, reject) => {
    lookup(hostname, { all: true, verbatim: true }, (error, answers) => {
      if (error) reject(new EgressError('DNS_FAILED'));
      else resolve(answers.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })));
    });
  });
}
