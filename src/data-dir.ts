/** Where an installation keeps what is its own: keys, the embedded database, what the demo remembers (BELLWIRE_DATA_DIR). */
import { mkdirSync } from 'node:fs';

import { StartupError } from './errors.ts';

/** Makes the data directory where it is missing; throws StartupError where that cannot be. */
export function makeDataDir(dataDir: string, mode = 0o777): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode });
  } catch (error) {
    throw new StartupError(
      `The data directory ${dataDir} cannot be made (${(error as NodeJS.ErrnoException).code}). Set BELLWIRE_DATA_DIR to a folder that this user may write to.`,
      { cause: error },
    );
  }
}
