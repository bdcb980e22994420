/**
 * Guessing at /session (OWASP, "Authentication"): what each address may try, and what is told to all of them
 * together. Nobody is locked out by others: a right token or link signs in from any address that has not itself
 * used up its wrong tries. Counted by each process for itself, and forgotten with it.
 */
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible';

import { parseAddress } from '../egress/address.ts';

/** How many wrong tries an address has, and how many wrong answers all of them get, in the window. */
export const MAX_WRONG = 10;
const WINDOW_S = 15 * 60;

/** How many may wait for their turn, and how many of them from one address; a look-up takes a few ms. */
const MAX_WAITING = 100;
const MAX_WAITING_EACH = 20;
const BUSY_S = 1;

/** What became of a try: found; wrong; or nothing is said, and it may be repeated in some seconds. */
export type SignInAnswer<T> =
  { outcome: 'FOUND'; found: T } | { outcome: 'WRONG' } | { outcome: 'LATER'; seconds: number };

/** The limits of one process. */
export class SignInLimits {
  readonly #byNetwork = new RateLimiterMemory({ points: MAX_WRONG, duration: WINDOW_S });
  readonly #overall = new RateLimiterMemory({ points: MAX_WRONG, duration: WINDOW_S });
  #waiting = 0;
  readonly #waitingBy = new Map<string, number>();
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Tries a sign-in from an IP address; lookUp answers undefined for a wrong one. An address that has used up its
   * tries is refused without a look-up. All look-ups go one after the other: a flood of them, from however many
   * addresses, keeps one connection of the database busy and no more, and no two can share the last try.
   */
  async attempt<T>(address: string, lookUp: () => Promise<T | undefined>): Promise<SignInAnswer<T>> {
    const network = networkOf(address);
    const later = await this.#usedUp(this.#byNetwork, network);
    if (later !== undefined) return later;
    // Nobody fills the places of others.
    const own = this.#waitingBy.get(network) ?? 0;
    if (this.#waiting >= MAX_WAITING || own >= MAX_WAITING_EACH) return { outcome: 'LATER', seconds: BUSY_S };
    return this.#inTurn(network, async () => {
      const nowLater = await this.#usedUp(this.#byNetwork, network);
      if (nowLater !== undefined) return nowLater;
      const found = await lookUp();
      if (found !== undefined) return { outcome: 'FOUND', found };
      await this.#byNetwork.penalty(network);
      const untold = await this.#usedUp(this.#overall, '');
      if (untold !== undefined) return untold;
      await this.#overall.penalty('');
      return { outcome: 'WRONG' };
    });
  }

  async #inTurn<T>(network: string, work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    this.#waitingBy.set(network, (this.#waitingBy.get(network) ?? 0) + 1);
    const turn = this.#turn.then(work).finally(() => {
      this.#waiting--;
      const left = this.#waitingBy.get(network)! - 1;
      if (left === 0) this.#waitingBy.delete(network);
      else this.#waitingBy.set(network, left);
    });
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #usedUp(
    limiter: RateLimiterMemory,
    key: string,
  ): Promise<{ outcome: 'LATER'; seconds: number } | undefined> {
    const used: RateLimiterRes | null = await limiter.get(key);
    if (used === null || used.consumedPoints < MAX_WRONG) return undefined;
    return { outcome: 'LATER', seconds: Math.max(1, Math.ceil(used.msBeforeNext / 1000)) };
  }
}

/**
 * What counts as one address: of IPv6 the /64, which is what a household or a machine is given. Some proxies write
 * a port behind the address; what is no address at all counts as one and the same.
 */
export function networkOf(text: string): string {
  const bare = /^\[([^\]]+)\](?::\d+)?$|^(\d+(?:\.\d+){3}):\d+$/.exec(text);
  const address = parseAddress(bare?.[1] ?? bare?.[2] ?? text);
  if (address === undefined || address === null) return 'unknown';
  if (address.family !== 'ipv6') return address.address;
  const [head = '', tail] = address.address.split('::');
  const groups = head === '' ? [] : head.split(':');
  if (tail !== undefined) {
    const rest = tail === '' ? [] : tail.split(':');
    groups.push(...Array<string>(8 - groups.length - rest.length).fill('0'), ...rest);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
