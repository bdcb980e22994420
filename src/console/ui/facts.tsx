/** Names and values side by side; one under the other where there is no room. */
import type { ReactNode } from 'react';

import classes from './facts.module.css';

export function Facts({ label, rows }: { label: string; rows: [label: string, value: ReactNode][] }) {
  return (
    <dl className={classes['facts']} aria-label={label}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
