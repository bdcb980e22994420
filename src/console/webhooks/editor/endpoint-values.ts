/** What a form holds of an endpoint, and its way from and to the API. What was not changed is left out and stays. */
import type {
  DeliveryOrdering,
  EndpointAuthenticationViewFragment,
  EndpointInput,
  EndpointKind,
  PayloadFormat,
  SigningScheme,
} from '../../gql/graphql.ts';
import { isMail } from '../endpoint-place.ts';
import {
  authenticationInput,
  type AuthenticationValues,
  authenticationValues,
  forgotten,
  noAuthentication,
} from './authentication-values.ts';
import { formatSchedule, parseSchedule } from './retry-schedule.ts';

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
  signing: SigningScheme;
  format: PayloadFormat;
  /** What was changed here: the rest stays as it is on the server. */
  touched: { [Name in keyof Omit<AdvancedValues, 'touched'>]?: true };
}

export interface EndpointValues {
  key: string;
  /** Null where the server does not know the row yet. */
  id: string | null;
  kind: EndpointKind;
  /** The web address, and the mailbox: either is kept while the other is looked at. */
  target: string;
  mailbox: string;
  /** The kind of the saved endpoint; null for a new row and in a draft. */
  kindNow: EndpointKind | null;
  authentication: AuthenticationValues;
  /** How the saved endpoint signs, whose secrets end with another scheme; null for a new row and in a draft. */
  signingNow: SigningScheme | null;
  advanced: AdvancedValues;
}

/** An endpoint of a draft or of a saved webhook, as far as the form shows it. */
export interface StoredEndpoint {
  id: string;
  kind?: EndpointKind | null;
  target?: string | null;
  authentication?: EndpointAuthenticationViewFragment | null;
  advanced?: {
    headers: readonly { name: string; value?: string | null; secret: boolean }[];
    timeoutMs: number;
    retrySchedule: readonly number[];
    ratePerSecond?: number | null;
    maxConcurrency: number;
    ordering: DeliveryOrdering;
    signing: SigningScheme;
    format: PayloadFormat;
  } | null;
}

let rows = 0;
/** A key that no other row of a form has. */
export const newKey = (): string => `row-${++rows}`;

export function newHeader(): HeaderValues {
  return { key: newKey(), name: '', value: '', secret: false, kept: false };
}

export function newEndpoint(): EndpointValues {
  const advanced: AdvancedValues = {
    ...{ headers: [], timeoutMs: '', retrySchedule: '' },
    ...{ ratePerSecond: '', maxConcurrency: '', ordering: 'NONE' },
    ...{ signing: 'STANDARD_WEBHOOKS_HMAC', format: 'STANDARD_WEBHOOKS', touched: {} },
  };
  return {
    key: newKey(),
    id: null,
    ...{ kind: 'URL', target: '', mailbox: '', kindNow: null },
    authentication: noAuthentication(),
    signingNow: null,
    advanced,
  };
}

/** That all of the Advanced section is to be sent, also what is as it was. */
export const ALL_TOUCHED: AdvancedValues['touched'] = {
  ...{ headers: true, timeoutMs: true, retrySchedule: true },
  ...{ ratePerSecond: true, maxConcurrency: true, ordering: true, signing: true, format: true },
};

/**
 * A row with another kind chosen. Between requests and mails the server begins the Advanced section anew, so that all
 * that the form shows has to be sent; and a draft, which is stored while one types, keeps no secret of a URL then.
 */
export function withKind(row: EndpointValues, kind: EndpointKind): EndpointValues {
  if (isMail(kind) === isMail(row.kind)) return { ...row, kind };
  const { authentication, advanced } = row;
  const forgets = isMail(kind) && row.kindNow === null;
  const headers = advanced.headers.map((header) => (forgets ? { ...header, kept: false } : header));
  return {
    ...row,
    kind,
    authentication: forgets ? forgotten(authentication) : authentication,
    advanced: { ...advanced, headers, touched: ALL_TOUCHED },
  };
}

/** An endpoint in the form; draftProblems are the paths of what is wrong with a row of a draft, null for a saved one. */
export function endpointValues(
  { id, kind, target, authentication, advanced }: StoredEndpoint,
  draftProblems: readonly string[] | null,
): EndpointValues {
  const below = draftProblems?.flatMap((path) =>
    path.startsWith('authentication.') ? [path.slice('authentication.'.length)] : [],
  );
  const saved = draftProblems === null;
  const place = kind ?? 'URL';
  return {
    ...newEndpoint(),
    id,
    kind: place,
    ...(isMail(place) ? { mailbox: target ?? '' } : { target: target ?? '' }),
    kindNow: saved ? place : null,
    authentication: authenticationValues(authentication, below ?? null),
    signingNow: saved && !isMail(place) ? (advanced?.signing ?? null) : null,
    ...(advanced ? { advanced: advancedValues(advanced, place) } : {}),
  };
}

