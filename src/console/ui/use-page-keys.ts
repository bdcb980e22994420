/** Keys of a page: single letters that act on it, and rest while a dialog lies over it. */
import { type HotkeyItem, useHotkeys } from '@mantine/hooks';

/** As useHotkeys of @mantine/hooks, which leaves the keys alone that are typed into a field. */
export function usePageKeys(keys: HotkeyItem[]): void {
  useHotkeys(
    keys.map(([key, act, options]): HotkeyItem => [
      key,
      (event) => {
        if (document.querySelector('[role="dialog"]') === null) act(event);
      },
      // Taken from the browser only where it acts.
      { ...options, preventDefault: options?.preventDefault ?? true },
    ]),
  );
}
