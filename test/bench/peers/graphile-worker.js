/** graphile-worker's worker process. Started with PostgreSQL's address. */
import { run } from 'graphile-worker';

import { logger, PRESET, TASK } from './graphile-preset.js';
import { openHandler, serveUntilTold } from './handler.js';

const [databaseUrl = ''] = process.argv.slice(2);
const { deliver, close } = openHandler(databaseUrl);
const runner = await run({
  preset: { worker: { ...PRESET, connectionString: databaseUrl, logger } },
  noHandleSignals: true,
  parsedCronItems: [],
  taskList: {
    [TASK]: (payload, { job }) =>
      deliver(job.id, job.attempts, /** @type {import('./handler.js').Work} */ (payload)),
  },
});
serveUntilTold(async () => {
  await runner.stop();
  await close();
});
