/** All scenarios of the soak: which row of the acceptance table each one is, and how long it takes. */
import { bloatSoak } from './bloat.ts';
import { herdSoak } from './herd.ts';
import { killsSoak } from './kills.ts';
import { ledgerSoak } from './ledger.ts';
import { noisySoak } from './noisy.ts';
import { readerSoak } from './reader.ts';
import { restartSoak } from './restart.ts';
import type { Outcome, Scenario } from './scenario.ts';

/** One entry. */
export interface Entry {
  row: string;
  /** Half a sentence for the help. */
  about: string;
  run: Scenario;
}

/** A scenario of a file that stands alone, with its figures beside or among its broken bounds; loaded when it is wanted. */
function standalone(file: string, name: string): Scenario {
  return async (options) => {
    const module = (await import(new URL(`./${file}.ts`, import.meta.url).href)) as Record<string, Alone>;
    const { broken, ...rest } = await module[name]!(options);
    return { figures: (rest['figures'] ?? rest) as Outcome['figures'], broken };
  };
}

type Alone = (options: unknown) => Promise<Record<string, unknown> & { broken: string[] }>;

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
  'clock-skew': {
    row: 'REL-18',
    about: 'workers whose clocks are two hours off (needs faketime): nothing early, nothing twice',
    run: standalone('clock-skew', 'clockSkewSoak'),
  },
  retention: {
    row: 'REL-21',
    about: 'a million old rows go under load: nobody waits, nothing pending goes',
    run: standalone('retention', 'retentionSoak'),
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
