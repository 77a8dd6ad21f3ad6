/** Alipay's signatures: SHA256withRSA over text that both sides build by the same rule. */
import { sign, verify, type KeyObject } from 'node:crypto';

/** Decoded parameters by name. */
export type Parameters = ReadonlyMap<string, string>;

/**
 * The text that a merchant signs in a request: every parameter but `sign` and the empty ones, sorted by name, raw.
 * `sign_type` stays in.
 *
 * @see https://opendocs.alipay.com/common/02kf5q
 */
export function requestText(parameters: Parameters): string {
  return joined([...parameters].filter(([name, value]) => name !== 'sign' && value !== ''));
}

/**
 * The text that Alipay signs in a notification: all that it sends, empty values too, but neither `sign` nor
 * `sign_type`.
 *
 * @see https://opendocs.alipay.com/common/02mse7
 */
export function notificationText(parameters: Parameters): string {
  return joined([...parameters].filter(([name]) => name !== 'sign' && name !== 'sign_type'));
}

function joined(parameters: [string, string][]): string {
  return parameters
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

/** The signature of a text, base64. */
export function signText(text: string, privateKey: KeyObject): string {
  return sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64');
}

/** Whether a signature is the key's own over exactly this text. Base64 of another kind, or with more behind it, is none. */
export function isSignatureOf(text: string, signature: string, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64');
  return bytes.toString('base64') === signature && verify('RSA-SHA256', Buffer.from(text), publicKey, bytes);
}
