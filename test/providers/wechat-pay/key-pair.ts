/** Fresh RSA keys for one test file: nothing that signs anything is ever committed. */

/** A pair as PEM, PKCS#8 and SPKI. */
export type KeyPair = { privateKey: string; publicKey: string };

/** Makes a pair of keys with WebCrypto. */
export async function generateKeyPair(modulusLength = 2048): Promise<KeyPair> {
  const publicExponent = Uint8Array.of(1, 0, 1);
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength, publicExponent };
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new TypeError('RSA keys come in pairs');
  return {
    privateKey: await pem('PRIVATE KEY', 'pkcs8', pair.privateKey),
    publicKey: await pem('PUBLIC KEY', 'spki', pair.publicKey),
  };
}

async function pem(label: string, format: 'pkcs8' | 'spki', key: CryptoKey): Promise<string> {
  const exported = await crypto.subtle.exportKey(format, key);
  if (!(exported instanceof ArrayBuffer)) throw new TypeError('a key in DER is bytes');
  return armour(label, Buffer.from(exported));
}

/** Bytes as PEM. */
export function armour(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** The bare base64 of a PEM, as some tools give it. */
export function bare(text: string): string {
  return text.replaceAll(/-----[^-]+-----|\s/g, '');
}

/** What a PEM looks like in a setting of one line. */
export function oneLine(text: string): string {
  return text.trim().replaceAll('\n', '\\n');
}
