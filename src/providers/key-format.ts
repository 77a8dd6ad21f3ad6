/** What a pasted key is: its bytes, its kind by the shape of its DER, and the way to what WebCrypto reads. */

/** The kinds that can be told apart. `not_rsa` is a key of another algorithm, `unreadable` is no key or half of one. */
export type KeyKind =
  'pkcs8' | 'pkcs1_private' | 'spki' | 'pkcs1_public' | 'encrypted' | 'certificate' | 'not_rsa' | 'unreadable';

/** What a certificate (X.509) holds that matters here: whose it is can only be told by its serial number. */
export type Certificate = {
  /** Upper-case hex, as WeChat Pay and openssl show it. */
  serial: string;
  /** The public key that it certifies. */
  spki: Uint8Array<ArrayBuffer>;
};

/** A DER element: `from` is where its tag stands, its content reaches from `start` to `end`. */
type Element = { tag: number; from: number; start: number; end: number };

const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
const EXPLICIT_0 = 0xa0;

/** The object identifier rsaEncryption, 1.2.840.113549.1.1.1. */
const RSA_IDENTIFIER = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSA_ALGORITHM = der(SEQUENCE, Uint8Array.from([...RSA_IDENTIFIER, 0x05, 0x00]));
const VERSION_0 = der(INTEGER, Uint8Array.of(0));

/** Strict base64 as bytes, `null` for anything else: blanks and other alphabets are not skipped. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) return null;
  return Uint8Array.from(atob(text.replace(/=+$/, '')), (character) => character.charCodeAt(0));
}

/**
 * The bytes of a key given as PEM or as bare base64, with any white space. `\n` spelt as two characters counts as white
 * space, because that is how a PEM looks once it has been through a one-line setting.
 */
export function keyBytes(text: string): Uint8Array<ArrayBuffer> | null {
  const lines = text.replaceAll(/\\[rn]/g, '\n');
  const armoured = /-----BEGIN [A-Z0-9 ]+-----([^-]*)-----END [A-Z0-9 ]+-----/.exec(lines);
  return decodeBase64((armoured?.[1] ?? lines).replaceAll(/\s/g, ''));
}

/** Tells the kind from the DER itself, because the words in the PEM armour are often wrong and bare base64 has none. */
export function keyKind(bytes: Uint8Array): KeyKind {
  const outer = readElement(bytes, 0);
  if (outer?.tag !== SEQUENCE || outer.end !== bytes.length) return 'unreadable';
  const parts = readElements(bytes, outer);
  if (!parts) return 'unreadable';
  const [first, second] = parts;
  const tags = parts.slice(0, 3).map((part) => part.tag);
  switch (tags.join()) {
    case [INTEGER, SEQUENCE, OCTET_STRING].join():
      return isRsa(bytes, second) ? 'pkcs8' : 'not_rsa';
    case [INTEGER, INTEGER, INTEGER].join():
      return 'pkcs1_private';
    case [INTEGER, INTEGER].join():
      return 'pkcs1_public';
    case [SEQUENCE, BIT_STRING].join():
      return isRsa(bytes, first) ? 'spki' : 'not_rsa';
    case [SEQUENCE, OCTET_STRING].join():
      return 'encrypted';
    case [SEQUENCE, SEQUENCE, BIT_STRING].join():
      return 'certificate';
    default:
      // SEC 1 writes an elliptic-curve key as a version, the key, and tagged extras.
      return first?.tag === INTEGER && second?.tag === OCTET_STRING ? 'not_rsa' : 'unreadable';
  }
}

/** Wraps a PKCS#1 private key as PKCS#8. The lengths are computed, so that it holds for every key size. */
export function toPkcs8(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(SEQUENCE, VERSION_0, RSA_ALGORITHM, der(OCTET_STRING, pkcs1));
}

/** Wraps a PKCS#1 public key as SPKI: a bit string of which no bit is unused. */
export function toSpki(pkcs1: Uint8Array): Uint8Array<ArrayBuffer> {
  return der(SEQUENCE, RSA_ALGORITHM, der(BIT_STRING, Uint8Array.of(0), pkcs1));
}

/**
 * Reads a certificate, `null` for anything else. WebCrypto imports keys only, so the key has to be taken out here. It is
 * not checked who issued it or until when it holds: one that was put into the configuration is believed.
 * @see https://www.rfc-editor.org/rfc/rfc5280#section-4.1
 */
export function readCertificate(bytes: Uint8Array): Certificate | null {
  const outer = readElement(bytes, 0);
  if (keyKind(bytes) !== 'certificate' || !outer) return null;
  const [body] = readElements(bytes, outer) ?? [];
  const fields = (body && readElements(bytes, body)) ?? [];
  // The version comes first, but version 1 goes unsaid.
  const [serial, , , , , key] = fields[0]?.tag === EXPLICIT_0 ? fields.slice(1) : fields;
  if (serial?.tag !== INTEGER || key?.tag !== SEQUENCE) return null;
  const hex = [...bytes.subarray(serial.start, serial.end)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  // A leading zero byte only keeps the number from being a negative one.
  return {
    serial: hex.replace(/^00(?=.)/, '').toUpperCase(),
    spki: Uint8Array.from(bytes.subarray(key.from, key.end)),
  };
}

function der(tag: number, ...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const content = parts.flatMap((part) => [...part]);
  const length = [];
  for (let rest = content.length; rest > 0; rest = Math.trunc(rest / 256)) length.unshift(rest % 256);
  const isShort = content.length < 0x80;
  return Uint8Array.from(
    isShort ? [tag, content.length, ...content] : [tag, 0x80 + length.length, ...length, ...content],
  );
}

function readElement(bytes: Uint8Array, at: number): Element | null {
  const tag = bytes[at];
  const lead = bytes[at + 1];
  if (tag === undefined || lead === undefined) return null;
  if (lead < 0x80) return { tag, from: at, start: at + 2, end: at + 2 + lead };
  const start = at + 2 + (lead - 0x80);
  const length = bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
  return { tag, from: at, start, end: start + length };
}

function readElements(bytes: Uint8Array, parent: Element): Element[] | null {
  const elements = [];
  for (let at = parent.start; at < parent.end;) {
    const element = readElement(bytes, at);
    if (!element || element.end > parent.end) return null;
    elements.push(element);
    at = element.end;
  }
  return elements;
}

function isRsa(bytes: Uint8Array, algorithm: Element | undefined): boolean {
  return algorithm !== undefined && RSA_IDENTIFIER.every((byte, index) => bytes[algorithm.start + index] === byte);
}
