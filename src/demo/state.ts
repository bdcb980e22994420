/**
 * What the demo remembers between two starts, in demo.json of the data directory (mode 0600): which of its
 * things it has made, so that none is made twice, renamed or deleted ones included, and the keys with which
 * its receiver checks signatures. It is of one database: with another one everything begins anew.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { makeDataDir } from '../data-dir.ts';

/** A signing secret in clear, and the endpoint that it was made for. */
export interface KnownSecret {
  endpointId: string;
  value: string;
}

interface Stored {
  /** The root login: the mark of the database. */
  rootId: string;
  ids: Record<string, string>;
  secrets: Record<string, KnownSecret>;
}

/** The file and its content. */
export class DemoState {
  readonly #file: string;
  readonly #stored: Stored;

  private constructor(file: string, stored: Stored) {
    this.#file = file;
    this.#stored = stored;
  }

  /** What was stored for the database with this root login; a file that cannot be read counts as none. */
  static async open(dataDir: string, rootId: string): Promise<DemoState> {
    makeDataDir(dataDir);
    const file = join(dataDir, 'demo.json');
    const stored = await readFile(file, 'utf8').then(
      (text) => parse(text),
      () => undefined,
    );
    return new DemoState(file, stored?.rootId === rootId ? stored : { rootId, ids: {}, secrets: {} });
  }

  /** The id of a thing of the demo: as noted when it was made, else it is made, or found, now. */
  async once<T extends string | undefined>(key: string, make: () => Promise<T>): Promise<string | T> {
    const known = this.#stored.ids[key];
    if (known !== undefined) return known;
    const id = await make();
    if (id === undefined) return id;
    this.#stored.ids[key] = id;
    await this.#write();
    return id;
  }

  /** The secret of the endpoint at a path of the receiver. */
  secretAt(path: string): KnownSecret | undefined {
    return this.#stored.secrets[path];
  }

  /** Remembers the secret of the endpoint at a path of the receiver. */
  async keepSecret(path: string, secret: KnownSecret): Promise<void> {
    this.#stored.secrets[path] = secret;
    await this.#write();
  }

  /** The whole file or, after a crash, the one before. */
  async #write(): Promise<void> {
    const draft = `${this.#file}.new`;
    await writeFile(draft, JSON.stringify(this.#stored, null, 2), { mode: 0o600 });
    await rename(draft, this.#file);
  }
}

function parse(text: string): Stored | undefined {
  try {
    return JSON.parse(text) as Stored;
  } catch {
    return undefined;
  }
}
