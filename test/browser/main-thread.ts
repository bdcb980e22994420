/** What a page's own main thread has done, by a trace of Chromium. */

/** One task: by the clock, and by the time that the thread had a processor. Only the second is the page's own doing; on a busy machine the first grows with the others' work. */
export interface Task {
  cpuMs: number;
  wallMs: number;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  dur?: number;
  tdur?: number;
  args: { name?: string };
}

/** The tasks in a trace of the category toplevel; throws when it holds none with its processor time. */
export function mainThreadTasks(trace: Buffer): Task[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const main = traceEvents.find(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain');
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid, tdur }) =>
      name.endsWith('RunTask') && ph === 'X' && pid === main?.pid && tid === main.tid && tdur !== undefined,
  );
  if (tasks.length === 0)
    throw new Error('The trace holds no task of the main thread with its processor time.');
  return tasks.map(({ dur = 0, tdur = 0 }) => ({ cpuMs: tdur / 1_000, wallMs: dur / 1_000 }));
}

/** The longest of them, in whole ms. */
export function longest(tasks: Task[], key: keyof Task): number {
  return Math.round(tasks.reduce((most, task) => Math.max(most, task[key]), 0));
}
