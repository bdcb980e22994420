/**
 * One run of the wizard, in the dialog and on the page alike: the form, its draft, and what stands in the way.
 * The draft of the address is read once; from then on the form leads and the draft follows.
 */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';

import { describeError, type Problem } from '../api/problems.ts';
import { WizardDraftDocument, WizardSaveDocument, type WizardSaveMutation } from '../gql/graphql.ts';
import {
  emptyValues,
  localErrors,
  type Part,
  PARTS,
  setRowIds,
  toValues,
  useWebhookForm,
  type WebhookForm,
} from './editor/form.ts';
import { formErrors, inFormOrder, partOf } from './editor/problems.ts';
import { secretsToGiveAgain } from './editor/secrets-to-give-again.ts';
import { type Draft, DraftSync, type Stored } from './wizard-sync.ts';

type SavePayload = NonNullable<WizardSaveMutation['webhookDraftSave']>;
/** The new webhook with its signing secrets, which are shown this once. */
export type Added = { webhook: NonNullable<SavePayload['webhook']>; secrets: SavePayload['newSecrets'] };

/** Where the run stands. */
export type Phase =
  | { kind: 'loading' }
  | { kind: 'unreadable'; message: string }
  /** There is no such draft (any more). */
  | { kind: 'gone' }
  /** It is a webhook already; null when that was deleted since. */
  | { kind: 'saved'; webhook: Draft['savedAs'] }
  | { kind: 'open' }
  | { kind: 'added'; added: Added };

/** What the server did with the last change. */
export type Keeping = 'nothing' | 'saving' | 'kept' | 'failed';

export interface Wizard {
  form: WebhookForm;
  phase: Phase;
  keeping: Keeping;
  /** Something that is wrong with no field of the form, and whether it stopped ADD rather than a store. */
  failure: { message: string; adding: boolean } | null;
  /** Another tab or machine changed the draft: its version of it. */
  conflict: Draft | null;
  /** The draft ended, was discarded or saved while it was open here. */
  lost: string | null;
  busy: boolean;
  /** The step to resume at, once the draft is read. */
  resumeAt: Part;
  /** The draft on the server, once something was typed. */
  draftId: () => string | null;
  reload: () => void;
  /** Stores the parts; their errors by path, empty when all is well; null when nothing could be stored. */
  check: (...parts: Part[]) => Promise<Record<string, string> | null>;
  /** ADD and Save: the errors by path when it was refused; null when it worked or could not be done at all. */
  add: () => Promise<Record<string, string> | null>;
  /** Stores what was typed before the page is left. */
  leave: () => Promise<Stored>;
  takeTheirs: () => void;
  keepMine: () => void;
  startAnew: () => void;
}

/** The drafts that became webhooks since this page was loaded. */
const addedHere = new Set<string>();

/** Whether the draft became a webhook here: its addresses in the history lead nowhere any more. */
export function wasAddedHere(draftId: string | undefined): boolean {
  return draftId !== undefined && addedHere.has(draftId);
}

