/** How graphile-worker is set up, on both of its sides. */
import { Logger } from 'graphile-worker';

import { CONCURRENCY } from './handler.js';

/** The name of the only task. */
export const TASK = 'deliver';

/** A local queue of the size that graphile-worker's own benchmark takes. */
export const PRESET = {
  concurrentJobs: CONCURRENCY,
  localQueue: { size: 500 },
  completeJobBatchDelay: 5,
  failJobBatchDelay: 5,
};

/** Its default writes a line for each job. */
export const logger = new Logger(() => (level, message) => {
  if (level === 'error' || level === 'warning') console.error(message);
});
