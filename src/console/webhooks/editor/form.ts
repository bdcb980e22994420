/**
 * What a form of a webhook holds, and its way from and to the API. Rows have keys of their own, so that they
 * keep their place and focus while others come and go; the paths of problems are the paths of the form.
 */
import { useForm, type UseFormReturnType } from '@mantine/form';

import type {
  DeliveryOrdering,
  EndpointInput,
  TriggerInput,
  WebhookDetailsInput,
} from '../../gql/graphql.ts';
import { formatSchedule, parseSchedule } from './retry-schedule.ts';

/** The most rows, and the longest texts, as the API has them. */
export const LIMITS = { endpoints: 20, triggers: 100, headers: 20, name: 200, description: 2000 };
/** The time limits that may be chosen, seconds. */
export const TIMEOUT_SECONDS = { min: 0.1, max: 30 };
/** The rates that may be chosen, requests a second. */
export const RATE_PER_SECOND = { min: 1, max: 10_000 };
/** How many requests at once may be chosen. */
export const MAX_CONCURRENCY = { min: 1, max: 1_000 };

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

export interface HeaderValues {
  key: string;
  name: string;
  value: string;
  secret: boolean;
  /** The server keeps a secret value for it: an empty one leaves that alone. */
  kept: boolean;
}

export interface AdvancedValues {
  headers: HeaderValues[];
  /** Seconds; empty for the server's default. */
  timeoutMs: number | '';
  /** As people write it; empty for the server's default. */
  retrySchedule: string;
  /** Requests a second; empty for no limit. */
  ratePerSecond: number | '';
  /** Requests at once; empty for the server's default. */
  maxConcurrency: number | '';
  ordering: DeliveryOrdering;
  /** What was changed here: the rest stays as it is on the server. */
  touched: { [Name in keyof Omit<AdvancedValues, 'touched'>]?: true };
}

export interface EndpointValues {
  key: string;
  /** Null where the server does not know the row yet. */
  id: string | null;
  target: string;
  advanced: AdvancedValues;
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
  endpoints: readonly {
    id: string;
    target?: string | null;
    advanced?: {
      headers: readonly { name: string; value?: string | null; secret: boolean }[];
      timeoutMs: number;
      retrySchedule: readonly number[];
      ratePerSecond?: number | null;
      maxConcurrency: number;
      ordering: DeliveryOrdering;
    } | null;
  }[];
  triggers: readonly {
    id: string;
    resource?: string | null;
    event?: string | null;
    name?: string | null;
    description?: string | null;
  }[];
}

let rows = 0;
const newKey = (): string => `row-${++rows}`;

export function newHeader(): HeaderValues {
  return { key: newKey(), name: '', value: '', secret: false, kept: false };
}

export function newEndpoint(): EndpointValues {
  const advanced: AdvancedValues = {
    ...{ headers: [], timeoutMs: '', retrySchedule: '' },
    ...{ ratePerSecond: '', maxConcurrency: '', ordering: 'NONE', touched: {} },
  };
  return { key: newKey(), id: null, target: '', advanced };
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
  const endpoints = stored.endpoints.map(({ id, target, advanced }) => ({
    ...newEndpoint(),
    id,
    target: target ?? '',
    ...(advanced
      ? {
          advanced: {
            headers: advanced.headers.map(({ name, value, secret }) => ({
              ...{ key: newKey(), name, value: value ?? '', secret },
              kept: secret,
            })),
            timeoutMs: advanced.timeoutMs / 1000,
            retrySchedule: formatSchedule(advanced.retrySchedule),
            ratePerSecond: advanced.ratePerSecond ?? ('' as const),
            maxConcurrency: advanced.maxConcurrency,
            ordering: advanced.ordering,
            touched: {},
          },
        }
      : {}),
  }));
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

/** Step 2 as the API takes it: what was not changed is left out and stays, a text that is no schedule too. */
export function endpointsInput(endpoints: readonly EndpointValues[]): EndpointInput[] {
  return endpoints.map(({ id, target, advanced }) => ({
    ...(id === null ? {} : { id }),
    kind: 'URL',
    target: target.trim(),
    advanced: advancedInput(advanced),
  }));
}

function advancedInput({ touched, ...values }: AdvancedValues): NonNullable<EndpointInput['advanced']> {
  const { headers, timeoutMs, retrySchedule, ratePerSecond, maxConcurrency, ordering } = values;
  return {
    ...(touched.headers ? { headers: headers.map(headerInput) } : {}),
    ...(touched.timeoutMs ? { timeoutMs: timeoutMs === '' ? null : wholeInput(timeoutMs * 1000) } : {}),
    ...(touched.retrySchedule ? scheduleInput(retrySchedule) : {}),
    ...(touched.ratePerSecond ? { ratePerSecond: wholeInput(ratePerSecond) } : {}),
    ...(touched.maxConcurrency ? { maxConcurrency: wholeInput(maxConcurrency) } : {}),
    ...(touched.ordering ? { ordering } : {}),
  };
}

/** A whole number as the API can take it: one that is larger yet is the largest, and refused with a reason. */
function wholeInput(value: number | ''): number | null {
  return value === '' ? null : Math.min(Math.round(value), 2 ** 31 - 1);
}

/** Step 3 as the API takes it. */
export function triggersInput(triggers: readonly TriggerValues[]): TriggerInput[] {
  return triggers.map(({ id, resource, event, name, description }) => ({
    ...(id === null ? {} : { id }),
    ...{ resource, event, name, description },
  }));
}

function headerInput({ name, value, secret, kept }: HeaderValues) {
  return { name: name.trim(), secret, ...(value === '' && (secret || kept) ? {} : { value }) };
}

function scheduleInput(text: string): { retrySchedule?: number[] | null } {
  if (text.trim() === '') return { retrySchedule: null };
  const parsed = parseSchedule(text);
  return parsed.ok ? { retrySchedule: parsed.seconds } : {};
}

/**
 * What the page alone can see to be wrong, since the API never gets it: a text that is no schedule, and a
 * scope without its login or team. All else the server judges.
 */
export function localErrors({ details, endpoints }: WebhookValues): Record<string, string> {
  const errors: Record<string, string> = {};
  if (details.scope === 'login' && details.forLogin === null)
    errors['details.forLogin'] = 'Choose a login, or watch the whole account.';
  if (details.scope === 'team' && details.team === null)
    errors['details.team'] = 'Choose a team, or watch the whole account.';
  endpoints.forEach(({ advanced }, index) => {
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
