/** Dates and times as datetime-local fields have them: of the user's own time zone. */

/** A local date and time as an instant; undefined when it is none. */
export function instantOf(local: string): string | undefined {
  const date = new Date(local);
  return local === '' || Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** Whether two local times are a span; one that is not set leaves that side open. */
export function isSpan(from: string, to: string): boolean {
  const [start, end] = [instantOf(from), instantOf(to)];
  return start === undefined || end === undefined || start < end;
}
