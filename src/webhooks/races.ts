/** Saves that lost against somebody else's are prepared anew. */
import { QueryFailedError } from 'typeorm';

/** How often; then others edit the same thing all the time. */
const MAX_RACES = 5;
const FOREIGN_KEY_VIOLATION = '23503';

/**
 * Repeats a save until it answers something else than null, which says that what it was prepared on has
 * changed meanwhile; a team that was deleted under it says the same. Null when it lost every time.
 */
export async function untilItHolds<T>(save: () => Promise<T | null>): Promise<T | null> {
  for (let race = 0; race < MAX_RACES; race++) {
    const saved = await save().catch((error: unknown) => {
      if (error instanceof QueryFailedError && isCode(error.driverError, FOREIGN_KEY_VIOLATION)) return null;
      throw error;
    });
    if (saved !== null) return saved;
  }
  return null;
}

function isCode(driverError: unknown, code: string): boolean {
  return (driverError as { code?: string }).code === code;
}
