/** Names and values, one below the other. */
import type { ReactNode } from 'react';

import classes from './facts.module.css';

/** Entries that are null are left out. */
export function Facts({ entries }: { entries: ([name: string, value: ReactNode] | null)[] }) {
  return (
    <dl className={classes['facts']}>
      {entries.map(
        (entry) =>
          entry && [<dt key={`${entry[0]}-name`}>{entry[0]}</dt>, <dd key={entry[0]}>{entry[1]}</dd>],
      )}
    </dl>
  );
}
