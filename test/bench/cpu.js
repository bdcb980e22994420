/**
 * CPU time by process, from Linux's /proc: user and system time of a process and of everything below
 * it, those that have ended included. Elsewhere there are no figures, and the table says so.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(spawnSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }).stdout) || 100;

/** Whether this system tells. */
export const cpuKnown = process.platform === 'linux';

/** Microseconds of CPU used so far by a process and all below it. @param {number} root */
export function cpuOf(root) {
  if (!cpuKnown) return NaN;
  const table = readProcesses();
  let ticks = 0;
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    ticks += table.get(pid)?.ticks ?? 0;
    for (const [child, { parent }] of table) if (parent === pid) open.push(child);
  }
  return (ticks / TICKS_PER_SECOND) * 1e6;
}

/** All processes: proc(5), fields 4 (parent) and 14 to 17 (own time, and that of ended children). */
function readProcesses() {
  /** @type {Map<number, { parent: number, ticks: number }>} */
  const table = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // Behind the name, which may hold spaces and parentheses.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      table.set(Number(name), { parent: Number(fields[1]), ticks });
    } catch {
      // It ended in between.
    }
  }
  return table;
}