function advancedValues(
  advanced: NonNullable<StoredEndpoint['advanced']>,
  kind: EndpointKind,
): AdvancedValues {
  const { maxConcurrency, ordering, format } = advanced;
  // A mail has no signature; should it become a URL, that is signed unless somebody says otherwise.
  const signing = isMail(kind) ? 'STANDARD_WEBHOOKS_HMAC' : advanced.signing;
  return {
    headers: advanced.headers.map(({ name, value, secret }) => ({
      ...{ key: newKey(), name, value: value ?? '', secret },
      kept: secret,
    })),
    timeoutMs: advanced.timeoutMs / 1000,
    retrySchedule: formatSchedule(advanced.retrySchedule),
    ratePerSecond: advanced.ratePerSecond ?? '',
    ...{ maxConcurrency, ordering, signing, format },
    touched: {},
  };
}

/** Step 2 as the API takes it; a text that is no schedule is left out, too, and so is a fraction where a whole number belongs. */
export function endpointsInput(endpoints: readonly EndpointValues[]): EndpointInput[] {
  return endpoints.map(({ id, kind, target, mailbox, authentication, advanced }) => {
    const row = { ...(id === null ? {} : { id }), kind };
    if (isMail(kind))
      return {
        ...row,
        target: kind === 'EMAIL' ? mailbox : null,
        ...(authentication.touched || authentication.type !== 'NONE'
          ? { authentication: { type: 'NONE' } }
          : {}),
        advanced: mailAdvancedInput(advanced),
      };
    const authenticates = authenticationInput(authentication, id);
    return {
      ...row,
      target: target.trim(),
      ...(authenticates === undefined ? {} : { authentication: authenticates }),
      advanced: advancedInput(advanced),
    };
  });
}

/** What was typed for a URL before is taken back: a mail has none of it, and nobody would see what is wrong with it. */
function mailAdvancedInput(values: AdvancedValues): NonNullable<EndpointInput['advanced']> {
  const { headers, timeoutMs, retrySchedule, ordering, signing, format } = advancedInput(values);
  return {
    ...(headers === undefined ? {} : { headers: [] }),
    ...(signing === undefined ? {} : { signing: null }),
    ...(timeoutMs === undefined ? {} : { timeoutMs: null }),
    ...(values.touched.ratePerSecond ? { ratePerSecond: null } : {}),
    ...(values.touched.maxConcurrency ? { maxConcurrency: null } : {}),
    ...(ordering === undefined ? {} : { ordering: null }),
    ...(retrySchedule === undefined ? {} : { retrySchedule }),
    ...(format === undefined ? {} : { format }),
  };
}

function advancedInput({ touched, ...values }: AdvancedValues): NonNullable<EndpointInput['advanced']> {
  const { headers, timeoutMs, retrySchedule, ratePerSecond, maxConcurrency, ordering, signing, format } =
    values;
  return {
    ...(touched.headers ? { headers: headers.map(headerInput) } : {}),
    ...(touched.timeoutMs ? { timeoutMs: timeoutMs === '' ? null : wholeInput(timeoutMs * 1000) } : {}),
    ...(touched.retrySchedule ? scheduleInput(retrySchedule) : {}),
    ...(touched.ratePerSecond && isWhole(ratePerSecond) ? { ratePerSecond: wholeInput(ratePerSecond) } : {}),
    ...(touched.maxConcurrency && isWhole(maxConcurrency)
      ? { maxConcurrency: wholeInput(maxConcurrency) }
      : {}),
    ...(touched.ordering ? { ordering } : {}),
    ...(touched.signing ? { signing } : {}),
    ...(touched.format ? { format } : {}),
  };
}

function isWhole(value: number | ''): boolean {
  return value === '' || Number.isInteger(value);
}

/** A whole number as the API can take it: one that is larger yet is the largest, and refused with a reason. */
function wholeInput(value: number | ''): number | null {
  return value === '' ? null : Math.min(Math.round(value), 2 ** 31 - 1);
}

function headerInput({ name, value, secret, kept }: HeaderValues) {
  return { name: name.trim(), secret, ...(value === '' && (secret || kept) ? {} : { value }) };
}

function scheduleInput(text: string): { retrySchedule?: number[] | null } {
  if (text.trim() === '') return { retrySchedule: null };
  const parsed = parseSchedule(text);
  return parsed.ok ? { retrySchedule: parsed.seconds } : {};
}
