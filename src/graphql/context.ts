/** What every resolver is given: who calls, the rooms, and loaders that live as long as one answer. */
import type { Viewer } from '../access/viewer.ts';
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
  /**
   * Reads the caller's rights again and makes fresh loaders. False when the token or its login has
   * ended: a socket is then closed with 4403, and a subscription has to stop.
   */
  renew(): Promise<boolean>;
}

/** Makes a context; onEnd is called when renew finds that the caller's token has ended. */
export function createContext(options: {
  viewer: Viewer;
  rooms: Rooms;
  signal: AbortSignal;
  onEnd?: () => void;
}): Context {
  const { rooms, signal } = options;
  const context: Context = {
    viewer: options.viewer,
    rooms,
    loaders: createLoaders(rooms, options.viewer),
    signal,
    async renew() {
      const viewer = await rooms.access.refresh(context.viewer);
      if (viewer === undefined) {
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
