/** Search and filters of a page, kept in its address: they survive a reload and can be sent to somebody. */
import { useSearchParams } from 'react-router';

/** The values by name, '' where none is set; set changes some of them, clear all of these names. */
export function useFilters<Name extends string>(
  ...names: Name[]
): {
  values: Record<Name, string>;
  filtered: boolean;
  set: (changed: Partial<Record<Name, string | null>>) => void;
  clear: () => void;
} {
  const [params, setParams] = useSearchParams();
  const values = Object.fromEntries(names.map((name) => [name, params.get(name) ?? ''])) as Record<
    Name,
    string
  >;
  function set(changed: Partial<Record<Name, string | null>>): void {
    setParams(
      (now) => {
        const next = new URLSearchParams(now);
        for (const [name, value] of Object.entries<string | null | undefined>(changed))
          if (value) next.set(name, value);
          else next.delete(name);
        return next;
      },
      { replace: true, preventScrollReset: true },
    );
  }
  return {
    values,
    filtered: names.some((name) => values[name] !== ''),
    set,
    clear: () => set(Object.fromEntries(names.map((name) => [name, null])) as Record<Name, null>),
  };
}
