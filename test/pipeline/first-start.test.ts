/** The first start: the root token is shown once, and not lost when that start fails. */
import { once } from 'node:events';
import { createServer } from 'node:net';

import { startApp } from '../../src/app.ts';
import { loadConfig } from '../../src/config.ts';
import { StartupError } from '../../src/errors.ts';
import { Api } from '../support/api.ts';
import { createTestDatabase } from '../support/postgres.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

it('a root token is made by the first start that succeeds, is shown by it alone, and opens the API', async () => {
  const database = await createTestDatabase();
  const folder = temporaryFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const start = (port: number) =>
    startApp(
      loadConfig({
        DATABASE_URL: database.url,
        BELLWIRE_DATA_DIR: folder.path,
        BELLWIRE_PORT: String(port),
        BELLWIRE_LOG_LEVEL: 'error',
      }),
    );
  try {
    const { port } = taken.address() as { port: number };
    await expect(start(port)).rejects.toThrow(StartupError);
    const app = await start(0);
    expect(app.rootToken).toMatch(/^bw_/);
    expect(await new Api(app.url, app.rootToken!).run('{ viewer { name } }')).toEqual({
      name: 'Root administrator',
    });
    await app.stop();
    const again = await start(0);
    expect(again.rootToken).toBeNull();
    await again.stop();
  } finally {
    taken.close();
    await database.drop();
    folder.remove();
  }
});
