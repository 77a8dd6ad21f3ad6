/** The vault: AES-256-GCM, each text bound to its row, the key's id in front so that keys can be changed. */

import type { Vault } from '../core/vault.ts';

/** The key that seals, and one that may still open what it sealed before. Both are 32 bytes in base64. */
export type VaultKeys = { current: string; previous: string | null };

const IV_BYTES = 12;

type Key = { id: string; key: CryptoKey };

/**
 * Creates the vault. A sealed text is `<key id>.<iv and ciphertext>`, both in base64url: the id is the beginning of
 * the key's SHA-256, so that a key names itself and tells nothing.
 */
export function createVault({ current, previous }: VaultKeys): Vault {
  const sealing = importKey(current);
  const opening: readonly Promise<Key>[] = previous === null ? [sealing] : [sealing, importKey(previous)];
  return {
    seal: async (text, row) => {
      const { id, key } = await sealing;
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const algorithm = { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(row) };
      const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, new TextEncoder().encode(text)));
      return `${id}.${toBase64Url(Uint8Array.of(...iv, ...sealed))}`;
    },
    open: async (sealed, row) => {
      const [id = '', content = ''] = sealed.split('.');
      const keys = await Promise.all(opening);
      const known = keys.find((key) => key.id === id);
      if (!known) throw new Error(`sealed with key ${id}, which is neither PII_KEY nor PII_KEY_PREVIOUS`);
      const bytes = fromBase64Url(content);
      const algorithm = {
        name: 'AES-GCM',
        iv: bytes.subarray(0, IV_BYTES),
        additionalData: new TextEncoder().encode(row),
      };
      return new TextDecoder().decode(await crypto.subtle.decrypt(algorithm, known.key, bytes.subarray(IV_BYTES)));
    },
    previousKeyId: async () => (await opening[1])?.id ?? null,
  };
}

async function importKey(base64: string): Promise<Key> {
  const bytes = fromBase64Url(base64);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  const key = await crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { id: toBase64Url(digest.subarray(0, 6)), key };
}

function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function fromBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
}
