/** Tells in words what is wrong with the two keys: most of the threads about a failed signature are about these. */

import { keyBytes, keyKind, type KeyKind } from './key-format.ts';
import type { AlipayConfig } from './schema.ts';
import { importPrivateKey, importPublicKey, signText, verifyText } from './signature.ts';

const SMALLEST_BITS = 2048;

const PROBE = 'Does the key in the public slot belong to the key in the private slot?';

type Slot = {
  variable: 'ALIPAY_PRIVATE_KEY' | 'ALIPAY_PUBLIC_KEY';
  wanted: string;
  importKey: (text: string) => Promise<CryptoKey>;
  /** What is wrong with a kind of key in this slot, `null` for the kinds that belong there. */
  mistakes: Record<KeyKind, string | null>;
};

const CERTIFICATE = 'is a certificate (X.509), not a key: public-key mode is used here, so take the key itself';
const ENCRYPTED = 'is encrypted with a passphrase: decrypt it first, with `openssl pkey -in key.pem`';
const NOT_RSA = 'is not an RSA key (an elliptic-curve key, perhaps): RSA2 needs RSA of 2048 bits';

const PRIVATE_SLOT: Slot = {
  variable: 'ALIPAY_PRIVATE_KEY',
  wanted: "our app's private key, as PKCS#8 or PKCS#1",
  importKey: importPrivateKey,
  mistakes: {
    pkcs8: null,
    pkcs1_private: null,
    spki: "is a public key: our app's private key belongs here",
    pkcs1_public: "is a public key: our app's private key belongs here",
    encrypted: ENCRYPTED,
    certificate: CERTIFICATE,
    not_rsa: NOT_RSA,
    unreadable: 'is base64, but neither a PKCS#8 nor a PKCS#1 private key: it may have been cut off',
  },
};

const PUBLIC_SLOT: Slot = {
  variable: 'ALIPAY_PUBLIC_KEY',
  wanted: "Alipay's public key, as the open platform shows it",
  importKey: importPublicKey,
  mistakes: {
    spki: null,
    pkcs1_public: null,
    pkcs8: "is a private key: Alipay's public key belongs here",
    pkcs1_private: "is a private key: Alipay's public key belongs here",
    encrypted: "is an encrypted private key: Alipay's public key belongs here",
    certificate: CERTIFICATE,
    not_rsa: NOT_RSA,
    unreadable: 'is base64, but not a public key: it may have been cut off',
  },
};

/**
 * What is wrong with the keys, one sentence for each problem, none when they are sound. Nothing of a key is ever in the
 * words. The last question is the classic one: the public key that was uploaded to Alipay, pasted where the one that
 * Alipay shows in return belongs. Such a pair looks sound and believes nothing that Alipay says.
 */
export async function diagnoseAlipayKeys(config: Pick<AlipayConfig, 'privateKey' | 'publicKey'>): Promise<string[]> {
  const privateKey = await examine(config.privateKey, PRIVATE_SLOT);
  const publicKey = await examine(config.publicKey, PUBLIC_SLOT);
  const problems = [privateKey, publicKey].filter((finding) => typeof finding === 'string');
  if (typeof privateKey === 'string' || typeof publicKey === 'string') return problems;
  if (await verifyText(PROBE, await signText(PROBE, privateKey), publicKey)) {
    return [
      "ALIPAY_PUBLIC_KEY is our own app's public key: put the one there that the open platform shows as Alipay's public key",
    ];
  }
  return [];
}

/** The key, or what is wrong with it. */
async function examine(text: string, slot: Slot): Promise<CryptoKey | string> {
  const problem = findMistake(text, slot);
  if (problem) return `${slot.variable} ${problem}`;
  try {
    const key = await slot.importKey(text);
    const bits = 'modulusLength' in key.algorithm ? key.algorithm.modulusLength : 0;
    if (bits >= SMALLEST_BITS) return key;
    return `${slot.variable} has ${bits} bits: RSA2 needs ${SMALLEST_BITS} or more`;
  } catch {
    return `${slot.variable} has the shape of a key, but cannot be read as one: it may have been damaged`;
  }
}

function findMistake(text: string, slot: Slot): string | null {
  const pasted = text.trim();
  if (pasted === '') return `is empty: it takes ${slot.wanted}`;
  if (/^["'`]|["'`]$/.test(pasted)) return 'has quotes around it: remove them';
  // The old armour names the cipher in headers of its own, so what follows them is not DER at all.
  if (/-----BEGIN ENCRYPTED |Proc-Type: *4,ENCRYPTED/.test(pasted)) return slot.mistakes.encrypted;
  const bytes = keyBytes(pasted);
  if (!bytes) return `is neither PEM nor base64: it takes ${slot.wanted}`;
  return slot.mistakes[keyKind(bytes)];
}
