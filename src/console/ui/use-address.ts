/**
 * The parameters of a page's address, and how to change them. react-router hands a change the parameters of the
 * last rendering: of two changes that come close together the second would undo the first. Here each builds on
 * the one before it.
 */
import { useCallback, useEffect, useRef } from 'react';
import { useSearchParams } from 'react-router';

/** Parameters to set; null and '' take one out. */
export type AddressChange = Record<string, string | null | undefined>;

/** Changes replace the entry of the browser's history: Back leaves the page. */
export function useAddress(): [params: URLSearchParams, change: (change: AddressChange) => void] {
  const [params, setParams] = useSearchParams();
  const newest = useRef(params);
  const set = useRef(setParams);
  useEffect(() => {
    set.current = setParams;
  });
  // A rendering for another reason, before the address has changed, must not bring the old parameters back.
  useEffect(() => {
    newest.current = params;
  }, [params]);
  const change = useCallback((changes: AddressChange): void => {
    const next = new URLSearchParams(newest.current);
    for (const [name, value] of Object.entries(changes))
      if (value) next.set(name, value);
      else next.delete(name);
    newest.current = next;
    set.current(next, { replace: true, preventScrollReset: true });
  }, []);
  return [params, change];
}
