/** Twenty-four small bars of a day, delivered below failed, as one picture with a sentence. */
import { useMemo } from 'react';

import classes from './sparkline.module.css';

/** What happened in an hour. */
export interface Hour {
  succeeded: number;
  failed: number;
}

const BAR = 4;
const GAP = 1;
const HEIGHT = 24;
/** So that what is little among much is still seen. */
const LEAST = 2;

export function Sparkline({ hours, label }: { hours: readonly Hour[]; label: string }) {
  const width = hours.length * (BAR + GAP) - GAP;
  const { nothing, delivered, failed } = useMemo(() => draw(hours), [hours]);
  return (
    <svg
      role="img"
      aria-label={label}
      className={classes['sparkline']}
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
    >
      <path className={classes['nothing']} d={nothing} />
      <path className={classes['delivered']} d={delivered} />
      <path className={classes['failed']} d={failed} />
    </svg>
  );
}

/** All bars of a kind are one path: a table holds many of these pictures. */
function draw(hours: readonly Hour[]): Record<'nothing' | 'delivered' | 'failed', string> {
  const most = Math.max(1, ...hours.map(({ succeeded, failed }) => succeeded + failed));
  const tall = (count: number) => (count === 0 ? 0 : Math.max(LEAST, (count / most) * HEIGHT));
  const paths = { nothing: '', delivered: '', failed: '' };
  const add = (kind: keyof typeof paths, index: number, above: number, height: number): void => {
    if (height > 0)
      paths[kind] += `M${index * (BAR + GAP)} ${HEIGHT - above}h${BAR}v-${height.toFixed(1)}h${-BAR}z`;
  };
  hours.forEach(({ succeeded, failed }, index) => {
    const bottom = Math.min(HEIGHT - (failed > 0 ? LEAST : 0), tall(succeeded));
    if (succeeded + failed === 0) add('nothing', index, 0, 1);
    add('delivered', index, 0, bottom);
    add('failed', index, bottom, Math.min(HEIGHT - bottom, tall(failed)));
  });
  return paths;
}
