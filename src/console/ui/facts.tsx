/** Names and values, one below the other: what there is to know of a thing. */
import type { ReactNode } from 'react';

import classes from './facts.module.css';

/** Rows that are null are left out; label names the list where no heading does. */
export function Facts({
  label,
  rows,
}: {
  label?: string;
  rows: ([name: string, value: ReactNode] | null)[];
}) {
  return (
    <dl className={classes['facts']} aria-label={label}>
      {rows.map((row) => row && [<dt key={`${row[0]}-name`}>{row[0]}</dt>, <dd key={row[0]}>{row[1]}</dd>])}
    </dl>
  );
}
