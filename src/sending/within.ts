/** Waiting that has an end. */

/** Resolves when all of them have, or after so many ms. */
export async function within(limitMs: number, promises: Promise<unknown>[]): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([Promise.all(promises), expired]);
  clearTimeout(timer);
}
