/** Tells a database that is away from a statement that is wrong: the first passes by itself. */

/**
 * No connection could be had, within its wait, from a pool: nothing was asked of the database, so that doing the same
 * again is harmless. Message and code are those of the cause.
 */
export class NoConnectionError extends Error {
  override readonly name = 'NoConnectionError';
  readonly code: string | undefined;
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    const { code } = (cause ?? {}) as { code?: unknown };
    this.code = typeof code === 'string' ? code : undefined;
  }
}

/**
 * SQLSTATE classes of lost connections (08), exhausted resources (53) and operator intervention such
 * as a restart (57), a database that is closed for connections (55000), and what Node calls the same. PostgreSQL manual, appendix A; statement timeouts
 * (57014) are of the statement.
 */
const AWAY = /^(08...|53...|57P0.|55000|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/;
/** node-postgres says some losses in words only. */
const AWAY_WORDS =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error/i;

/** Whether an error of a statement came from the connection, not from the statement. */
export function isConnectionLoss(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  return (
    (typeof code === 'string' && AWAY.test(code)) ||
    AWAY_WORDS.test(error.message) ||
    (driverError !== undefined && driverError !== error && isConnectionLoss(driverError))
  );
}

/**
 * Whether a statement was refused because the server has no room for it: disk, memory or connections (SQLSTATE class
 * 53). Its transaction is undone, so that doing the same again is harmless.
 */
export function isOutOfRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  return (
    (typeof code === 'string' && /^53...$/.test(code)) ||
    (driverError !== undefined && driverError !== error && isOutOfRoom(driverError))
  );
}
