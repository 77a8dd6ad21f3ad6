/** The vault: what it seals opens again, for its row and with its key only, and tells nobody else anything. */
import { describe, expect, test } from 'vitest';
import { createVault, type VaultKeys } from '../../src/vault/aes-gcm-vault.ts';

const ROW = 'attempt/20221122123456789012340001';
const OTHER_ROW = 'attempt/20221122123456789012340002';
const TEXT = '["wx201410272009395522657a690389285100","oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"]';

const OLD_KEY = aKey();
const NEW_KEY = aKey();
const vaultWith = (current: string, previous: VaultKeys['previous'] = null) => createVault({ current, previous });
/** What Web Crypto says where the key, the row or the text is not the one. */
const NOT_FOR_IT = 'Decryption failed';
const keyIdOf = (sealed: string) => sealed.slice(0, sealed.indexOf('.'));

function aKey(): string {
  return toBase64(crypto.getRandomValues(new Uint8Array(32)));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function bytesOf(base64Url: string): Uint8Array {
  const binary = atob(base64Url.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (char) => char.charCodeAt(0));
}

/** The sealed text with one bit of one byte turned over. */
function flipped(sealed: string, index: number, bit: number): string {
  const bytes = bytesOf(sealed.slice(sealed.indexOf('.') + 1));
  bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
  const changed = toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return `${keyIdOf(sealed)}.${changed}`;
}

/** What opening throws, as whoever reads the log would see it. */
async function refusalOf(opened: Promise<string>): Promise<string> {
  try {
    await opened;
  } catch (error) {
    return String(error);
  }
  throw new Error('it opened');
}

describe('what was sealed', () => {
  test.each([TEXT, '', '一号技师', '🧖 '.repeat(2000)])('opens again, as it was: %#', async (text) => {
    const vault = vaultWith(NEW_KEY);
    expect(await vault.open(await vault.seal(text, ROW), ROW)).toBe(text);
  });

  test('opens in another vault with the same key', async () => {
    expect(await vaultWith(NEW_KEY).open(await vaultWith(NEW_KEY).seal(TEXT, ROW), ROW)).toBe(TEXT);
  });

  test('is a key’s id and base64url, and shows nothing of the text', async () => {
    const sealed = await vaultWith(NEW_KEY).seal(TEXT, ROW);
    expect(sealed).toMatch(/^[\w-]{8}\.[\w-]+$/);
    expect(new TextDecoder().decode(bytesOf(sealed.slice(9)))).not.toMatch(/wx20|oUpF/);
  });

  test('looks different each time, so that nobody can tell equal texts', async () => {
    const vault = vaultWith(NEW_KEY);
    const sealed = await Promise.all(Array.from({ length: 200 }, () => vault.seal(TEXT, ROW)));
    const initialVectors = sealed.map((one) =>
      bytesOf(one.slice(one.indexOf('.') + 1))
        .slice(0, 12)
        .join(' '),
    );
    expect(new Set(initialVectors).size).toBe(200);
  });
});

describe('what does not open', () => {
  test.each([OTHER_ROW, '', `${ROW} `, 'orders/1'])('for another row: “%s”', async (row) => {
    const vault = vaultWith(NEW_KEY);
    const sealed = await vault.seal(TEXT, ROW);
    await expect(vault.open(sealed, row)).rejects.toThrow(NOT_FOR_IT);
  });

  test('with any one bit changed: in what starts it, in the text, or in its tag', async () => {
    const vault = vaultWith(NEW_KEY);
    const sealed = await vault.seal(TEXT, ROW);
    const { length } = bytesOf(sealed.slice(sealed.indexOf('.') + 1));
    // Twelve bytes start it, and sixteen are the tag.
    expect(length).toBe(12 + TEXT.length + 16);
    for (let index = 0; index < length; index++) {
      const refusal = await refusalOf(vault.open(flipped(sealed, index, index % 8), ROW));
      expect(refusal).not.toContain(TEXT);
    }
    // Turned over and back again it is whole: it was the change that was refused, not the spelling.
    expect(await vault.open(flipped(flipped(sealed, 20, 3), 20, 3), ROW)).toBe(TEXT);
  });

  test('cut short', async () => {
    const vault = vaultWith(NEW_KEY);
    const sealed = await vault.seal(TEXT, ROW);
    for (const end of [sealed.length - 4, 40, 9, 8, 0]) {
      expect(await refusalOf(vault.open(sealed.slice(0, end), ROW))).not.toContain(TEXT);
    }
  });

  test('under another key that claims its id', async () => {
    const [sealed, foreign] = await Promise.all([OLD_KEY, NEW_KEY].map((key) => vaultWith(key).seal(TEXT, ROW)));
    const renamed = `${keyIdOf(foreign ?? '')}.${(sealed ?? '').split('.')[1]}`;
    await expect(vaultWith(NEW_KEY).open(renamed, ROW)).rejects.toThrow(NOT_FOR_IT);
  });

  test('once its key is gone: the error names the key’s id and both settings, and no key', async () => {
    const sealed = await vaultWith(OLD_KEY).seal(TEXT, ROW);
    const newest = aKey();
    const refusal = await refusalOf(vaultWith(newest, NEW_KEY).open(sealed, ROW));
    expect(refusal).toBe(`Error: sealed with key ${keyIdOf(sealed)}, which is neither PII_KEY nor PII_KEY_PREVIOUS`);
    for (const key of [OLD_KEY, NEW_KEY, newest]) expect(refusal).not.toContain(key);
  });
});

describe('a change of keys', () => {
  test('what the previous key sealed still opens', async () => {
    const sealed = await vaultWith(OLD_KEY).seal(TEXT, ROW);
    expect(await vaultWith(NEW_KEY, OLD_KEY).open(sealed, ROW)).toBe(TEXT);
    await expect(vaultWith(NEW_KEY).open(sealed, ROW)).rejects.toThrow('neither PII_KEY nor PII_KEY_PREVIOUS');
  });

  test('what is sealed from then on opens without the previous key', async () => {
    const sealed = await vaultWith(NEW_KEY, OLD_KEY).seal(TEXT, ROW);
    expect(keyIdOf(sealed)).not.toBe(keyIdOf(await vaultWith(OLD_KEY).seal(TEXT, ROW)));
    expect(await vaultWith(NEW_KEY).open(sealed, ROW)).toBe(TEXT);
    await expect(vaultWith(OLD_KEY).open(sealed, ROW)).rejects.toThrow('neither PII_KEY nor PII_KEY_PREVIOUS');
  });

  test('a key’s id is always the same, its digest’s beginning, and no part of the key', async () => {
    const keyBytes = bytesOf(NEW_KEY);
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(keyBytes)));
    const ids = await Promise.all([ROW, OTHER_ROW].map(async (row) => keyIdOf(await vaultWith(NEW_KEY).seal('', row))));
    expect(ids.map(bytesOf)).toEqual([digest.slice(0, 6), digest.slice(0, 6)]);
    expect(keyBytes.join(' ')).not.toContain(bytesOf(ids[0] ?? '').join(' '));
  });
});
