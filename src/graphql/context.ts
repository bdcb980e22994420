/** What every resolver is given: who calls, the rooms, and loaders that live as long as one answer. */
import type { Viewer } from '../access/viewer.ts';
import type { Position } from '../live/cursor.ts';
import { createLoaders, type Loaders } from './loaders.ts';
import type { Rooms } from './rooms.ts';

export type { Rooms };

/** The context of one operation. A subscription keeps it as long as it lives and renews it for each batch. */
export interface Context {
  viewer: Viewer;
  rooms: Rooms;
  /** Made anew by renew, because a loader remembers what it read. */
  loaders: Loaders;
  /** Aborts when nobody waits for the answer any more: the subscription was completed or its socket closed. */
  signal: AbortSignal;
  /** For a subscription: where the changes of the saved table stood when its socket was connected. */
  since: Position | null;
  /**
   * Reads the caller's rights again and makes fresh loaders. False when the token or its login has
   * ended, or when it may see less than before: a socket is then closed with 4403, and a subscription
   * has to stop. Going on would leave gaps in it that nobody is told of.
   */
  renew(): Promise<boolean>;
}

/** Makes a context; onEnd is called when renew finds that the caller's token has ended. */
export function createContext(options: {
  viewer: Viewer;
  rooms: Rooms;
  signal: AbortSignal;
  since?: Position;
  onEnd?: () => void;
}): Context {
  const { rooms, signal } = options;
  const context: Context = {
    viewer: options.viewer,
    rooms,
    loaders: createLoaders(rooms, options.viewer),
    signal,
    since: options.since ?? null,
    async renew() {
      const viewer = await rooms.access.refresh(context.viewer);
      if (viewer === undefined || hasLost(context.viewer, viewer)) {
        options.onEnd?.();
        return false;
      }
      context.viewer = viewer;
      context.loaders = createLoaders(rooms, viewer);
      return true;
    },
  };
  return context;
}

/** Whether a permission, the membership of a team, the place in the tree or a branch of the account was lost. */
export function hasLost(before: Viewer, now: Viewer): boolean {
  return (
    [...before.permissions].some((permission) => !now.permissions.has(permission)) ||
    before.teamIds.some((id) => !now.teamIds.includes(id)) ||
    before.loginPath.join() !== now.loginPath.join() ||
    before.accountId !== now.accountId ||
    before.rightsLost !== now.rightsLost
  );
}
