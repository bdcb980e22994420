/** The process's log: one JSON line per unit of work on stderr, ids and durations in fields, secrets never. */
import { type Logger, pino } from 'pino';

export type { Logger };

/**
 * Makes a logger. Values under names that may hold a secret are replaced; free text is the
 * caller's duty: never put a header, a URL with a query, a token or a foreign error object in it.
 */
export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [
          'authorization',
          'token',
          'secret',
          'password',
          'cookie',
          'headers',
          '*.authorization',
          '*.headers',
        ],
        censor: '[redacted]',
      },
    },
    pino.destination({ dest: 2, sync: true }),
  );
}

/**
 * What of an unknown error may go into a log line: its name, its code and its stack, no attached objects, and of what
 * PostgreSQL says no data.
 */
export function describeError(error: unknown): { error: string; code?: string; stack?: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const code = (error as { code?: unknown }).code;
  const message = withoutData(error.message, code);
  return {
    error: `${error.name}: ${message}`,
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack ? { stack: error.stack.replaceAll(error.message, () => message) } : {}),
  };
}

/**
 * In errors of class 22, data exceptions, PostgreSQL quotes the data ('invalid input syntax for type integer: "…"'); in
 * those of other classes names of tables, columns and constraints, and the data in a detail that is not logged.
 */
function withoutData(message: string, code: unknown): string {
  return typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code)
    ? message.replace(/"[^]*"/, '"…"')
    : message;
}
