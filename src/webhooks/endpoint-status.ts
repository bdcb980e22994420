/**
 * Whether an endpoint is sent to, and why not: worked out from its switch and its circuit at each reading. The
 * sentences are for administrators; they name causes and times, never what a receiver answered.
 */
import { type FailureCode, FAILURES } from '../errors.ts';

/** Whether an endpoint is sent to. */
export type EndpointStatus = 'ACTIVE' | 'PAUSED' | 'UNVERIFIED' | 'DISABLED' | 'AUTO_DISABLED';

/** What the status follows from. */
export interface EndpointState {
  disabledAs: 'DISABLED' | 'AUTO_DISABLED' | null;
  disabledAt: Date | null;
  disabledCode: FailureCode | null;
  disabledFailingSince: Date | null;
  /** Null, like all that follows, for an endpoint without a circuit: it has not failed. */
  circuit: 'CLOSED' | 'OPEN' | 'HALF_OPEN' | null;
  failures: number | null;
  failingSince: Date | null;
  failureCode: FailureCode | null;
  probeAt: Date | null;
  /** Null, too, when it is over. */
  holdUntil: Date | null;
}

/** A status as it is shown. */
export interface ShownStatus {
  status: EndpointStatus;
  /** Sentences; null while nothing stands in the way of sending. */
  statusReason: string | null;
  /** Since when it has had failures and no success. */
  failingSince: Date | null;
}

/** Joins the circuit of endpoint ep, as ec. */
export const CIRCUIT_JOIN = 'left join endpoint_circuits ec on ec.endpoint_id = ep.id';

/** The columns of an EndpointState, behind CIRCUIT_JOIN. */
export const STATE_COLUMNS = `ep.disabled_as as "disabledAs", ep.disabled_at as "disabledAt",
  ep.disabled_code as "disabledCode", ep.disabled_failing_since as "disabledFailingSince",
  ec.state as circuit, ec.failures, ec.failing_since as "failingSince", ec.failure_code as "failureCode",
  ec.probe_at as "probeAt", case when ec.hold_until > clock_timestamp() then ec.hold_until end as "holdUntil"`;

/** The status of an endpoint. */
export function statusOf(state: EndpointState): ShownStatus {
  const { disabledAs, disabledFailingSince, failingSince, holdUntil } = state;
  if (disabledAs === 'AUTO_DISABLED')
    return {
      status: 'AUTO_DISABLED',
      statusReason: autoDisabledReason(state),
      failingSince: disabledFailingSince,
    };
  if (disabledAs === 'DISABLED')
    return {
      status: 'DISABLED',
      statusReason: `Somebody switched it off at ${instant(state.disabledAt!)}.`,
      failingSince,
    };
  if (state.circuit === 'OPEN' || state.circuit === 'HALF_OPEN')
    return { status: 'PAUSED', statusReason: pausedReason(state), failingSince };
  const hold = holdUntil && `The receiver asked to wait until ${instant(holdUntil)}.`;
  return { status: 'ACTIVE', statusReason: hold, failingSince };
}

/** What a failure means, as a sentence. */
export function causeOf(code: FailureCode): string {
  return FAILURES[code]?.[1] ?? code;
}

/** An instant in a sentence: 2026-11-26 03:20:05 UTC. */
export function instant(date: Date): string {
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

function autoDisabledReason({ disabledAt, disabledCode, disabledFailingSince }: EndpointState): string {
  return [
    `Switched off by itself at ${instant(disabledAt!)}.`,
    disabledCode && causeOf(disabledCode),
    disabledFailingSince &&
      `It had failed since ${instant(disabledFailingSince)}, without a success between.`,
    'Enable it again when the receiver works.',
  ]
    .filter(Boolean)
    .join(' ');
}

function pausedReason({ circuit, failures, failingSince, failureCode, probeAt }: EndpointState): string {
  const count = failures === 1 ? 'one failure' : `${failures} failures`;
  return [
    failingSince && `Paused after ${count} and no success since ${instant(failingSince)}.`,
    failureCode && causeOf(failureCode),
    circuit === 'OPEN'
      ? `What is to be sent waits; the next try is due at ${instant(probeAt!)}.`
      : 'What is to be sent waits for the outcome of the try that is under way.',
  ]
    .filter(Boolean)
    .join(' ');
}
