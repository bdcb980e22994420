/** The way out of a process: which addresses it may call, and by which connections. */
import type { Config } from '../config.ts';
import { AddressPolicy } from '../egress/address-policy.ts';
import { Egress, type EgressOptions } from '../egress/egress.ts';
import { mostOnTheWire } from '../sending/slots.ts';

/** The policy of a process that listens on a port; null before that is known. */
export function createPolicy(config: Config, ownPort: number | null): AddressPolicy {
  return new AddressPolicy({
    allowHttp: config.allowHttp,
    allowedTargets: config.allowedTargets,
    ownHosts: [config.publicUrl === null ? config.host : new URL(config.publicUrl).hostname],
    ownPort,
    dev: config.dev,
  });
}

/** Opens it; whoever does closes it. */
export function openWayOut(
  config: Config,
  ownPort: number | null,
  { resolver, ca }: Pick<EgressOptions, 'resolver' | 'ca'> = {},
): Egress {
  return new Egress({
    policy: createPolicy(config, ownPort),
    ...(resolver ? { resolver } : {}),
    ...(ca ? { ca } : {}),
    dnsTimeoutMs: config.dnsTimeoutMs,
    maxSockets: mostOnTheWire(config.concurrency),
  });
}
