/**
 * Loaded into a server before it starts (node --require): at each SIGUSR2 it collects all garbage of its main thread, and says how much
 * memory is held there then. What the server does otherwise stays as it is.
 */
const { setFlagsFromString } = require('node:v8');
const { runInNewContext } = require('node:vm');
const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  /** @type {() => void} */
  const collect = runInNewContext('gc');
  let collections = 0;
  process.on('SIGUSR2', () => {
    collect();
    const held = process.memoryUsage().heapUsed / 2 ** 20;
    process.stdout.write(`collection ${(collections += 1)}: ${held.toFixed(1)} MB are held\n`);
  });
}
