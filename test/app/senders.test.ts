/** How many senders a process is to have. */
import type { CpuInfo } from 'node:os';

import { idleCores, mostSenders } from '../../src/app/senders.ts';
import { loadConfig } from '../../src/config.ts';

const core = (idle: number, user: number): CpuInfo => ({
  ...{ model: '', speed: 0 },
  times: { user, nice: 0, sys: 0, idle, irq: 0 },
});

describe('idleCores', () => {
  it('adds up the shares of the time that passed in which each core was idle', () => {
    expect(idleCores([core(100, 900), core(500, 0)], [core(150, 950), core(600, 0)])).toBe(1.5);
    expect(idleCores([core(0, 0), core(0, 0)], [core(0, 100), core(25, 75)])).toBe(0.25);
  });

  it('is none where nothing has passed, or a core has just come', () => {
    expect(idleCores([core(5, 5)], [core(5, 5)])).toBe(0);
    expect(idleCores([], [core(5, 5)])).toBe(0);
  });
});

describe('mostSenders', () => {
  it('is what the operator says, and no more than the requests that an endpoint may get', () => {
    const most = (settings: Record<string, string>) => mostSenders(loadConfig(settings));
    expect(most({ BELLWIRE_SENDERS: '7' })).toBe(7);
    expect(most({ BELLWIRE_SENDERS: '7', BELLWIRE_ENDPOINT_CONCURRENCY: '4' })).toBe(4);
    expect(most({})).toBeGreaterThanOrEqual(1);
    expect(() => loadConfig({ BELLWIRE_SENDERS: '0' })).toThrow(
      'BELLWIRE_SENDERS: "0" must be a whole number from 1 to 256',
    );
  });
});
