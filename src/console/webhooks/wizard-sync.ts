/**
 * Keeps what is typed into the wizard in its draft on the server. Comes in: that something changed, or that it
 * must be stored now. Goes out: one call at a time, each on the version that the last answer gave, and what
 * came of it. A part that did not change is not sent. A change of somebody else stops it until it is decided
 * whose is kept.
 */
import type { Client, CombinedError, OperationContext } from 'urql';

import { describeError, type Problem } from '../api/problems.ts';
import {
  type WizardDraftPartsFragment,
  WizardSetDetailsDocument,
  WizardSetEndpointsDocument,
  WizardSetTriggersDocument,
  WizardStartDocument,
} from '../gql/graphql.ts';
import { endpointsInput } from './editor/endpoint-values.ts';
import { detailsInput, type Part, PARTS, triggersInput, type WebhookValues } from './editor/form.ts';

export type Draft = WizardDraftPartsFragment;

/** What came of storing: the problems of the whole draft, or why nothing (more) was stored. */
export type Stored =
  | { kind: 'stored'; problems: Problem[] }
  | { kind: 'conflict'; theirs: Draft }
  | { kind: 'lost'; code: string; message: string }
  | { kind: 'failed'; message: string };

/** What the sync needs of the page. */
export interface SyncHooks {
  values: () => WebhookValues;
  /** The server knows these rows from now on: ids by the keys of the form's rows. */
  onIds: (part: 'endpoints' | 'triggers', ids: ReadonlyMap<string, string>) => void;
  /** There is a draft now; the next call waits until its address is on display. */
  onStarted: (draftId: string) => Promise<void> | void;
  /** Something is typed, or on its way, that the server does not have yet. */
  onSaving: () => void;
  /** What came of it; also when there was nothing to send, since the server has all that is typed. */
  onStored: (stored: Stored) => void;
}

/** How long after the last key it is stored. */
const TYPING_PAUSE_MS = 700;
/** Codes of a draft that is there no more, or takes nothing more. */
const LOST = new Set(['NOT_FOUND', 'DRAFT_EXPIRED', 'INVALID_STATE']);

interface Answer {
  draft?: Draft | null;
  errors: Problem[];
}

export class DraftSync {
  draftId: string | null = null;
  readonly #client: Client;
  readonly #hooks: SyncHooks;
  #version = 0;
  /** What the server has of each part, as it was sent. */
  #known: Record<Part, string> | null = null;
  #problems: Problem[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #chain: Promise<unknown> = Promise.resolve();
  #busy = false;
  #stopped = false;

  constructor(client: Client, hooks: SyncHooks) {
    this.#client = client;
    this.#hooks = hooks;
  }

