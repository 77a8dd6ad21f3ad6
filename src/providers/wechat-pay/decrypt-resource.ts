/** Opens what a notification carries: AES-256-GCM under the APIv3 key, with its tag. */

import { decodeBase64 } from '../key-format.ts';
import type { Envelope } from './schema.ts';

/**
 * The text inside, `null` when the tag does not hold: another key, or a changed ciphertext, nonce or associated data.
 * The tag is the last 16 bytes, as WebCrypto takes it. The signature must have been checked before: the key alone does
 * not say when a notification was sent.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012071382
 */
export async function decryptResource(apiV3Key: string, resource: Envelope['resource']): Promise<string | null> {
  const ciphertext = decodeBase64(resource.ciphertext);
  if (!ciphertext) return null;
  try {
    const key = await crypto.subtle.importKey('raw', bytesOf(apiV3Key), 'AES-GCM', false, ['decrypt']);
    const algorithm = {
      name: 'AES-GCM',
      iv: bytesOf(resource.nonce),
      additionalData: bytesOf(resource.associated_data ?? ''),
      tagLength: 128,
    };
    const plain = await crypto.subtle.decrypt(algorithm, key, ciphertext);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(plain);
  } catch {
    // WebCrypto tells nothing of what was wrong, on purpose.
    return null;
  }
}

function bytesOf(text: string) {
  return new TextEncoder().encode(text);
}
