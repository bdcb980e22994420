import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { packageRoot } from '../../src/paths.ts';

it('@graphql-eslint finds nothing in the schema and in the documents, with the settings of eslint.config.js', async () => {
  const eslint = join(packageRoot, 'node_modules', 'eslint', 'bin', 'eslint.js');
  const run = await promisify(execFile)(
    process.execPath,
    [eslint, '--format', 'json', 'schema/schema.graphql', 'schema/operations/**/*.graphql'],
    { cwd: packageRoot, env: { ...process.env, NODE_OPTIONS: '' }, maxBuffer: 2 ** 26 },
  ).catch((error: { stdout: string; stderr: string }) => error);
  const results: { filePath: string; messages: { message: string }[] }[] = JSON.parse(
    run.stdout || `"${run.stderr}"`,
  );
  expect(results.length).toBeGreaterThan(1);
  const found = results.flatMap(({ filePath, messages }) =>
    messages.map(({ message }) => `${filePath}: ${message}`),
  );
  expect(found).toEqual([]);
});
