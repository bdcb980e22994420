/** Shared statistics: what is shown is what was read last, whichever read took longest. */
import { createLogger } from '../../src/log.ts';
import { StatsWatch } from '../../src/stats/watch.ts';

it('a slow read does not put back what a later one has shown', async () => {
  let tell: (payload: string) => void = () => undefined;
  const hints = { on: (_channel: string, listen: typeof tell) => ((tell = listen), () => undefined) };
  const watch = new StatsWatch({ hints: hints as never, logger: createLogger('silent') });
  const answers: ((frame: number) => void)[] = [];
  let onRead: () => void = () => undefined;
  const read = (): Promise<number> =>
    new Promise((resolve) => {
      answers.push(resolve);
      onRead();
    });
  const reads = (count: number): Promise<void> =>
    new Promise((resolve) => {
      onRead = () => void (answers.length >= count && resolve());
      onRead();
    });
  const gone = new AbortController();
  const frames = watch.follow(() => Promise.resolve({ key: 'all', scopeId: 'all', read }), gone.signal);
  const shown: number[] = [];
  const next = async (): Promise<void> => {
    const { value } = await frames.next();
    shown.push(value as number);
  };
  try {
    let coming = next();
    await reads(1);
    answers[0]!(1);
    await coming;
    coming = next();
    tell('all');
    await reads(2);
    tell('all');
    await reads(3);
    answers[2]!(3);
    await coming;
    answers[1]!(2);
    coming = next();
    tell('all');
    await reads(4);
    answers[3]!(4);
    await coming;
    expect(shown).toEqual([1, 3, 4]);
  } finally {
    gone.abort();
    await watch.stop();
  }
}, 20_000);
