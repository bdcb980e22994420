/** The fast suite. The browser, fault and bench suites have configurations of their own; of the soak only what judges is tested here. */
// As npm start sets it: graphql then compares classes by one look, not by the names of their constructors, too.
process.env.NODE_ENV = 'production';

export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/test/browser/',
    '<rootDir>/test/faults/',
    '<rootDir>/test/bench/',
  ],
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/test/bench/'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  setupFiles: ['reflect-metadata'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  // At the end of each run the table of what its tests measured.
  reporters: ['default', '<rootDir>/test/support/figures-reporter.js'],
  maxWorkers: 2,
  testTimeout: 30_000,
};
