/** Whose bearer token this is: one of this server, or one of the host platform's identity provider. */
import type { Viewer } from '../access/viewer.ts';
import type { Rooms } from './context.ts';

/** The caller; or why there is none, as a sentence where there is one to say; or nothing can be said now. */
export type Caller =
  { kind: 'VIEWER'; viewer: Viewer } | { kind: 'REFUSED'; why?: string } | { kind: 'UNAVAILABLE' };

/** Looks in memory first which of the two it can be. */
export async function callerOf(rooms: Pick<Rooms, 'access' | 'platform'>, token: string): Promise<Caller> {
  const viewer = await rooms.access.viewerOfToken(token);
  if (viewer !== undefined) return { kind: 'VIEWER', viewer };
  const caller = await rooms.platform?.callerOf(token);
  if (caller?.kind === 'REFUSED') return { kind: 'REFUSED', why: `This token is refused: ${caller.why}.` };
  return caller ?? { kind: 'REFUSED' };
}
