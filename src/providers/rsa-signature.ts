/** SHA256withRSA over PKCS#1 v1.5, the one signature that all providers here use: its keys, signing, and believing. */

import { decodeBase64, keyBytes, keyKind, toPkcs8, toSpki } from './key-format.ts';

const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } as const;

/** Reads our private key, PKCS#8 or PKCS#1. Rejects in words that name the setting and hold nothing of the key. */
export async function importPrivateKey(text: string, setting: string): Promise<CryptoKey> {
  const bytes = keyBytes(text);
  const kind = bytes ? keyKind(bytes) : 'unreadable';
  if (!bytes || (kind !== 'pkcs8' && kind !== 'pkcs1_private')) {
    throw new TypeError(`${setting} is not an RSA private key`);
  }
  return crypto.subtle.importKey('pkcs8', kind === 'pkcs8' ? bytes : toPkcs8(bytes), RSA, false, ['sign']);
}

/** Reads a provider's public key, SPKI or PKCS#1. Rejects in words that name the setting and hold nothing of the key. */
export async function importPublicKey(text: string, setting: string): Promise<CryptoKey> {
  const bytes = keyBytes(text);
  const kind = bytes ? keyKind(bytes) : 'unreadable';
  if (!bytes || (kind !== 'spki' && kind !== 'pkcs1_public')) {
    throw new TypeError(`${setting} is not an RSA public key`);
  }
  return importSpki(kind === 'spki' ? bytes : toSpki(bytes));
}

/** Takes a public key as SPKI. Rejects when it is not an RSA key. */
export async function importSpki(spki: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('spki', spki, RSA, false, ['verify']);
}

/** Signs a text: base64. */
export async function signText(text: string, privateKey: CryptoKey): Promise<string> {
  const signature = await crypto.subtle.sign(RSA.name, privateKey, new TextEncoder().encode(text));
  return btoa(String.fromCharCode(...new Uint8Array(signature)));
}

/** Whether a base64 signature is this key's over this text. One that is not base64 is simply nobody's signature. */
export async function verifyText(text: string, signature: string, publicKey: CryptoKey): Promise<boolean> {
  const bytes = decodeBase64(signature);
  return bytes !== null && crypto.subtle.verify(RSA.name, publicKey, bytes, new TextEncoder().encode(text));
}
