/** All scenarios of the soak: which row of the acceptance table each one is, and how long it takes. */
import { ledgerSoak } from './ledger.ts';
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
  ledger: {
    row: 'REL-24',
    about: 'everything at once for --minutes, with random kills: every id is accounted for',
    run: ledgerSoak,
  },
};
