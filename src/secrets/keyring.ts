/**
 * Encryption at rest. Comes in: a secret and its place (table, row, column). Goes out: bytes that only
 * this keyring opens, and only at that place. AES-256-GCM with a fresh 12-byte IV and the whole 16-byte
 * tag (NIST SP 800-38D); the place and the key's id are authenticated, so a ciphertext that is moved to
 * another row does not open. The first key seals, all keys open; without a configured key one is made
 * and kept in the data directory, so secrets survive a restart together with that directory.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';

/** One key of 32 bytes and the name by which sealed values refer to it (at most 255 bytes). */
export interface EncryptionKey {
  id: string;
  key: Buffer;
}

/** Where a sealed value lives; it opens nowhere else. */
export interface Place {
  table: string;
  row: string;
  column: string;
}

/** A secret cannot be read: its key is not in the keyring, or the stored bytes were changed or moved. */
export class SecretUnavailableError extends Error {
  override readonly name = 'SecretUnavailableError';
  readonly code = 'SECRET_UNAVAILABLE';
}

/** One active key and any number of readable ones. */
export class Keyring {
  readonly #active: EncryptionKey;
  readonly #keys: Map<string, EncryptionKey>;

  /** The first key seals; every key opens. At least one is needed. */
  constructor(keys: EncryptionKey[]) {
    if (keys[0] === undefined) throw new Error('A keyring needs a key.');
    this.#active = keys[0];
    this.#keys = new Map(keys.map((key) => [key.id, key]));
  }

  /** Whether a key of this id is here. */
  has(keyId: string): boolean {
    return this.#keys.has(keyId);
  }

  /** The id of the key that seals. */
  get activeId(): string {
    return this.#active.id;
  }

  /** What every value begins with that the active key has sealed. */
  get activePrefix(): Buffer {
    return prefixOf(this.#active.id);
  }

  /** The value sealed anew with the active key for the same place, null when it is so already; throws as open does. */
  reseal(sealed: Buffer, place: Place): Buffer | null {
    const prefix = this.activePrefix;
    return sealed.subarray(0, prefix.length).equals(prefix)
      ? null
      : this.seal(this.open(sealed, place), place);
  }

  /** Encrypts for one place: version byte, key id (length byte first), IV, ciphertext, tag. */
  seal(plain: Buffer | string, place: Place): Buffer {
    const { id, key } = this.#active;
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES });
    cipher.setAAD(associatedData(place, id));
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([prefixOf(id), iv, body, cipher.getAuthTag()]);
  }

  /** Decrypts what was sealed for this place; throws SecretUnavailableError for anything else. */
  open(sealed: Buffer, place: Place): string {
    const ivStart = 2 + (sealed[1] ?? 0);
    const bodyStart = ivStart + IV_BYTES;
    const tagStart = sealed.length - TAG_BYTES;
    if (sealed[0] !== VERSION || tagStart < bodyStart) {
      throw new SecretUnavailableError(`The secret of ${describe(place)} is not in a known format.`);
    }
    const id = sealed.toString('utf8', 2, ivStart);
    const key = this.#keys.get(id);
    if (key === undefined) {
      throw new SecretUnavailableError(
        `The secret of ${describe(place)} was sealed with a key that this server does not have; add it to BELLWIRE_ENCRYPTION_KEYS.`,
      );
    }
    const decipher = createDecipheriv(CIPHER, key.key, sealed.subarray(ivStart, bodyStart), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(associatedData(place, id));
    decipher.setAuthTag(sealed.subarray(tagStart));
    try {
      return Buffer.concat([
        decipher.update(sealed.subarray(bodyStart, tagStart)),
        decipher.final(),
      ]).toString('utf8');
    } catch {
      throw new SecretUnavailableError(
        `The secret of ${describe(place)} does not open: the stored bytes were changed or moved, or its key is another one.`,
      );
    }
  }

  /** What a text is recognised by later, without a way back to it: the key's id (length byte first) and an HMAC-SHA256. */
  fingerprint(text: string): Buffer {
    return fingerprintBy(this.#active, text);
  }

  /** Whether a fingerprint is of this text, under whichever key of the ring it was made; false when that key is gone. */
  isFingerprint(fingerprint: Buffer, text: string): boolean {
    const id = fingerprint.toString('utf8', 1, 1 + (fingerprint[0] ?? 0));
    const key = this.#keys.get(id);
    return key !== undefined && fingerprintBy(key, text).equals(fingerprint);
  }
}

function prefixOf(keyId: string): Buffer {
  const id = Buffer.from(keyId);
  return Buffer.concat([Buffer.from([VERSION, id.length]), id]);
}

/** By a key derived for this one purpose (RFC 5869), so that no key both encrypts and authenticates. */
function fingerprintBy({ id, key }: EncryptionKey, text: string): Buffer {
  const idBytes = Buffer.from(id);
  const own = Buffer.from(hkdfSync('sha256', key, '', 'bellwire fingerprint', 32));
  const digest = createHmac('sha256', own).update(text).digest();
  return Buffer.concat([Buffer.from([idBytes.length]), idBytes, digest]);
}

/** JSON keeps the four parts apart, whatever characters they hold. */
function associatedData(place: Place, keyId: string): Buffer {
  return Buffer.from(JSON.stringify([place.table, place.row, place.column, keyId]));
}

function describe(place: Place): string {
  return `${place.table}.${place.column}, row ${place.row}`;
}
