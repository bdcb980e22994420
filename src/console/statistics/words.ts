/** Numbers of the charts as people read them. */
import { formatDuration } from '../ui/time.tsx';

const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });

/** A share as "99.2%". Only what is all is called 100%, and only nothing 0%: one failure among thousands is not made to disappear. */
export function formatShare(share: number): string {
  const rounded = Math.round(share * 1_000) / 1_000;
  if (rounded === 1 && share < 1) return PERCENT.format(0.999);
  if (rounded === 0 && share > 0) return PERCENT.format(0.001);
  return PERCENT.format(rounded);
}

/** "99.2% of 1,204 delivered in the last 24 hours"; phrase ends the sentence. */
export function outcomeSentence(
  { succeeded, failed, successRate }: { succeeded: number; failed: number; successRate: number | null },
  phrase: string,
): string {
  if (successRate === null) return `Nothing ended ${phrase}`;
  return `${formatShare(successRate)} of ${(succeeded + failed).toLocaleString()} delivered ${phrase}`;
}

/** A duration that was estimated within a percent: no more digits than that. */
export function formatLatency(ms: number | null): string {
  return ms === null ? '–' : formatDuration(ms < 1_000 ? Number(ms.toPrecision(3)) : ms);
}