  /** The form shows this draft (null: nothing yet), and nothing of it was changed. */
  adopt(draft: Draft | null, values: WebhookValues): void {
    clearTimeout(this.#timer);
    this.draftId = draft?.id ?? null;
    this.#version = draft?.version ?? 0;
    this.#problems = draft?.problems ?? [];
    this.#known = printAll(values);
    this.#stopped = false;
  }

  /** After a conflict: what is typed here goes over what the others typed, from their version on. */
  override(theirs: Draft): void {
    this.draftId = theirs.id;
    this.#version = theirs.version;
    this.#known = { details: '', endpoints: '', triggers: '' };
    this.#stopped = false;
  }

  /** The draft is gone: what is typed here goes into a new one. */
  startAnew(): void {
    this.draftId = null;
    this.#known = { details: '', endpoints: '', triggers: '' };
    this.#stopped = false;
  }

  /** Something was typed: it is stored after a pause. */
  changed(): void {
    clearTimeout(this.#timer);
    if (this.#stopped || this.#known === null) return;
    if (this.#dirty().length === 0) {
      // Typed and taken back within the pause; what is on its way reports by itself.
      if (!this.#busy) this.#hooks.onStored(this.#upToDate());
      return;
    }
    this.#hooks.onSaving();
    this.#timer = setTimeout(() => void this.store(), TYPING_PAUSE_MS);
  }

  /** Stores what changed now, and the forced parts in any case; after what is on its way. */
  store(...forced: Part[]): Promise<Stored> {
    clearTimeout(this.#timer);
    const stored = this.#chain.then(() => this.#store(forced));
    this.#chain = stored;
    return stored;
  }

  /** No more is sent: the draft became a webhook, or was thrown away. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#stopped = true;
  }

  /** The page is being unloaded: what is not stored yet is sent without waiting, in requests that outlive it. */
  unload(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const values = this.#hooks.values();
    const context = { fetchOptions: { credentials: 'same-origin', keepalive: true } } as const;
    if (this.draftId === null) {
      if (this.#dirty().length > 0 && !this.#busy)
        void this.#client
          .mutation(WizardStartDocument, { input: detailsInput(values.details) }, context)
          .toPromise();
      return;
    }
    // Only the first is sure of the version; what comes after it in this breath is no conflict either.
    let version = this.#busy ? null : this.#version;
    for (const part of this.#dirty()) {
      void this.#send(this.draftId, part, values, version, context);
      version = null;
    }
  }

  #dirty(): Part[] {
    const known = this.#known;
    if (known === null) return [];
    const now = printAll(this.#hooks.values());
    return PARTS.filter((part) => now[part] !== known[part]);
  }

  #upToDate(): Stored {
    return { kind: 'stored', problems: this.#problems };
  }

  async #store(forced: Part[]): Promise<Stored> {
    if (this.#stopped || this.#known === null)
      return { kind: 'failed', message: 'Nothing can be stored here any more.' };
    const parts = PARTS.filter((part) => forced.includes(part) || this.#dirty().includes(part));
    if (parts.length === 0) {
      this.#hooks.onStored(this.#upToDate());
      return this.#upToDate();
    }
    this.#busy = true;
    this.#hooks.onSaving();
    let stored = this.#upToDate();
    for (const part of this.draftId === null ? (['details', ...without(parts, 'details')] as const) : parts) {
      stored = await this.#storePart(part);
      if (stored.kind !== 'stored') break;
    }
    this.#busy = false;
    if (stored.kind === 'conflict' || stored.kind === 'lost') this.#stopped = true;
    this.#hooks.onStored(stored);
    // Typed while this was on its way.
    if (stored.kind === 'stored') this.changed();
    return stored;
  }

  async #storePart(part: Part): Promise<Stored> {
    const values = this.#hooks.values();
    const print = printAll(values)[part];
    const { answer, error } =
      this.draftId === null
        ? await this.#start(values)
        : await this.#send(this.draftId, part, values, this.#version);
    if (!answer)
      return { kind: 'failed', message: error ? describeError(error) : 'The server gave no answer.' };
    const { draft, errors } = answer;
    const conflict = errors.some(({ code }) => code === 'CONFLICT');
    if (draft && conflict) return { kind: 'conflict', theirs: draft };
    const [first] = errors;
    if (!draft) {
      if (first && LOST.has(first.code) && first.field?.[0] === 'id') return { kind: 'lost', ...first };
      return { kind: 'failed', message: first?.message ?? 'Nothing was stored.' };
    }
    const started = this.draftId === null;
    this.draftId = draft.id;
    this.#version = draft.version;
    this.#known = { ...this.#known!, [part]: print };
    // What only the step knows, such as the id of a row that is not there any more, comes besides the draft's.
    const told = new Set(draft.problems.map(({ field }) => field?.join('.')));
    this.#problems = [...draft.problems, ...errors.filter(({ field }) => !told.has(field?.join('.')))];
    if (part !== 'details') this.#hooks.onIds(part, idsOf(values[part], draft[part]));
    if (started) await this.#hooks.onStarted(draft.id);
    return { kind: 'stored', problems: this.#problems };
  }

  async #start(
    values: WebhookValues,
  ): Promise<{ answer?: Answer | null; error?: CombinedError | undefined }> {
    const { data, error } = await this.#client
      .mutation(WizardStartDocument, { input: detailsInput(values.details) })
      .toPromise();
    return { answer: data?.webhookDraftCreate ?? null, error };
  }

  async #send(
    id: string,
    part: Part,
    { details, endpoints, triggers }: WebhookValues,
    version: number | null,
    context: Partial<OperationContext> = {},
  ): Promise<{ answer?: Answer | null; error?: CombinedError | undefined }> {
    const at = { id, version };
    switch (part) {
      case 'details': {
        const input = detailsInput(details);
        const { data, error } = await this.#client
          .mutation(WizardSetDetailsDocument, { ...at, input }, context)
          .toPromise();
        return { answer: data?.webhookDraftSetDetails ?? null, error };
      }
      case 'endpoints': {
        const input = endpointsInput(endpoints);
        const { data, error } = await this.#client
          .mutation(WizardSetEndpointsDocument, { ...at, input }, context)
          .toPromise();
        return { answer: data?.webhookDraftSetEndpoints ?? null, error };
      }
      case 'triggers': {
        const input = triggersInput(triggers);
        const { data, error } = await this.#client
          .mutation(WizardSetTriggersDocument, { ...at, input }, context)
          .toPromise();
        return { answer: data?.webhookDraftSetTriggers ?? null, error };
      }
    }
  }
}

/** Each part as it would be sent, without the ids that the server gives to its rows. */
function printAll({ details, endpoints, triggers }: WebhookValues): Record<Part, string> {
  const withoutIds = (rows: { id?: unknown }[]) => JSON.stringify(rows.map(({ id: _id, ...row }) => row));
  return {
    details: JSON.stringify(detailsInput(details)),
    endpoints: withoutIds(endpointsInput(endpoints)),
    triggers: withoutIds(triggersInput(triggers)),
  };
}

/** The answer has the rows in the order in which they were sent. */
function idsOf(rows: readonly { key: string }[], answered: readonly { id: string }[]): Map<string, string> {
  return new Map(rows.flatMap(({ key }, index) => (answered[index] ? [[key, answered[index].id]] : [])));
}

function without(parts: readonly Part[], part: Part): Part[] {
  return parts.filter((one) => one !== part);
}
