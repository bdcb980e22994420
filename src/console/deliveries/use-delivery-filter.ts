/** The filters of a list of deliveries, kept in the address. */
import { useCallback, useMemo } from 'react';

import type { DeliveryFilterInput } from '../gql/graphql.ts';
import { useAddress } from '../ui/use-address.ts';
import { type Chosen, filterOf, NOTHING_CHOSEN, readChosen, writeChosen } from './filter-params.ts';

/** What is chosen, what it asks of the API, and the ways to change it. */
export interface DeliveryFilter {
  chosen: Chosen;
  filter: DeliveryFilterInput;
  filtered: boolean;
  change: (change: Partial<Chosen>) => void;
  clear: () => void;
}

/** prefix stands before the names of the parameters, where a page has several lists. */
export function useDeliveryFilter(prefix: string): DeliveryFilter {
  const [params, changeAddress] = useAddress();
  const own = [...params].filter(([name]) => name.startsWith(prefix));
  const key = JSON.stringify(own);
  const chosen = useMemo(
    () => readChosen(new URLSearchParams(JSON.parse(key) as [string, string][]), prefix),
    [key, prefix],
  );
  // "The last hour" is counted from the moment it was chosen: a filter that moves would be another list each second.
  const filter = useMemo(() => filterOf(chosen, Date.now()), [chosen]);
  const change = useCallback(
    (changed: Partial<Chosen>) => changeAddress(writeChosen(changed, prefix)),
    [changeAddress, prefix],
  );
  const clear = useCallback(() => change(NOTHING_CHOSEN), [change]);
  return useMemo(
    () => ({ chosen, filter, filtered: Object.keys(filter).length > 0, change, clear }),
    [chosen, filter, change, clear],
  );
}
