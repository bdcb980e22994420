/**
 * Positions in the delivery log. A cursor names the last line that its reader has seen by the id of
 * the transaction that wrote it and the line's number, the line of history (epoch) it belongs to, and
 * the loss of rights that its reader had last suffered. Opaque to clients, ordered only inside one epoch.
 *
 * The loss stands in the cursor because positions cannot tell: as long as an older transaction runs
 * anywhere in the cluster, cursors from before and from after a loss name the same position.
 */

/** A position: everything up to and including (xid, seq) has been seen. */
export interface Position {
  xid: bigint;
  seq: bigint;
}

/** Behind every line of all transactions up to this one. */
const LAST_SEQ = 2n ** 63n - 1n;

/** The oldest position there is. */
export const BEGINNING: Position = { xid: 0n, seq: 0n };

/** The cursor of a position, for a reader whose rights were last lost in the given transaction. */
export function encodeCursor(epoch: number, rightsLost: bigint | null, position: Position): string {
  return Buffer.from(`${epoch}.${rightsLost ?? 0}.${position.xid}.${position.seq}`).toString('base64url');
}

/** The position that a cursor names and its reader's last loss, or undefined when it is none of this epoch's. */
export function decodeCursor(
  epoch: number,
  cursor: string,
): { position: Position; rightsLost: bigint | null } | undefined {
  if (cursor.length > 100) return undefined;
  const match = /^(\d{1,10})\.(\d{1,20})\.(\d{1,20})\.(\d{1,19})$/.exec(
    Buffer.from(cursor, 'base64url').toString('latin1'),
  );
  if (!match || Number(match[1]) !== epoch) return undefined;
  const position = { xid: BigInt(match[3]!), seq: BigInt(match[4]!) };
  if (position.xid >= 2n ** 64n || position.seq > LAST_SEQ) return undefined;
  return { position, rightsLost: BigInt(match[2]!) || null };
}
