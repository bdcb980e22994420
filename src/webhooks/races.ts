/** Saves that lost against somebody else's are prepared anew. */

/** How often; then others edit the same thing all the time. */
const MAX_RACES = 5;

/**
 * Repeats a save until it answers something else than null, which says that what it was prepared on has
 * changed meanwhile. Null when it lost every time.
 */
export async function untilItHolds<T>(save: () => Promise<T | null>): Promise<T | null> {
  for (let race = 0; race < MAX_RACES; race++) {
    const saved = await save();
    if (saved !== null) return saved;
  }
  return null;
}
