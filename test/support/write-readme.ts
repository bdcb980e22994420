/** `npm run docs`: puts the table of settings into the README. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { packageRoot } from '../../src/paths.ts';
import { readmeWithSettings } from './readme.ts';

writeFileSync(join(packageRoot, 'README.md'), readmeWithSettings());
