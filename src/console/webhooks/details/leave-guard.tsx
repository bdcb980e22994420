/** Asks before what is on display only here is lost by leaving the page; the tabs of the page are no leaving. */
import { Text } from '@mantine/core';
import { createContext, type ReactNode, type RefObject, useContext, useRef } from 'react';
import { useBeforeUnload, useBlocker } from 'react-router';

import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';

/** Set to true by whoever leaves on purpose: the webhook was deleted, the secrets were copied. */
export const LeavingContext = createContext<RefObject<boolean>>({ current: false });

/** What is asked, and who is told that the answer was Leave. */
interface LeaveQuestion {
  title: string;
  text: string;
  onLeave?: () => void;
}

const UNSAVED: LeaveQuestion = {
  title: 'Leave without saving?',
  text: 'What you typed on this page is not saved yet.',
};

/** The dialog, to be rendered where the form is; leaving is the ref of the context unless another is given. */
export function useLeaveGuard(
  atRisk: boolean,
  { title, text, onLeave }: LeaveQuestion = UNSAVED,
  onPurpose?: RefObject<boolean>,
): ReactNode {
  const context = useContext(LeavingContext);
  const leaving = onPurpose ?? context;
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) =>
      atRisk && !leaving.current && currentLocation.pathname !== nextLocation.pathname,
  );
  // The dialog closes after Leave, too: a reset would then stop a Back that is on its way.
  const going = useRef(false);
  useBeforeUnload((event) => {
    if (atRisk) event.preventDefault();
  });
  return (
    <ConfirmDialog
      opened={blocker.state === 'blocked'}
      title={title}
      confirmLabel="Leave"
      onConfirm={async () => {
        going.current = true;
        onLeave?.();
        blocker.proceed?.();
        return null;
      }}
      onClose={() => {
        if (!going.current) blocker.reset?.();
        going.current = false;
      }}
    >
      <Text>{text}</Text>
    </ConfirmDialog>
  );
}
