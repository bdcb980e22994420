/** Who is signed in: read once after the sign-in, and again when the server says that rights changed. */
import { createContext, type ReactNode, useContext } from 'react';

import type { ConsoleViewerQuery, Permission } from '../gql/graphql.ts';

/** The signed-in login with its account, permissions and teams. */
export type Viewer = NonNullable<ConsoleViewerQuery['viewer']>;

interface Session {
  viewer: Viewer;
  /** Reads the viewer again: its rights may have changed. */
  refresh: () => void;
  signOut: () => Promise<void>;
}

const SessionContext = createContext<Session | null>(null);

/** Hands the session to all pages below. */
export function SessionProvider({ session, children }: { session: Session; children: ReactNode }) {
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** The session of the page; only below the gate. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === null) throw new Error('There is no session outside of the gate.');
  return session;
}

/** The signed-in login. */
export function useViewer(): Viewer {
  return useSession().viewer;
}

/** Whether the signed-in login holds a permission. */
export function useMay(permission: Permission): boolean {
  return useViewer().permissions.includes(permission);
}

/** Whether it may read webhooks and deliveries at all: as a manager, or as the member of a team. */
export function useMayReadDeliveries(): boolean {
  const { permissions, teams } = useViewer();
  return permissions.includes('WEBHOOKS_MANAGE') || teams.length > 0;
}
