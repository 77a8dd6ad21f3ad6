/** Tells in words what is wrong with a pasted key: most of the threads about a failed signature are about these. */

import { keyBytes, keyKind, type KeyKind } from './key-format.ts';
import { importPrivateKey, signText, verifyText } from './rsa-signature.ts';

const SMALLEST_BITS = 2048;

const PROBE = 'Does the key in the public slot belong to the key in the private slot?';

const ENCRYPTED = 'is encrypted with a passphrase: decrypt it first, with `openssl pkey -in key.pem`';
const NOT_RSA = `is not an RSA key (an elliptic-curve key, perhaps): RSA of ${SMALLEST_BITS} bits or more is needed`;

/** A place that a key is pasted into. */
export type KeySlot = {
  /** What the place is called in every sentence about it, first of all the setting's name. */
  name: string;
  /** Which key belongs there, and in which form. */
  wanted: string;
  /** Rejects when the text is not such a key. */
  importKey: (text: string) => Promise<CryptoKey>;
  /** What is wrong with a kind of key in this slot, `null` for the kinds that belong there. */
  mistakes: Record<KeyKind, string | null>;
};

/** The slot of a private key of ours; `owner` says whose it is, as in `our app`. */
export function privateKeySlot(name: string, owner: string): KeySlot {
  const isPublic = `is a public key: ${owner}'s private key belongs here`;
  return {
    name,
    wanted: `${owner}'s private key, as PKCS#8 or PKCS#1`,
    importKey: (text) => importPrivateKey(text, name),
    mistakes: {
      pkcs8: null,
      pkcs1_private: null,
      spki: isPublic,
      pkcs1_public: isPublic,
      encrypted: ENCRYPTED,
      certificate: `is a certificate (X.509), which holds a public key: ${owner}'s private key belongs here`,
      not_rsa: NOT_RSA,
      unreadable: 'is base64, but neither a PKCS#8 nor a PKCS#1 private key: it may have been cut off',
    },
  };
}

/** The slot of a provider's public key; `certificate` says what is wrong with a certificate there, if anything is. */
export function publicKeySlot(slot: {
  name: string;
  owner: string;
  wanted: string;
  importKey: (text: string) => Promise<CryptoKey>;
  certificate: string | null;
}): KeySlot {
  const { name, owner, wanted, importKey, certificate } = slot;
  return {
    name,
    wanted,
    importKey,
    mistakes: {
      spki: null,
      pkcs1_public: null,
      pkcs8: `is a private key: ${owner}'s public key belongs here`,
      pkcs1_private: `is a private key: ${owner}'s public key belongs here`,
      encrypted: `is an encrypted private key: ${owner}'s public key belongs here`,
      certificate,
      not_rsa: NOT_RSA,
      unreadable: 'is base64, but not a public key: it may have been cut off',
    },
  };
}

/** The key, or one sentence on what is wrong with it that begins with the slot's name and holds nothing of the key. */
export async function examineKey(text: string, slot: KeySlot): Promise<CryptoKey | string> {
  const problem = findMistake(text, slot);
  if (problem) return `${slot.name} ${problem}`;
  try {
    const key = await slot.importKey(text);
    const bits = 'modulusLength' in key.algorithm ? key.algorithm.modulusLength : 0;
    if (bits >= SMALLEST_BITS) return key;
    return `${slot.name} has ${bits} bits: ${SMALLEST_BITS} or more are needed`;
  } catch {
    return `${slot.name} has the shape of a key, but cannot be read as one: it may have been damaged`;
  }
}

/**
 * Whether the two keys are a pair. Ours and the provider's never are: a pair is the classic mistake, our own public key
 * pasted where the provider's belongs. It looks sound and believes nothing that the provider says.
 */
export async function arePair(privateKey: CryptoKey, publicKey: CryptoKey): Promise<boolean> {
  return verifyText(PROBE, await signText(PROBE, privateKey), publicKey);
}

function findMistake(text: string, slot: KeySlot): string | null {
  const pasted = text.trim();
  if (pasted === '') return `is empty: it takes ${slot.wanted}`;
  if (/^["'`]|["'`]$/.test(pasted)) return 'has quotes around it: remove them';
  // The old armour names the cipher in headers of its own, so what follows them is not DER at all.
  if (/-----BEGIN ENCRYPTED |Proc-Type: *4,ENCRYPTED/.test(pasted)) return slot.mistakes.encrypted;
  const bytes = keyBytes(pasted);
  if (!bytes) return `is neither PEM nor base64: it takes ${slot.wanted}`;
  return slot.mistakes[keyKind(bytes)];
}
