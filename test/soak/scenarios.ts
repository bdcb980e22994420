/** All scenarios of the soak: which row of the acceptance table each one is, and how long it takes. */
import { bloatSoak } from './bloat.ts';
import { herdSoak } from './herd.ts';
import { killsSoak } from './kills.ts';
import { ledgerSoak } from './ledger.ts';
import { noisySoak } from './noisy.ts';
import { readerSoak } from './reader.ts';
import { restartSoak } from './restart.ts';
import type { Scenario } from './scenario.ts';

/** One entry. */
export interface Entry {
  row: string;
  /** Half a sentence for the help. */
  about: string;
  run: Scenario;
}

/** By the name that --only takes. */
export const SCENARIOS: Record<string, Entry> = {
  kills: {
    row: 'REL-01',
    about: 'of three servers one is killed, 20 times, with requests on the wire',
    run: killsSoak,
  },
  noisy: {
    row: 'REL-06',
    about: 'one endpoint hangs with 100,000 due: twenty healthy ones do not notice',
    run: noisySoak,
  },
  herd: {
    row: 'REL-07',
    about: 'an endpoint comes back to 10,000 deliveries and is not run over',
    run: herdSoak,
  },
  restart: {
    row: 'REL-12',
    about: 'PostgreSQL is away for 30 s and restarted at once: claims go on within 5 s',
    run: restartSoak,
  },
  reader: {
    row: 'GQL-09',
    about: 'a subscriber stops reading for 10,000 events and then gets them all',
    run: readerSoak,
  },
  bloat: {
    row: 'REL-20',
    about: 'a transaction stays open for --minutes while deliveries churn: claims stay fast',
    run: bloatSoak,
  },
  ledger: {
    row: 'REL-24',
    about: 'everything at once for --minutes, with random kills: every id is accounted for',
    run: ledgerSoak,
  },
};
