/** A reporter of jest: collects what the tests of a run measured (figure.ts), and prints it as a table at the end. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { figuresTable } from './figures-table.js';

export default class FiguresReporter {
  #folder = mkdtempSync(join(tmpdir(), 'bellwire-figures-'));

  constructor() {
    // Tests inherit the environment, in this process and in workers.
    process.env.TEST_FIGURES_FILE = join(this.#folder, 'lines');
  }

  onRunComplete(_contexts, { testResults }) {
    const failed = testResults
      .flatMap((file) => file.testResults)
      .filter(({ status }) => status === 'failed')
      .map(({ fullName }) => fullName);
    const table = figuresTable(this.#lines(), failed);
    if (table) process.stderr.write(`\n${table}\n\n`);
    rmSync(this.#folder, { recursive: true });
  }

  #lines() {
    try {
      return readFileSync(process.env.TEST_FIGURES_FILE, 'utf8').trimEnd().split('\n');
    } catch {
      return [];
    }
  }
}
