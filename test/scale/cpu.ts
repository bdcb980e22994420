/** CPU time of this process and of the PostgreSQL that it has started, from Linux's /proc; elsewhere of this process alone. */
import { readdirSync, readFileSync } from 'node:fs';

/** A tick of /proc is 10 ms on every Linux that Node runs on (sysconf(_SC_CLK_TCK)). */
const TICK_MS = 10;

/** Milliseconds used so far. */
export function cpuMs(): number {
  const own = process.cpuUsage();
  return (own.user + own.system) / 1000 + TICK_MS * ticksBelow(process.pid);
}

function ticksBelow(root: number): number {
  if (process.platform !== 'linux') return 0;
  const parents = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // Behind the name, which may hold spaces and parentheses: fields 4 (parent), 14 to 17 (times).
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      parents.set(Number(name), { parent: Number(fields[1]), ticks });
    } catch {
      // It ended in between.
    }
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid)?.parent;
    return parent !== undefined && (parent === root || isBelow(parent));
  };
  return [...parents].reduce((sum, [pid, { ticks }]) => sum + (isBelow(pid) ? ticks : 0), 0);
}
