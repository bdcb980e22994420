/**
 * The form of one part of a saved webhook: what is typed, its way to the server on the version that it was
 * typed on, and what happens when somebody else changed the webhook meanwhile. A change of other parts is none
 * of its business; one of the same part is put before the person.
 */
import { useEffect, useState } from 'react';
import { useMutation } from 'urql';

import { describeError } from '../../api/problems.ts';
import {
  WebhookDetailsUpdateDocument,
  type WebhookDetailsUpdateMutation,
  type WebhookInput,
} from '../../gql/graphql.ts';
import { endpointsInput } from '../editor/endpoint-values.ts';
import {
  detailsInput,
  localErrors,
  type Part,
  toValues,
  triggersInput,
  useWebhookForm,
  type WebhookForm,
  type WebhookValues,
} from '../editor/form.ts';
import { formErrors, partOf } from '../editor/problems.ts';
import { secretsToGiveAgain } from '../editor/secrets-to-give-again.ts';
import { differences } from './compare.ts';
import { rebase } from './rebase.ts';
import type { DetailedWebhook } from './use-webhook.ts';

type Answer = NonNullable<WebhookDetailsUpdateMutation['webhookUpdate']>;
export type NewSecret = Answer['newSecrets'][number];

/** The webhook as somebody else left it, beside what is typed here. */
export interface Conflict {
  theirs: DetailedWebhook;
  /** What is typed here, as it would stand on theirs. */
  merged: WebhookValues;
  /** Whether it came up while saving: keeping mine then saves. */
  saving: boolean;
}

export interface SectionEdit {
  form: WebhookForm;
  busy: boolean;
  /** What is wrong with the whole rather than with a field. */
  problem: string | null;
  /** Somebody changed this part since it was opened. */
  outdated: boolean;
  conflict: Conflict | null;
  compare: () => void;
  closeConflict: () => void;
  keepMine: () => void;
  save: () => void;
}

/** How often a save goes on by itself when others change other parts of the webhook at the same moment. */
const TRIES = 3;

export function useSectionEdit(options: {
  part: Part;
  webhook: DetailedWebhook;
  onSaved: (webhook: DetailedWebhook, newSecrets: NewSecret[]) => void;
  /** The server refused fields: their errors are on display after the next render. */
  onRefused: () => void;
}): SectionEdit {
  const { part, webhook, onSaved, onRefused } = options;
  const [base, setBase] = useState(webhook);
  const form = useWebhookForm({ initialValues: toValues(base) });
  const [{ fetching: busy }, update] = useMutation(WebhookDetailsUpdateDocument);
  const [problem, setProblem] = useState<string | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);

  const newer = webhook.version > base.version;
  const outdated = newer && !sameIn(part, toValues(base), toValues(webhook));
  useEffect(() => {
    if (newer && !outdated) setBase(webhook);
  }, [newer, outdated, webhook]);

  function conflictWith(theirs: DetailedWebhook, from: DetailedWebhook, saving: boolean): Conflict {
    return { theirs, merged: rebase(part, toValues(from), form.getValues(), toValues(theirs)), saving };
  }

  /** from is the webhook that the values were typed on: after Keep mine the state is a render behind. */
  async function send(values: WebhookValues, from: DetailedWebhook, tries = TRIES): Promise<void> {
    const errors = Object.entries(localErrors(values)).filter(([path]) => partOf(path) === part);
    if (errors.length > 0) return refuse(Object.fromEntries(errors));
    setProblem(null);
    const { data, error } = await update({
      id: webhook.id,
      input: inputOf(part, values),
      expectedVersion: from.version,
    });
    const answer = data?.webhookUpdate;
    if (error || !answer) return setProblem(error ? describeError(error) : 'The server gave no answer.');
    const now = answer.webhook;
    if (answer.errors.length === 0 && now) return onSaved(now, answer.newSecrets);
    if (now && answer.errors.some(({ code }) => code === 'CONFLICT')) {
      if (sameIn(part, toValues(from), toValues(now)) && tries > 1) return send(values, now, tries - 1);
      return setConflict(conflictWith(now, from, true));
    }
    refuse({ ...formErrors(answer.errors), ...secretsToGiveAgain(answer.errors, values.endpoints) });
  }

  function refuse(errors: Record<string, string>): void {
    const elsewhere = Object.entries(errors).filter(([path]) => partOf(path) !== part);
    setProblem(elsewhere.length > 0 ? elsewhere.map(([, message]) => message).join(' ') : null);
    form.setErrors(errors);
    onRefused();
  }

  function keepMine(): void {
    if (conflict === null) return;
    const { theirs, merged, saving } = conflict;
    form.setValues(merged);
    setBase(theirs);
    setConflict(null);
    if (saving) void send(merged, theirs);
  }

  return {
    form,
    busy,
    problem,
    outdated,
    conflict,
    compare: () => setConflict(conflictWith(webhook, base, false)),
    closeConflict: () => setConflict(null),
    keepMine,
    save() {
      form.clearErrors();
      void send(form.getValues(), base);
    },
  };
}

function inputOf(part: Part, values: WebhookValues): WebhookInput {
  switch (part) {
    case 'details':
      return { details: detailsInput(values.details) };
    case 'endpoints':
      return { endpoints: endpointsInput(values.endpoints) };
    case 'triggers':
      return { triggers: triggersInput(values.triggers) };
  }
}

function sameIn(part: Part, one: WebhookValues, other: WebhookValues): boolean {
  return differences(part, one, other).length === 0;
}
