/** Search and filters of a page, kept in its address: they survive a reload and can be sent to somebody. */
import { useAddress } from './use-address.ts';

/** The values by name, '' where none is set; set changes some of them, clear all of these names. */
export function useFilters<Name extends string>(
  ...names: Name[]
): {
  values: Record<Name, string>;
  filtered: boolean;
  set: (changed: Partial<Record<Name, string | null>>) => void;
  clear: () => void;
} {
  const [params, change] = useAddress();
  const values = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ''])) as Record<
    Name,
    string
  >;
  return {
    values,
    filtered: names.some((name) => values[name] !== ''),
    set: (changed) => change(changed),
    clear: () => change(Object.fromEntries(names.map((name) => [name, null])) as Record<Name, null>),
  };
}
