/** What the README says of commands and settings holds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../src/paths.ts';
import { readmeWithSettings } from './support/readme.ts';

const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');

describe('the README', () => {
  it('has the table of settings that src/config.ts makes (npm run docs writes it)', () => {
    expect(readme).toBe(readmeWithSettings());
  });

  it('names only npm scripts that exist, and every one that people run', () => {
    const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = new Set([...readme.matchAll(/npm run ([a-z:]+)/g)].map((match) => match[1]!));
    expect([...named].filter((name) => !(name in scripts))).toEqual([]);
    expect(
      Object.keys(scripts).filter((name) => !named.has(name) && !['start', 'test'].includes(name)),
    ).toEqual([]);
  });
});
