/** Address policies for tests: 127.0.0.2 plays the public internet, all else of this machine stays private. */
import { AddressPolicy, type AddressPolicyOptions } from '../../src/egress/address-policy.ts';

/** The address on which a test's allowed server listens. */
export const PUBLIC_LOOPBACK = '127.0.0.2';
/** The address on which a test listens for what must never come. */
export const PRIVATE_LOOPBACK = '127.0.0.3';

/** The strict policy of a plain start, but for what is given. */
export function strictPolicy(options: Partial<AddressPolicyOptions> = {}): AddressPolicy {
  return new AddressPolicy({
    allowHttp: false,
    allowedTargets: [],
    ownHosts: ['bellwire.example'],
    ownPort: 4000,
    dev: false,
    ...options,
  });
}

/** http and 127.0.0.2 pass, nothing else does that is not public. */
export function loopbackPolicy(options: Partial<AddressPolicyOptions> = {}): AddressPolicy {
  return strictPolicy({
    allowHttp: true,
    allowedTargets: [{ name: null, cidr: `${PUBLIC_LOOPBACK}/32` }],
    ...options,
  });
}
