/** Where the time of one exchange went, from the instants that got notes. */

/** A stretch of an attempt; startMs counts from the start of the attempt's request. In token an access token was fetched. */
export interface Phase {
  name: 'queue' | 'token' | 'dns' | 'connect' | 'tls' | 'request' | 'firstByte' | 'download';
  startMs: number;
  durationMs: number;
}

/** Instants in ms since 1970; those that were not reached are undefined. */
export interface Instants {
  socket?: number | undefined;
  lookup?: number | undefined;
  connect?: number | undefined;
  secureConnect?: number | undefined;
  upload?: number | undefined;
  response?: number | undefined;
}

/** What the instants do not tell. */
export interface PhaseFacts {
  startedAt: number;
  endedAt: number;
  /** Whether the name was found; where it was not, the instant of its lookup is that of the failure. */
  resolved: boolean;
  /** A kept socket: nothing was resolved, connected or encrypted anew. */
  reusedSocket: boolean;
  secure: boolean;
  /** The host is an address: nothing was resolved. */
  literal: boolean;
}

/**
 * The phases in order, each beginning where the one before it ended. A phase that did not happen is
 * left out; the one that was under way when the exchange ended, ends with it.
 */
export function phasesOf(instants: Instants, facts: PhaseFacts): Phase[] {
  const fresh = !facts.reusedSocket;
  const ends: [Phase['name'], boolean, number | undefined][] = [
    ['dns', fresh && !facts.literal, facts.resolved ? instants.lookup : undefined],
    ['connect', fresh, instants.connect],
    ['tls', fresh && facts.secure, instants.secureConnect],
    // An answer that comes before the request is through ends the request's phase.
    ['request', true, instants.upload ?? instants.response],
    ['firstByte', instants.upload !== undefined, instants.response],
    ['download', true, facts.endedAt],
  ];
  const phases: Phase[] = [];
  let from = instants.socket;
  if (from === undefined) return phases;
  for (const [name, happened, end] of ends) {
    if (!happened) continue;
    const until = Math.max(from, end ?? facts.endedAt);
    phases.push({ name, startMs: Math.max(0, from - facts.startedAt), durationMs: until - from });
    if (end === undefined) break;
    from = until;
  }
  return phases;
}
