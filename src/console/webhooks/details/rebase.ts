/**
 * What was typed, laid over what somebody else saved meanwhile. What was not touched here is taken from there,
 * field by field; rows are known by their ids.
 */
import { forgotten } from '../editor/authentication-values.ts';
import { type AdvancedValues, ALL_TOUCHED, type EndpointValues } from '../editor/endpoint-values.ts';
import type { Part, TriggerValues, WebhookValues } from '../editor/form.ts';
import { isMail } from '../endpoint-place.ts';

/** The values of mine for a part, as if they had been typed on theirs; base is what mine began as. */
export function rebase(
  part: Part,
  base: WebhookValues,
  mine: WebhookValues,
  theirs: WebhookValues,
): WebhookValues {
  switch (part) {
    case 'details': {
      const [was, typed, now] = [base.details, mine.details, theirs.details];
      const scoped = scopeOf(was) === scopeOf(typed) ? now : typed;
      return {
        ...theirs,
        details: {
          name: typed.name === was.name ? now.name : typed.name,
          description: typed.description === was.description ? now.description : typed.description,
          scope: scoped.scope,
          forLogin: scoped.forLogin,
          team: scoped.team,
        },
      };
    }
    case 'endpoints':
      return {
        ...theirs,
        endpoints: rows(base.endpoints, mine.endpoints, theirs.endpoints, endpoint, newEndpoint),
      };
    case 'triggers':
      return {
        ...theirs,
        triggers: rows(base.triggers, mine.triggers, theirs.triggers, trigger, newTrigger),
      };
  }
}

/** Whose activity is watched, as one text; a login that is chosen but not in use does not count. */
export function scopeOf({ scope, forLogin, team }: WebhookValues['details']): string {
  return scope === 'login' ? `login ${forLogin?.id}` : scope === 'team' ? `team ${team?.id}` : 'account';
}

interface Row {
  id: string | null;
}

function rows<R extends Row>(
  base: readonly R[],
  mine: readonly R[],
  theirs: readonly R[],
  merge: (was: R, typed: R, now: R) => R | null,
  asNew: (row: R) => R,
): R[] {
  const was = new Map(base.map((row) => [row.id, row]));
  const now = new Map(theirs.map((row) => [row.id, row]));
  const kept = mine.flatMap((row) => {
    const [before, there] = [was.get(row.id), now.get(row.id)];
    if (row.id === null || before === undefined) return [row];
    const merged = merge(before, row, there ?? before);
    // Untouched here, so it is as there: changed, or gone.
    if (merged === null) return there === undefined ? [] : [there];
    return [there === undefined ? asNew(merged) : merged];
  });
  return [...kept, ...theirs.filter(({ id }) => !was.has(id))];
}

/** Where a row sends; what was typed for another kind does not count. */
function placeText({ kind, target, mailbox }: EndpointValues): string {
  return `${kind} ${isMail(kind) ? (kind === 'EMAIL' ? mailbox : '') : target}`;
}

/** Null when the row was not touched. */
function endpoint(was: EndpointValues, typed: EndpointValues, now: EndpointValues): EndpointValues | null {
  const { touched } = typed.advanced;
  const moved = placeText(typed) !== placeText(was);
  const authenticated = typed.authentication.touched;
  if (!moved && !authenticated && Object.keys(touched).length === 0) return null;
  return {
    ...typed,
    ...(moved ? {} : { kind: now.kind, target: now.target, mailbox: now.mailbox }),
    kindNow: now.kindNow,
    authentication: authenticated
      ? { ...typed.authentication, stored: now.authentication.stored }
      : now.authentication,
    signingNow: now.signingNow,
    advanced: { ...now.advanced, ...pick(typed.advanced, touched) },
  };
}

/** What was touched, and that it was. */
function pick(typed: AdvancedValues, touched: AdvancedValues['touched']): Partial<AdvancedValues> {
  return { ...Object.fromEntries(Object.entries(typed).filter(([name]) => name in touched)), touched };
}

/** The stored one is gone, and its secret values with it: all of the row has to be sent. */
function newEndpoint(row: EndpointValues): EndpointValues {
  return {
    ...row,
    id: null,
    authentication: forgotten(row.authentication),
    kindNow: null,
    signingNow: null,
    advanced: {
      ...row.advanced,
      headers: row.advanced.headers.map((header) => ({ ...header, kept: false })),
      touched: ALL_TOUCHED,
    },
  };
}

function trigger(was: TriggerValues, typed: TriggerValues, now: TriggerValues): TriggerValues | null {
  const chosen = typed.resource !== was.resource || typed.event !== was.event;
  const named = typed.name !== was.name;
  const described = typed.description !== was.description;
  if (!chosen && !named && !described) return null;
  return {
    ...typed,
    ...(chosen ? {} : { resource: now.resource, event: now.event }),
    name: named ? typed.name : now.name,
    description: described ? typed.description : now.description,
  };
}

function newTrigger(row: TriggerValues): TriggerValues {
  return { ...row, id: null };
}
