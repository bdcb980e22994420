/** How a signature is checked, in six languages: the files of schema/examples, which tests run. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../paths.ts';

const FILES: [language: string, file: string][] = [
  ['Node.js', 'verify.mjs'],
  ['Python', 'verify.py'],
  ['Ruby', 'verify.rb'],
  ['PHP', 'verify.php'],
  ['Go', 'verify.go'],
  ['Java', 'Verify.java'],
];

/** A program text. */
export interface Snippet {
  language: string;
  text: string;
}

let read: Snippet[] | undefined;

/** The checks, read from their files at the first call. */
export function verifySnippets(): Snippet[] {
  return (read ??= FILES.map(([language, file]) => ({
    language,
    text: readFileSync(join(packageRoot, 'schema', 'examples', file), 'utf8').trimEnd(),
  })));
}
