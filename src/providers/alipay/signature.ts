/** RSA2, which is SHA256withRSA: the text that Alipay signs, and believing what it signed. */

import { importPrivateKey, importPublicKey, signText, verifyText } from '../rsa-signature.ts';
import type { AlipayConfig } from './schema.ts';

/** The two keys of one app. Both methods reject when the key they need cannot be read. */
export type Keys = {
  /** Signs with our private key: base64. */
  sign(text: string): Promise<string>;
  /** Whether Alipay signed this text. A signature that is not base64 is simply not its signature. */
  verify(text: string, signature: string): Promise<boolean>;
};

/** The keys of a configuration. Each is imported once, at its first use: importing costs more than verifying. */
export function createKeys(config: Pick<AlipayConfig, 'privateKey' | 'publicKey'>): Keys {
  let privateKey: Promise<CryptoKey> | undefined;
  let publicKey: Promise<CryptoKey> | undefined;
  return {
    async sign(text) {
      privateKey ??= importPrivateKey(config.privateKey, 'ALIPAY_PRIVATE_KEY');
      return signText(text, await privateKey);
    },
    async verify(text, signature) {
      publicKey ??= importPublicKey(config.publicKey, 'ALIPAY_PUBLIC_KEY');
      return verifyText(text, signature, await publicKey);
    },
  };
}

/**
 * The text that is signed: `name=value` sorted by name, joined by `&`, values raw and never URL-encoded.
 * @see https://opendocs.alipay.com/common/02kf5q
 */
export function canonicalText(parameters: Iterable<readonly [name: string, value: string]>): string {
  const sorted = [...parameters].toSorted(([left], [right]) => (left < right ? -1 : 1));
  return sorted.map(([name, value]) => `${name}=${value}`).join('&');
}

/**
 * Why a notification cannot be believed, or `null` when Alipay signed it. Unlike a request, a notification is signed
 * without `sign_type`. Alipay's pages contradict each other on empty values, so both readings are tried: a text that
 * holds under either was signed by Alipay.
 * @see https://opendocs.alipay.com/common/02mse7
 */
export async function findForgery(form: ReadonlyMap<string, string>, keys: Keys): Promise<string | null> {
  // Base64 has no blanks, so one is a `+` that a sender forgot to encode.
  const signature = form.get('sign')?.replaceAll(' ', '+');
  if (!signature) return 'the notification is not signed';
  if ((form.get('sign_type') ?? 'RSA2') !== 'RSA2') return 'the notification is not signed with RSA2';
  const signed = [...form].filter(([name]) => name !== 'sign' && name !== 'sign_type');
  const filled = signed.filter(([, value]) => value !== '');
  if (await keys.verify(canonicalText(signed), signature)) return null;
  if (filled.length < signed.length && (await keys.verify(canonicalText(filled), signature))) return null;
  return 'the notification is not signed by Alipay';
}
