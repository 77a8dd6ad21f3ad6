/** Tells in words what is wrong with the two keys of an app. */

import { arePair, examineKey, privateKeySlot, publicKeySlot } from '../examine-key.ts';
import { importPublicKey } from '../rsa-signature.ts';
import type { AlipayConfig } from './schema.ts';

const PRIVATE_SLOT = privateKeySlot('ALIPAY_PRIVATE_KEY', 'our app');

const PUBLIC_SLOT = publicKeySlot({
  name: 'ALIPAY_PUBLIC_KEY',
  owner: 'Alipay',
  wanted: "Alipay's public key, as the open platform shows it",
  importKey: (text) => importPublicKey(text, 'ALIPAY_PUBLIC_KEY'),
  certificate: 'is a certificate (X.509), not a key: public-key mode is used here, so take the key itself',
});

/**
 * What is wrong with the keys, one sentence for each problem, none when they are sound. Nothing of a key is ever in the
 * words. The last question is the classic one: the public key that was uploaded to Alipay, pasted where the one that
 * Alipay shows in return belongs.
 */
export async function diagnoseAlipayKeys(config: Pick<AlipayConfig, 'privateKey' | 'publicKey'>): Promise<string[]> {
  const privateKey = await examineKey(config.privateKey, PRIVATE_SLOT);
  const publicKey = await examineKey(config.publicKey, PUBLIC_SLOT);
  const problems = [privateKey, publicKey].filter((finding) => typeof finding === 'string');
  if (typeof privateKey === 'string' || typeof publicKey === 'string') return problems;
  if (await arePair(privateKey, publicKey)) {
    return [
      "ALIPAY_PUBLIC_KEY is our own app's public key: put the one there that the open platform shows as Alipay's public key",
    ];
  }
  return [];
}
