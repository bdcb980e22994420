/** Finds the keys: from the configuration, or from a file in the data directory that is made on the first start. */
import { randomBytes } from 'node:crypto';
import { link, open, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';

import { type Config, SETTINGS } from '../config.ts';
import { makeDataDir } from '../data-dir.ts';
import { StartupError } from '../errors.ts';
import { type EncryptionKey, Keyring } from './keyring.ts';

/** The file's name inside the data directory; it holds `id:base64` pairs like BELLWIRE_ENCRYPTION_KEYS. */
export const KEY_FILE = 'encryption-keys';

/** The keyring of this server; throws StartupError when the key file can be neither read nor made. */
export async function loadKeyring(config: Pick<Config, 'encryptionKeys' | 'dataDir'>): Promise<Keyring> {
  if (config.encryptionKeys !== null) return new Keyring(config.encryptionKeys);
  const file = join(config.dataDir, KEY_FILE);
  try {
    return new Keyring(
      parseKeys(file, (await readIfThere(file)) ?? (await createKeyFile(config.dataDir, file))),
    );
  } catch (error) {
    if (error instanceof StartupError) throw error;
    throw new StartupError(
      `The encryption keys in ${file} cannot be read or made: ${(error as Error).message}`,
    );
  }
}

function parseKeys(file: string, text: string): EncryptionKey[] {
  try {
    return SETTINGS.encryptionKeys.parse(text.trim().split(/\s+/).join(','))!;
  } catch (error) {
    throw new StartupError(`The encryption keys in ${file} must be ${(error as Error).message}.`);
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Writes the whole file under a name of its own and links it into place: no reader ever sees half a
 * file, and of two servers that start at once the second takes the key of the first.
 */
async function createKeyFile(dataDir: string, file: string): Promise<string> {
  makeDataDir(dataDir);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`k${randomBytes(4).toString('hex')}:${randomBytes(32).toString('base64')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await unlink(draft);
  }
  return readFile(file, 'utf8');
}
