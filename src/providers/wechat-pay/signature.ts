/** SHA256-RSA2048: the text that is signed, our signature, and believing WeChat Pay's, in answers and notifications. */

import { keyBytes, readCertificate } from '../key-format.ts';
import { importPrivateKey, importPublicKey, importSpki, signText, verifyText } from '../rsa-signature.ts';
import { isPlatformSerial, type WechatPayConfig } from './schema.ts';

/** What both sides call the method of signing. */
export const SIGNATURE_TYPE = 'WECHATPAY2-SHA256-RSA2048';

/** How far the two clocks may be apart, and how long a caught message could be used again, ms. */
const MAX_SKEW_MS = 300_000;

/** The keys of one merchant. */
export type Keys = {
  /** Signs with our private key: base64. Rejects when it cannot be read. */
  sign(text: string): Promise<string>;
  /** Why a body cannot be believed, or `null` when WeChat Pay signed it just now. Says nothing of what it holds. */
  findForgery(headers: Headers, body: string, nowMs: number): Promise<string | null>;
  /** The public key whose signature answers should bear, `null` where only certificates are configured. */
  readonly publicKeyId: string | null;
};

/** The keys of a configuration. Each is imported once, at its first use: importing costs more than verifying. */
export function createKeys(config: Pick<WechatPayConfig, 'privateKey' | 'platformKeys'>): Keys {
  const platformKeys = new Map(
    Object.entries(config.platformKeys).map(([serial, text]) => [nameOf(serial), once(() => importPlatformKey(text))]),
  );
  const privateKey = once(() => importPrivateKey(config.privateKey, 'WECHAT_PRIVATE_KEY'));
  return {
    sign: async (text) => signText(text, await privateKey()),
    findForgery: (headers, body, nowMs) => findForgery(platformKeys, { headers, body }, nowMs),
    publicKeyId: Object.keys(config.platformKeys).find((serial) => serial.startsWith('PUB_KEY_ID_')) ?? null,
  };
}

/**
 * The text that is signed, of a request, of an answer and of what a client takes along: every line ends in a line end,
 * the last one and an empty one too.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365342
 */
export function signedText(...lines: string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** What stands in a request, an answer or client parameters against being used twice: 32 characters. */
export function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Reads one of WeChat Pay's keys: a public key, or a certificate that holds one. Rejects for anything else. */
export async function importPlatformKey(text: string): Promise<CryptoKey> {
  const bytes = keyBytes(text);
  const certificate = bytes && readCertificate(bytes);
  return certificate ? importSpki(certificate.spki) : importPublicKey(text, 'WECHAT_PLATFORM_KEYS');
}

/**
 * Which key signed is told by its serial, and several count at once: while a merchant changes from certificates to the
 * public key, both come, for days. Signatures that begin with `WECHATPAY/SIGNTEST/` are sent to see whether they are
 * refused; they are no case of their own.
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053249
 */
async function findForgery(
  platformKeys: ReadonlyMap<string, () => Promise<CryptoKey>>,
  message: { headers: Headers; body: string },
  nowMs: number,
): Promise<string | null> {
  const [timestamp, nonce, serial, signature] = ['Timestamp', 'Nonce', 'Serial', 'Signature'].map((name) =>
    message.headers.get(`Wechatpay-${name}`),
  );
  if (!timestamp || !nonce || !serial || !signature) return 'it is not signed';
  const signatureType = message.headers.get('Wechatpay-Signature-Type') ?? SIGNATURE_TYPE;
  if (signatureType !== SIGNATURE_TYPE) return 'it is signed by a method that is not known here';
  if (!/^\d{1,12}$/.test(timestamp)) return 'it was signed at no readable time';
  if (Math.abs(nowMs - Number(timestamp) * 1000) > MAX_SKEW_MS) return 'it was signed more than five minutes from now';
  const platformKey = platformKeys.get(nameOf(serial));
  // The serial tells an operator which key to add; before anything was verified it might hold anything else.
  const shown = isPlatformSerial(serial) ? serial : 'a name that is no serial';
  if (!platformKey) return `it is signed under ${shown}, which is not in WECHAT_PLATFORM_KEYS`;
  const key = await platformKey().catch(() => null);
  if (!key) return `it is signed under ${shown}, whose key in WECHAT_PLATFORM_KEYS cannot be read`;
  const isGenuine = await verifyText(signedText(timestamp, nonce, message.body), signature, key);
  return isGenuine ? null : 'it is not signed by WeChat Pay';
}

/** Serial numbers are hex, of which tools show either case. */
function nameOf(serial: string): string {
  return serial.toUpperCase();
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
