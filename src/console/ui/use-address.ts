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
  /** What was set here and has not been rendered yet, oldest first. */
  const underWay = useRef<string[]>([]);
  const set = useRef(setParams);
  useEffect(() => {
    set.current = setParams;
  });
  // A rendering shows the newest address, or an older one of ours while a newer is under way: that must not bring
  // the old parameters back. What is none of ours came by a link or by Back, and counts.
  useEffect(() => {
    const own = underWay.current.lastIndexOf(params.toString());
    underWay.current.splice(0, own < 0 ? underWay.current.length : own + 1);
    if (underWay.current.length === 0) newest.current = params;
  }, [params]);
  const change = useCallback((changes: AddressChange): void => {
    const next = new URLSearchParams(newest.current);
    for (const [name, value] of Object.entries(changes))
      if (value) next.set(name, value);
      else next.delete(name);
    if (next.toString() === newest.current.toString()) return;
    newest.current = next;
    underWay.current.push(next.toString());
    set.current(next, { replace: true, preventScrollReset: true });
  }, []);
  return [params, change];
}
