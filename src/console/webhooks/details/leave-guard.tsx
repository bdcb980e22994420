/** Asks before what was typed and not saved is lost by leaving the page; the tabs of the page are no leaving. */
import { Text } from '@mantine/core';
import { createContext, type ReactNode, type RefObject, useContext } from 'react';
import { useBeforeUnload, useBlocker } from 'react-router';

import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';

/** Set to true by whoever leaves on purpose: the webhook was deleted. */
export const LeavingContext = createContext<RefObject<boolean>>({ current: false });

/** The dialog, to be rendered where the form is. */
export function useLeaveGuard(dirty: boolean): ReactNode {
  const leaving = useContext(LeavingContext);
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      dirty && !leaving.current && currentLocation.pathname !== nextLocation.pathname,
  );
  useBeforeUnload((event) => {
    if (dirty) event.preventDefault();
  });
  return (
    <ConfirmDialog
      opened={blocker.state === 'blocked'}
      title="Leave without saving?"
      confirmLabel="Leave"
      onConfirm={async () => {
        blocker.proceed?.();
        return null;
      }}
      onClose={() => blocker.reset?.()}
    >
      <Text>What you typed on this page is not saved yet.</Text>
    </ConfirmDialog>
  );
}
