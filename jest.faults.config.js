import base from './jest.config.js';

/** Killed servers, lost databases, cut sockets, long ledgers: npm run test:faults. One file at a time, since they measure. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  testTimeout: 60_000,
  // Sockets that were cut by force leave requests behind that libuv never ends: Node then spins in its own clean-up
  // at the natural end of the process (node::Environment::CleanupHandles), for ever.
  forceExit: true,
};
