/** Real X.509 certificates for tests, self-signed: what WeChat Pay calls a platform certificate. */
import { createSign } from 'node:crypto';
import { armour, bare, type KeyPair } from './key-pair.ts';

const SHA256_WITH_RSA = der(0x30, Buffer.from('06092a864886f70d01010b0500', 'hex'));
const COMMON_NAME = Buffer.from('0603550403', 'hex');

/** Certifies a public key under a serial number, given in hex, as PEM. `version` 1 leaves the version out. */
export function certify(pair: KeyPair, serial: string, version: 1 | 3 = 3): string {
  const name = der(0x30, der(0x31, der(0x30, COMMON_NAME, der(0x0c, Buffer.from('Tenpay.com Root CA')))));
  const body = der(
    0x30,
    ...(version === 3 ? [der(0xa0, der(0x02, Buffer.of(2)))] : []),
    der(0x02, positive(Buffer.from(serial, 'hex'))),
    SHA256_WITH_RSA,
    name,
    der(0x30, der(0x17, Buffer.from('220101000000Z')), der(0x17, Buffer.from('270101000000Z'))),
    name,
    Buffer.from(bare(pair.publicKey), 'base64'),
  );
  const signature = createSign('RSA-SHA256').update(body).sign(pair.privateKey);
  const certificate = der(0x30, body, SHA256_WITH_RSA, der(0x03, Buffer.concat([Buffer.of(0), signature])));
  return armour('CERTIFICATE', certificate);
}

/** A number whose first bit is set would be a negative one. */
function positive(bytes: Buffer): Buffer {
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 + bytes.length), bytes, content]);
}
