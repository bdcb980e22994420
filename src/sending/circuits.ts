/**
 * What a result means for its endpoint. Comes in: results, one by one, after they are recorded. Goes out: a circuit opened,
 * reopened or closed, an endpoint slowed down or ramped up, and one that has failed for too long, or wants nothing more,
 * switched off. A crash before a step is made loses nothing: the next result comes to the same conclusion.
 */
import type pg from 'pg';

import type { FailureCode } from '../errors.ts';
import { describeError, type Logger } from '../log.ts';
import { closeCircuit, openCircuit } from '../queue/circuits.ts';
import type { Completion, Failing } from '../queue/complete.ts';
import type { OffCause } from '../webhooks/auto-disable.ts';
import { Health } from './health.ts';
import type { Lane } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { Allowance } from './pace.ts';
import { isBusy } from './retry-after.ts';

/** The longest wait between two probes, in waits before the first one. */
const PROBE_GROWTH = 20;
/** The waits before probes are spread by ±20 %. */
const PROBE_SPREAD = 0.2;
/** Fewer failures than that switch nothing off, however long ago the first one was. */
const LEAST_FAILURES = 5;

/** Failures that one attempt proves: until somebody does something, all others fail alike. */
const CERTAIN = new Set<FailureCode | null>(['SECRET_UNAVAILABLE']);

/** What judging takes. */
export interface CircuitOptions {
  pool: pg.Pool;
  lanes: Lanes;
  logger: Logger;
  /** The sender's name. */
  sender: string;
  /** The wait before the first probe of an open circuit, ms. */
  probeMs: number;
  endpointLeaseMs: number;
  /** How long an endpoint may have nothing but failures, ms. */
  autoDisableMs: number;
  /** Switches an endpoint off, once; false when it was off already, or has succeeded meanwhile. */
  switchOff(endpointId: string, cause: OffCause): Promise<boolean>;
}

/** Judges results. */
export class Circuits {
  readonly #options: CircuitOptions;
  readonly #health = new Health();

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /**
   * Draws the conclusions of a recorded result, whose request began at startedMs. Never rejects: what cannot be written now, the
   * next result will ask for.
   */
  async judge(lane: Lane, result: Completion, nowMs: number, startedMs = nowMs): Promise<void> {
    if (!result.telling) return;
    const ok = result.outcome === 'SUCCEEDED';
    const failing = this.#health.note(lane.endpointId, ok, nowMs);
    this.#options.lanes.note(lane, ok, result.durationMs);
    if (isBusy(result.statusCode)) this.#options.lanes.slowDown(lane, nowMs);
    // On the wire when it was opened, and so no probe, nor asked for by hand.
    const late = lane.state !== 'CLOSED' && startedMs < lane.openSince;
    try {
      if (result.failureCode === 'GONE')
        await this.#switchOff(lane.endpointId, {
          code: 'GONE',
          failingSince: null,
          endpointVersion: result.endpointVersion,
        });
      else if (ok) {
        if (lane.state !== 'CLOSED' && !late) await this.#close(lane);
      } else if (lane.state === 'HALF_OPEN' && !late)
        await this.#open(lane, result.failureCode!, 'HALF_OPEN', nowMs);
      else if (
        lane.state === 'CLOSED' &&
        (failing || lane.allowance?.failing || CERTAIN.has(result.failureCode))
      )
        await this.#open(lane, result.failureCode!, 'CLOSED', nowMs);
    } catch (error) {
      this.#options.logger.warn({ endpoint: lane.endpointId, ...describeError(error) }, 'circuit.failed');
    }
  }

  /** Switches off what has failed for too long. Never rejects. */
  async endFailing(failing: Failing[]): Promise<void> {
    for (const { endpointId, code, failures, failingSince, failingMs } of failing) {
      if (failures < LEAST_FAILURES || failingMs < this.#options.autoDisableMs) continue;
      try {
        await this.#switchOff(endpointId, { code, failingSince });
      } catch (error) {
        this.#options.logger.warn(
          { endpoint: endpointId, ...describeError(error) },
          'endpoint.switch-off.failed',
        );
      }
    }
  }

  async #switchOff(endpointId: string, cause: OffCause): Promise<void> {
    if (await this.#options.switchOff(endpointId, cause))
      this.#options.logger.warn({ endpoint: endpointId, code: cause.code }, 'endpoint.switched-off');
  }

  async #open(lane: Lane, code: FailureCode, from: 'CLOSED' | 'HALF_OPEN', nowMs: number): Promise<void> {
    const { pool, sender, probeMs, logger } = this.#options;
    const state = from === 'CLOSED' ? { state: from } : { state: from, sender };
    const spread = 1 - PROBE_SPREAD + 2 * PROBE_SPREAD * Math.random();
    const opened = await openCircuit(pool, lane.endpointId, code, state, {
      afterMs: probeMs,
      maxMs: probeMs * PROBE_GROWTH,
      spread,
    });
    lane.turn('OPEN', nowMs);
    lane.allowance = null;
    this.#health.forget(lane.endpointId);
    if (opened) logger.info({ endpoint: lane.endpointId, from }, 'circuit.opened');
  }

  async #close(lane: Lane): Promise<void> {
    const { pool, sender, endpointLeaseMs, logger } = this.#options;
    const closed = await closeCircuit(pool, lane.endpointId, sender, endpointLeaseMs);
    lane.turn('CLOSED', 0);
    this.#health.forget(lane.endpointId);
    if (!closed) return;
    lane.allowance = new Allowance(2, 'DOUBLE');
    lane.notBefore = 0;
    logger.info({ endpoint: lane.endpointId }, 'circuit.closed');
  }
}
