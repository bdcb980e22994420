/**
 * Stands before every page but the sign-in: reads who is signed in, and sends whoever is not to the sign-in
 * with the way back. A session that ends while a page is open leads here again.
 */
import { Center, Loader } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Navigate, Outlet, useLocation, useNavigate } from 'react-router';
import { type CombinedError, Provider } from 'urql';

import { LiveProvider } from '../api/live.tsx';
import { createLiveClient } from '../api/live-client.ts';
import { statusOf } from '../api/problems.ts';
import { createApi } from '../api/urql.ts';
import { ConsoleViewerDocument } from '../gql/graphql.ts';
import { ErrorState } from '../ui/states.tsx';
import { readPermissions, signOut } from './session.ts';
import { SessionProvider, type Viewer } from './viewer.tsx';

type State =
  | { kind: 'loading' }
  | { kind: 'signed-in'; viewer: Viewer }
  | { kind: 'signed-out'; ended: boolean }
  | { kind: 'failed'; error: CombinedError | null };

export function Gate() {
  const [state, setState] = useState<State>({ kind: 'loading' });
  /** Signing out was asked for: the answers of 401 that follow are no news. */
  const leaving = useRef(false);
  const location = useLocation();
  const navigate = useNavigate();
  const api = useMemo(
    () =>
      createApi(() =>
        setState((now) => ({
          kind: 'signed-out',
          ended: !leaving.current && (now.kind === 'signed-in' || now.kind === 'signed-out'),
        })),
      ),
    [],
  );

  const readAgain = useRef<() => Promise<void>>(null);
  // The socket was closed for good: the session may have ended, and reading the viewer tells.
  const [live] = useState(() => createLiveClient(() => void readAgain.current?.()));
  useEffect(() => () => void live.dispose(), [live]);
  const read = useCallback(async () => {
    const [{ data, error }, permissions] = await Promise.all([
      api.query(ConsoleViewerDocument, {}, { requestPolicy: 'network-only' }).toPromise(),
      readPermissions(),
    ]);
    const viewer = data?.viewer;
    if (statusOf(error) === 401) return;
    if (viewer)
      setState({ kind: 'signed-in', viewer: { ...viewer, permissions: permissions ?? viewer.permissions } });
    // A page that is open must not go for a trouble that passes.
    else setState((now) => (now.kind === 'signed-in' ? now : { kind: 'failed', error: error ?? null }));
  }, [api]);
  readAgain.current = read;
  useEffect(() => void read(), [read]);

  const session = useMemo(
    () =>
      state.kind === 'signed-in'
        ? {
            viewer: state.viewer,
            refresh: () => void read(),
            async signOut() {
              leaving.current = true;
              if (await signOut()) return void navigate('/sign-in', { replace: true });
              leaving.current = false;
              notifications.show({
                color: 'red',
                title: 'You are still signed in',
                message: 'The server could not be reached. Try again.',
              });
            },
          }
        : null,
    [state, read, navigate],
  );

  switch (state.kind) {
    case 'loading':
      return (
        <Center mih="60vh">
          <Loader aria-label="Loading" />
        </Center>
      );
    case 'failed':
      return (
        <Center mih="60vh" p="md">
          <ErrorState error={state.error} onRetry={() => void read()} />
        </Center>
      );
    case 'signed-out': {
      const back = location.pathname + location.search;
      const search = new URLSearchParams({
        ...(back === '/' ? {} : { back }),
        ...(state.ended ? { ended: '1' } : {}),
      });
      return <Navigate to={{ pathname: '/sign-in', search: search.toString() }} replace />;
    }
    case 'signed-in':
      return (
        <Provider value={api}>
          <LiveProvider client={live}>
            <SessionProvider session={session!}>
              <Outlet />
            </SessionProvider>
          </LiveProvider>
        </Provider>
      );
  }
}
