/** Twenty-four small bars of a day, delivered below failed, as one picture with a sentence. */
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
  const most = Math.max(1, ...hours.map(({ succeeded, failed }) => succeeded + failed));
  const tall = (count: number) => (count === 0 ? 0 : Math.max(LEAST, (count / most) * HEIGHT));
  const width = hours.length * (BAR + GAP) - GAP;
  return (
    <svg
      role="img"
      aria-label={label}
      className={classes['sparkline']}
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
    >
      {hours.map(({ succeeded, failed }, index) => {
        const x = index * (BAR + GAP);
        const bottom = Math.min(HEIGHT - (failed > 0 ? LEAST : 0), tall(succeeded));
        const top = Math.min(HEIGHT - bottom, tall(failed));
        return (
          <g key={index}>
            {succeeded + failed === 0 && (
              <rect className={classes['nothing']} x={x} y={HEIGHT - 1} width={BAR} height={1} />
            )}
            <rect className={classes['delivered']} x={x} y={HEIGHT - bottom} width={BAR} height={bottom} />
            <rect className={classes['failed']} x={x} y={HEIGHT - bottom - top} width={BAR} height={top} />
          </g>
        );
      })}
    </svg>
  );
}
