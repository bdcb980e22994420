/**
 * What a form of a webhook holds, and its way from and to the API. Rows have keys of their own, so that they
 * keep their place and focus while others come and go; the paths of problems are the paths of the form.
 */
import { useForm, type UseFormReturnType } from '@mantine/form';

import type { Problem } from '../../api/problems.ts';
import type { TriggerInput, WebhookDetailsInput } from '../../gql/graphql.ts';
import { isMail } from '../endpoint-place.ts';
import {
  type EndpointValues,
  endpointValues,
  newEndpoint,
  newKey,
  type StoredEndpoint,
} from './endpoint-values.ts';
import { MAX_CONCURRENCY, RATE_PER_SECOND, wholeProblem } from './limits.ts';
import { parseSchedule } from './retry-schedule.ts';

/** Whose activity is watched: that of the whole account, of a login and all below, or of a team's members. */
export type Scope = 'account' | 'login' | 'team';

/** A login or a team that can be chosen. */
export interface Choice {
  id: string;
  number: number;
  name: string;
}

export interface DetailsValues {
  name: string;
  description: string;
  scope: Scope;
  forLogin: Choice | null;
  team: Choice | null;
}

export interface TriggerValues {
  key: string;
  id: string | null;
  resource: string | null;
  event: string | null;
  name: string;
  description: string;
}

/** The values of the form: the three parts of WebhookInput. */
export interface WebhookValues {
  details: DetailsValues;
  endpoints: EndpointValues[];
  triggers: TriggerValues[];
}

/** One of the three parts, which are the wizard's steps. */
export type Part = keyof WebhookValues;
export const PARTS: readonly Part[] = ['details', 'endpoints', 'triggers'];

export type WebhookForm = UseFormReturnType<WebhookValues>;

/** A draft or a saved webhook, as far as the form shows it. */
export interface StoredWebhook {
  name?: string | null;
  description?: string | null;
  forLogin?: Choice | null;
  team?: Choice | null;
  endpoints: readonly StoredEndpoint[];
  triggers: readonly {
    id: string;
    resource?: string | null;
    event?: string | null;
    name?: string | null;
    description?: string | null;
  }[];
  /** Of a draft what saving it would refuse. */
  problems?: readonly Problem[];
}

export function newTrigger(): TriggerValues {
  return { key: newKey(), id: null, resource: null, event: null, name: '', description: '' };
}

/** The form with nothing typed: each list shows one empty row. */
export function emptyValues(): WebhookValues {
  const details: DetailsValues = { name: '', description: '', scope: 'account', forLogin: null, team: null };
  return { details, endpoints: [newEndpoint()], triggers: [newTrigger()] };
}

/** A draft or a webhook in the form; an empty list shows one empty row. */
export function toValues(stored: StoredWebhook): WebhookValues {
  const empty = emptyValues();
  const { forLogin = null, team = null } = stored;
  const endpoints = stored.endpoints.map((row, index) => endpointValues(row, problemsOfRow(stored, index)));
  const triggers = stored.triggers.map(({ id, resource, event, name, description }) => ({
    ...{ key: newKey(), id, resource: resource ?? null, event: event ?? null },
    ...{ name: name ?? '', description: description ?? '' },
  }));
  return {
    details: {
      name: stored.name ?? '',
      description: stored.description ?? '',
      scope: forLogin ? 'login' : team ? 'team' : 'account',
      forLogin,
      team,
    },
    endpoints: endpoints.length > 0 ? endpoints : empty.endpoints,
    triggers: triggers.length > 0 ? triggers : empty.triggers,
  };
}

/** The paths of a draft's problems below a row of its endpoints; null for a saved webhook. */
function problemsOfRow({ problems }: StoredWebhook, index: number): string[] | null {
  if (problems === undefined) return null;
  const at = `endpoints.${index}.`;
  return problems.flatMap(({ code, field }) => {
    const path = field?.join('.') ?? '';
    // One that is set twice is whole all the same.
    return path.startsWith(at) && code !== 'DUPLICATE' ? [path.slice(at.length)] : [];
  });
}

/** Step 1 as the API takes it. */
export function detailsInput({
  name,
  description,
  scope,
  forLogin,
  team,
}: DetailsValues): WebhookDetailsInput {
  return {
    name,
    description,
    forLoginId: scope === 'login' ? (forLogin?.id ?? null) : null,
    teamId: scope === 'team' ? (team?.id ?? null) : null,
  };
}

/** Step 3 as the API takes it. */
export function triggersInput(triggers: readonly TriggerValues[]): TriggerInput[] {
  return triggers.map(({ id, resource, event, name, description }) => ({
    ...(id === null ? {} : { id }),
    ...{ resource, event, name, description },
  }));
}

/**
 * What the page alone can see to be wrong, since the API never gets it: a text that is no schedule, a fraction where
 * a whole number belongs, and a scope without its login or team. All else the server judges.
 */
export function localErrors({ details, endpoints }: WebhookValues): Record<string, string> {
  const errors: Record<string, string> = {};
  if (details.scope === 'login' && details.forLogin === null)
    errors['details.forLogin'] = 'Choose a login, or watch the whole account.';
  if (details.scope === 'team' && details.team === null)
    errors['details.team'] = 'Choose a team, or watch the whole account.';
  endpoints.forEach(({ kind, advanced }, index) => {
    const { ratePerSecond, maxConcurrency } = advanced;
    const wrong = isMail(kind)
      ? {}
      : {
          ratePerSecond: wholeProblem(ratePerSecond, RATE_PER_SECOND),
          maxConcurrency: wholeProblem(maxConcurrency, MAX_CONCURRENCY),
        };
    for (const [name, message] of Object.entries(wrong))
      if (message !== undefined) errors[`endpoints.${index}.advanced.${name}`] = message;
    if (advanced.retrySchedule.trim() === '') return;
    const parsed = parseSchedule(advanced.retrySchedule);
    if (!parsed.ok) errors[`endpoints.${index}.advanced.retrySchedule`] = parsed.message;
  });
  return errors;
}

/** Gives the rows of a part other ids: those that the server has for them, or null. */
export function setRowIds(
  form: WebhookForm,
  part: 'endpoints' | 'triggers',
  idOf: (row: { key: string; id: string | null }) => string | null,
): void {
  const change = <Row extends { key: string; id: string | null }>(rows: Row[]): Row[] =>
    rows.map((row) => ({ ...row, id: idOf(row) }));
  if (part === 'endpoints') form.setFieldValue(part, change<EndpointValues>);
  else form.setFieldValue(part, change<TriggerValues>);
}

/** The form of a webhook, empty or with what is given. */
export function useWebhookForm(
  options: { initialValues?: WebhookValues; onValuesChange?: (values: WebhookValues) => void } = {},
): WebhookForm {
  return useForm<WebhookValues>({
    mode: 'controlled',
    initialValues: options.initialValues ?? emptyValues(),
    ...(options.onValuesChange ? { onValuesChange: options.onValuesChange } : {}),
  });
}
