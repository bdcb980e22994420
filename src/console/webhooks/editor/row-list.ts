/** Adding and removing rows with the focus where the work goes on: the new row, or the one that took the place. */
import { flushSync } from 'react-dom';

import { useAnnounce } from '../../ui/announcer.tsx';
import type { WebhookForm } from './form.ts';
import { focusField } from './problems.ts';

/** The two changes of a list; first names the field of a row that takes the focus. */
export function useRowList(
  form: WebhookForm,
  list: 'endpoints' | 'triggers',
  options: { first: string; name: string },
): { add: (row: object) => void; remove: (index: number) => void } {
  const announce = useAnnounce();
  return {
    add(row) {
      const index = form.getValues()[list].length;
      // The field must be there before it can take the focus.
      flushSync(() => {
        form.insertListItem(list, row as never);
        form.clearFieldError(list);
      });
      focusField(`${list}.${index}.${options.first}`);
    },
    remove(index) {
      flushSync(() => form.removeListItem(list, index));
      const left = form.getValues()[list].length;
      announce(`${options.name} ${index + 1} removed, ${left} left`);
      focusField(`${list}.${Math.min(index, left - 1)}.${options.first}`);
    },
  };
}
