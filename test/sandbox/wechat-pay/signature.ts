/** WeChat Pay's signatures: SHA256withRSA over lines, each of which ends in a line feed, the last one too. */
import { sign, verify, type KeyObject } from 'node:crypto';

/**
 * The text that is signed, for requests, answers, notifications and client parameters alike. An empty body leaves its
 * line feed behind.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 */
export function linesToSign(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The signature of a text, base64. */
export function signText(text: string, privateKey: KeyObject): string {
  return sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64');
}

/** Whether a signature is the key's own over exactly this text. Base64 of another kind, or with blanks, is none. */
export function isSignatureOf(text: string, signature: string, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature, 'base64');
  return bytes.toString('base64') === signature && verify('RSA-SHA256', Buffer.from(text), publicKey, bytes);
}
