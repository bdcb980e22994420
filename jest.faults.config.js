import base from './jest.config.js';

/** Killed servers, lost databases, cut sockets, long ledgers: npm run test:faults. One file at a time, since they measure. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/faults/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  testTimeout: 60_000,
};
