/** The filters of the list of events, kept in the address. */
import { useCallback, useMemo } from 'react';

import { SPANS, type Within } from '../deliveries/filter-params.ts';
import type { EventFilterInput } from '../gql/graphql.ts';
import { instantOf, isSpan } from '../ui/local-time.ts';
import { useAddress } from '../ui/use-address.ts';

/** What is chosen, as text. */
export interface ChosenEvents {
  resource: string;
  event: string;
  entity: string;
  delivered: 'yes' | 'no' | null;
  login: string;
  within: Within | null;
  from: string;
  to: string;
}

const NOTHING: ChosenEvents = {
  resource: '',
  event: '',
  entity: '',
  delivered: null,
  login: '',
  within: null,
  from: '',
  to: '',
};

function readChosen(params: URLSearchParams): ChosenEvents {
  const text = (name: string): string => params.get(name) ?? '';
  const [delivered, within] = [text('delivered'), text('within')];
  const span = isSpan(text('from'), text('to'));
  return {
    resource: text('resource'),
    event: text('event'),
    entity: text('entity'),
    delivered: delivered === 'yes' || delivered === 'no' ? delivered : null,
    login: text('login'),
    within: within === 'custom' || within in SPANS ? (within as Within) : null,
    from: span ? text('from') : '',
    to: span ? text('to') : '',
  };
}

function filterOf(chosen: ChosenEvents, now: number): EventFilterInput {
  const { resource, event, entity, delivered, login, within } = chosen;
  const [from, to] = [instantOf(chosen.from), instantOf(chosen.to)];
  const occurredAt =
    within === 'custom'
      ? { ...(from ? { from } : {}), ...(to ? { to } : {}) }
      : within && { from: new Date(now - SPANS[within]).toISOString() };
  return {
    ...(resource ? { resource: [resource] } : {}),
    ...(event ? { name: [event] } : {}),
    ...(entity ? { entityId: entity } : {}),
    ...(delivered ? { delivered: delivered === 'yes' } : {}),
    ...(login ? { loginId: login } : {}),
    ...(occurredAt && Object.keys(occurredAt).length > 0 ? { occurredAt } : {}),
  };
}

/** What is chosen, what it asks of the API, and the ways to change it. */
export interface EventFilter {
  chosen: ChosenEvents;
  filter: EventFilterInput;
  filtered: boolean;
  change: (change: Partial<ChosenEvents>) => void;
  clear: () => void;
}

export function useEventFilter(): EventFilter {
  const [params, changeAddress] = useAddress();
  const key = params.toString();
  const chosen = useMemo(() => readChosen(new URLSearchParams(key)), [key]);
  const filter = useMemo(() => filterOf(chosen, Date.now()), [chosen]);
  const change = useCallback((changed: Partial<ChosenEvents>) => changeAddress(changed), [changeAddress]);
  const clear = useCallback(() => change(NOTHING), [change]);
  return { chosen, filter, filtered: Object.keys(filter).length > 0, change, clear };
}