/** draftId is that of the address; onStarted gets the id of the draft that the first change makes. */
export function useWizard(
  draftId: string | undefined,
  onStarted: (id: string) => Promise<void> | void,
): Wizard {
  const client = useClient();
  const [phase, setPhase] = useState<Phase>({ kind: draftId === undefined ? 'open' : 'loading' });
  const [keeping, setKeeping] = useState<Keeping>('nothing');
  const [failure, setFailure] = useState<Wizard['failure']>(null);
  const [conflict, setConflict] = useState<Draft | null>(null);
  const [lost, setLost] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [resumeAt, setResumeAt] = useState<Part>('details');
  const working = useRef(false);
  /** ADD was sent without an answer: the draft may be a webhook already, which takes no more of its parts. */
  const unanswered = useRef(false);
  const sync = useRef<DraftSync>(null);
  const form = useWebhookForm({ onValuesChange: () => sync.current?.changed() });
  const latest = useRef({ form, onStarted });
  latest.current = { form, onStarted };
  const alive = useRef(true);

  sync.current ??= new DraftSync(client, {
    values: () => latest.current.form.getValues(),
    onIds: (part, ids) => setRowIds(latest.current.form, part, ({ key, id }) => ids.get(key) ?? id),
    onStarted: (id) => (alive.current ? latest.current.onStarted(id) : undefined),
    onSaving: () => setKeeping('saving'),
    onStored: (stored) => {
      const kept = sync.current!.draftId === null ? 'nothing' : 'kept';
      setKeeping(stored.kind === 'stored' ? kept : 'failed');
      setFailure(stored.kind === 'failed' ? { message: stored.message, adding: false } : null);
      if (stored.kind === 'conflict') setConflict(stored.theirs);
      if (stored.kind === 'lost') setLost(stored.message);
    },
  });

  const show = useCallback((draft: Draft) => {
    const { form: now } = latest.current;
    const values = toValues(draft);
    now.setValues(values);
    now.resetDirty(values);
    sync.current!.adopt(draft, values);
    now.setErrors(
      inFormOrder({
        ...formErrors(draft.problems.filter(begun)),
        ...secretsToGiveAgain(draft.problems, values.endpoints),
      }),
    );
    setConflict(null);
    setLost(null);
    setFailure(null);
    setKeeping('nothing');
  }, []);

  const read = useCallback(
    async (id: string) => {
      setPhase({ kind: 'loading' });
      const { data, error } = await client
        .query(WizardDraftDocument, { id }, { requestPolicy: 'network-only' })
        .toPromise();
      if (!alive.current) return;
      const draft = data?.webhookDraft;
      if (error) return setPhase({ kind: 'unreadable', message: describeError(error) });
      if (!draft) return setPhase({ kind: 'gone' });
      if (draft.step === 'SAVED') return setPhase({ kind: 'saved', webhook: draft.savedAs });
      show(draft);
      setResumeAt(draft.step === 'READY' ? 'triggers' : (draft.step.toLowerCase() as Part));
      setPhase({ kind: 'open' });
    },
    [client, show],
  );

  useEffect(() => {
    if (draftId === undefined) {
      if (sync.current!.draftId === null) sync.current!.adopt(null, latest.current.form.getValues());
    } else if (draftId !== sync.current!.draftId) void read(draftId);
  }, [draftId, read]);

  useEffect(() => {
    alive.current = true;
    const unload = () => sync.current?.unload();
    window.addEventListener('pagehide', unload);
    return () => {
      alive.current = false;
      window.removeEventListener('pagehide', unload);
      // Left by Back or a link: the page stays, so this reaches the server.
      void sync.current?.store();
    };
  }, []);

  /** One thing at a time: a second click finds it at work. */
  async function once<T>(work: () => Promise<T | null>): Promise<T | null> {
    if (working.current) return null;
    working.current = true;
    setBusy(true);
    try {
      return await work();
    } finally {
      working.current = false;
      setBusy(false);
    }
  }

  async function checkParts(parts: readonly Part[], forced = parts): Promise<Record<string, string> | null> {
    const stored = await sync.current!.store(...forced);
    if (stored.kind !== 'stored') return null;
    return showErrors(parts, stored.problems);
  }

  /** Lays the errors of the parts over those that are shown. */
  function showErrors(parts: readonly Part[], problems: Problem[]): Record<string, string> {
    const { form: now } = latest.current;
    const values = now.getValues();
    const all = {
      ...formErrors(problems),
      ...secretsToGiveAgain(problems, values.endpoints),
      ...localErrors(values),
    };
    const inside = (path: string) => parts.includes(partOf(path)!);
    const mine = Object.fromEntries(Object.entries(all).filter(([path]) => inside(path)));
    const others = Object.entries(now.errors as Record<string, string>).filter(([path]) => !inside(path));
    now.setErrors(inFormOrder({ ...Object.fromEntries(others), ...mine }));
    return inFormOrder(mine);
  }

  async function save(): Promise<Record<string, string> | null> {
    const before = await checkParts(PARTS, unanswered.current ? [] : PARTS);
    if (before === null) setFailure((failed) => failed && { ...failed, adding: true });
    if (before === null || Object.keys(before).length > 0) return before;
    const { data, error } = await client
      .mutation(WizardSaveDocument, { id: sync.current!.draftId! })
      .toPromise();
    const payload = data?.webhookDraftSave;
    unanswered.current = !payload;
    if (!payload) {
      const message = error ? describeError(error) : 'The server gave no answer.';
      setFailure({ message: `${message} Try again: it is added only once.`, adding: true });
      return null;
    }
    if (payload.webhook) {
      sync.current!.stop();
      addedHere.add(sync.current!.draftId!);
      setFailure(null);
      setPhase({ kind: 'added', added: { webhook: payload.webhook, secrets: payload.newSecrets } });
      return null;
    }
    const errors = showErrors(PARTS, payload.errors);
    if (Object.keys(errors).length > 0) return errors;
    setFailure({ message: payload.errors[0]?.message ?? 'It was not added.', adding: true });
    return null;
  }

  return {
    ...{ form, phase, keeping, failure, conflict, lost, busy, resumeAt },
    draftId: () => sync.current!.draftId,
    reload: () => draftId !== undefined && void read(draftId),
    check: (...parts) => once(() => checkParts(parts)),
    add: () => once(save),
    leave: () => sync.current!.store(),
    takeTheirs: () => conflict && show(conflict),
    keepMine() {
      if (!conflict) return;
      forgetIds(form, conflict);
      sync.current!.override(conflict);
      setConflict(null);
      void sync.current!.store();
    },
    startAnew() {
      forgetIds(form, { endpoints: [], triggers: [] });
      if (phase.kind !== 'open') form.setValues(emptyValues());
      sync.current!.startAnew();
      if (phase.kind !== 'open') sync.current!.adopt(null, form.getValues());
      else void sync.current!.store();
      setLost(null);
      setPhase({ kind: 'open' });
    },
  };
}

/** Rows that the draft does not have are new ones for it. */
function forgetIds(
  form: WebhookForm,
  draft: { endpoints: { id: string }[]; triggers: { id: string }[] },
): void {
  for (const part of ['endpoints', 'triggers'] as const) {
    const ids = new Set(draft[part].map(({ id }) => id));
    setRowIds(form, part, ({ id }) => (id !== null && ids.has(id) ? id : null));
  }
}

/** That a list has no row yet is no mistake of somebody who has not come to it. */
function begun({ field }: Problem): boolean {
  return (field?.length ?? 0) > 1;
}
