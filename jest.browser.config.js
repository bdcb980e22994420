import base from './jest.config.js';

/** The suite that needs a Chromium and a build: npm run build && npm run test:browser. */
export default {
  ...base,
  testMatch: ['<rootDir>/test/browser/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  maxWorkers: 1,
  testTimeout: 60_000,
  // Sockets that were cut by force, as in the fault tests (jest.faults.config.js).
  forceExit: true,
};
