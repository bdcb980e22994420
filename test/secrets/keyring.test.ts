import { createHmac, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Keyring, type Place, SecretUnavailableError } from '../../src/secrets/keyring.ts';
import { KEY_FILE, loadKeyring } from '../../src/secrets/load-keyring.ts';
import { makeSigningSecret } from '../../src/secrets/signing-secret.ts';
import { figure } from '../support/figure.ts';

const place: Place = { table: 'endpoints', row: 'ep_1', column: 'headers.x-key' };
const one = { id: 'one', key: randomBytes(32) };
const two = { id: 'two', key: randomBytes(32) };

describe('a keyring', () => {
  it('opens what it sealed, and no two seals of the same text are equal', () => {
    const keyring = new Keyring([one]);
    const sealed = keyring.seal('schlüssel 🔑', place);
    expect(keyring.open(sealed, place)).toBe('schlüssel 🔑');
    expect(keyring.seal('schlüssel 🔑', place)).not.toEqual(sealed);
    expect(sealed.includes('schlüssel')).toBe(false);
    expect(keyring.open(keyring.seal('', place), place)).toBe('');
  });

  it('refuses a ciphertext with any one bit flipped, cut anywhere, or with something added (SEC-03)', () => {
    const keyring = new Keyring([one]);
    const sealed = keyring.seal('canary', place);
    const changed = [...sealed.keys()].flatMap((at) =>
      Array.from({ length: 8 }, (_, bit) => {
        const copy = Buffer.from(sealed);
        copy[at]! ^= 1 << bit;
        return copy;
      }),
    );
    const cut = [...sealed.keys()].map((at) => sealed.subarray(0, at));
    const forged = [...changed, ...cut, Buffer.concat([sealed, Buffer.from([0])])];
    for (const bytes of forged) expect(() => keyring.open(bytes, place)).toThrow(SecretUnavailableError);
    expect(keyring.open(sealed, place)).toBe('canary');
    figure('SEC-03 forged ciphertexts', { forged: forged.length, opened: 0 });
  });

  it('refuses a ciphertext that was moved to another table, row or column', () => {
    const keyring = new Keyring([one]);
    const sealed = keyring.seal('canary', place);
    for (const moved of [{ table: 'secrets' }, { row: 'ep_2' }, { column: 'headers.x-other' }])
      expect(() => keyring.open(sealed, { ...place, ...moved })).toThrow(SecretUnavailableError);
  });

  it('seals with the first key and opens with every key, whatever their order', () => {
    const sealed = new Keyring([one, two]).seal('canary', place);
    expect(new Keyring([two, one]).open(sealed, place)).toBe('canary');
    expect(() => new Keyring([two]).open(sealed, place)).toThrow(/BELLWIRE_ENCRYPTION_KEYS/);
    expect(() => new Keyring([{ ...one, key: two.key }]).open(sealed, place)).toThrow(SecretUnavailableError);
  });

  it('recognises a text by the fingerprint of any of its keys, and makes it with no key that seals', () => {
    const fingerprint = new Keyring([one]).fingerprint('canary');
    expect(new Keyring([one]).fingerprint('canary')).toEqual(fingerprint);
    for (const keyring of [new Keyring([one]), new Keyring([two, one])]) {
      expect(keyring.isFingerprint(fingerprint, 'canary')).toBe(true);
      expect(keyring.isFingerprint(fingerprint, 'another')).toBe(false);
      expect(keyring.isFingerprint(Buffer.alloc(0), 'canary')).toBe(false);
    }
    for (const keyring of [new Keyring([two]), new Keyring([{ ...one, key: two.key }])])
      expect(keyring.isFingerprint(fingerprint, 'canary')).toBe(false);
    expect(fingerprint.includes(createHmac('sha256', one.key).update('canary').digest())).toBe(false);
  });

  it('says SECRET_UNAVAILABLE and never the secret', () => {
    const keyring = new Keyring([one]);
    try {
      keyring.open(keyring.seal('canary', place), { ...place, row: 'ep_2' });
      throw new Error('opened');
    } catch (error) {
      expect((error as SecretUnavailableError).code).toBe('SECRET_UNAVAILABLE');
      expect(String(error)).not.toContain('canary');
    }
  });
});

describe('the key file', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'bellwire-keys-'));
  });
  afterEach(() => rm(dataDir, { recursive: true }));

  it('is made once, readable by its owner only, and read again at the next start', async () => {
    const sealed = (await loadKeyring({ encryptionKeys: null, dataDir })).seal('canary', place);
    expect((await stat(join(dataDir, KEY_FILE))).mode & 0o777).toBe(0o600);
    expect(await readdir(dataDir)).toEqual([KEY_FILE]);
    expect((await loadKeyring({ encryptionKeys: null, dataDir })).open(sealed, place)).toBe('canary');
  });

  it('is the same for servers that start at once', async () => {
    const keyrings = await Promise.all(
      Array.from({ length: 8 }, () => loadKeyring({ encryptionKeys: null, dataDir: join(dataDir, 'new') })),
    );
    const sealed = keyrings[0]!.seal('canary', place);
    for (const keyring of keyrings) expect(keyring.open(sealed, place)).toBe('canary');
  });

  it('gives way to configured keys, and is refused with a sentence when it is malformed', async () => {
    await writeFile(join(dataDir, KEY_FILE), 'nonsense');
    await expect(loadKeyring({ encryptionKeys: null, dataDir })).rejects.toThrow(
      /encryption-keys must be id:base64/,
    );
    const configured = await loadKeyring({ encryptionKeys: [one], dataDir });
    expect(configured.open(new Keyring([one]).seal('canary', place), place)).toBe('canary');
  });

  it('may hold several keys, one a line', async () => {
    await loadKeyring({ encryptionKeys: null, dataDir });
    const file = join(dataDir, KEY_FILE);
    const sealed = (await loadKeyring({ encryptionKeys: null, dataDir })).seal('canary', place);
    await chmod(file, 0o600);
    await writeFile(file, `two:${two.key.toString('base64')}\n${await readFile(file, 'utf8')}`);
    expect((await loadKeyring({ encryptionKeys: null, dataDir })).open(sealed, place)).toBe('canary');
  });
});

it('makes signing secrets of 32 bytes in the form of Standard Webhooks', () => {
  const { value, hint } = makeSigningSecret('HMAC');
  expect(value).toMatch(/^whsec_/);
  expect(Buffer.from(value.slice(6), 'base64')).toHaveLength(32);
  expect(hint).toBe(value.slice(-4));
  expect(makeSigningSecret('HMAC').value).not.toBe(value);
});
