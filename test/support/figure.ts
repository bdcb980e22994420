/** Prints what a test measured as one JSON line, so that runs can be compared over time. */
export function figure(test: string, values: Record<string, unknown>): void {
  process.stdout.write(`${JSON.stringify({ test, ...values })}\n`);
}
