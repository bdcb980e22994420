/**
 * Add Webhook: a dialog over the table in three steps, at an address of its own (new/<draft>/<step>), so that
 * it can be reloaded, linked to and left with Back. What is typed is kept in a draft on the server.
 */
import { Modal } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useEffect, useRef } from 'react';
import { Navigate, useLocation, useNavigate, useParams } from 'react-router';

import { type Part, PARTS } from './editor/form.ts';
import { useWizard, wasAddedHere } from './use-wizard.ts';
import { WizardAdded } from './wizard-added.tsx';
import classes from './wizard-dialog.module.css';
import { WizardForm } from './wizard-form.tsx';
import { WizardUnopened } from './wizard-notices.tsx';

const TABLE = '/webhooks';

export function WizardDialog() {
  const { draftId, step } = useParams();
  const { search, key } = useLocation();
  const navigate = useNavigate();
  const narrow = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const wizard = useWizard(draftId, (id) => go('details', { draftId: id, replace: true }));
  const { phase, resumeAt } = wizard;
  const current = PARTS.find((part) => part === step) ?? resumeAt;
  /** The entry of the history at which it was added. */
  const addedAt = useRef(key);
  if (phase.kind !== 'added') addedAt.current = key;
  useFocusReturn();

  function go(to: Part, options: { draftId?: string; replace?: boolean } = {}): Promise<void> | void {
    const id = options.draftId ?? wizard.draftId();
    return navigate({ pathname: `${TABLE}/new/${id}/${to}`, search }, { replace: options.replace ?? false });
  }

  async function close(): Promise<void> {
    if (phase.kind !== 'open') return void navigate({ pathname: TABLE, search }, { replace: true });
    const stored = await wizard.leave();
    await navigate({ pathname: TABLE, search });
    if (wizard.lost !== null) return;
    if (stored.kind === 'failed' && wizard.conflict === null)
      notifications.show({ color: 'red', title: 'The draft could not be stored', message: stored.message });
    else if (wizard.draftId() !== null) notifyKept(wizard.form.getValues().details.name);
  }

  // Back, after ADD, to a step that was before it.
  if (phase.kind === 'added' ? key !== addedAt.current : wasAddedHere(draftId))
    return <Navigate to={{ pathname: TABLE, search }} replace />;
  return (
    <Modal
      opened
      onClose={() => void close()}
      title="Add Webhook"
      size={780}
      fullScreen={narrow}
      returnFocus={false}
      classNames={{ title: classes['title']!, content: classes['content']!, body: classes['body']! }}
      // The secrets are shown once: they go by a button, not by a slip.
      closeOnClickOutside={phase.kind !== 'added'}
      closeOnEscape={phase.kind !== 'added'}
    >
      {phase.kind === 'added' ? (
        <WizardAdded added={phase.added} onDone={() => void close()} />
      ) : phase.kind === 'open' ? (
        <WizardForm
          wizard={wizard}
          step={current}
          fresh={draftId === undefined}
          onStep={(to) => void go(to)}
        />
      ) : (
        <WizardUnopened
          phase={phase}
          onReload={wizard.reload}
          onAnew={() => {
            wizard.startAnew();
            void navigate({ pathname: `${TABLE}/new`, search }, { replace: true });
          }}
        />
      )}
    </Modal>
  );
}

function notifyKept(name: string): void {
  notifications.show({
    title: 'Your draft is kept',
    message: `${name.trim() === '' ? 'The unfinished webhook' : `“${name}”`} can be resumed from the Webhooks page for a week, here and on any other machine.`,
    autoClose: 8000,
  });
}

/** The focus goes back to what opened the dialog, or to the page, however the dialog is left. */
function useFocusReturn(): void {
  const opener = useRef(document.activeElement);
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        if (document.activeElement !== null && document.activeElement !== document.body) return;
        const from = opener.current;
        const target = from?.isConnected && from !== document.body ? from : document.querySelector('h1');
        (target as HTMLElement | null)?.focus();
      });
    },
    [],
  );
}
