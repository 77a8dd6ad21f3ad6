/** Finds texts in bytes, in whatever form they may have got there: what somebody would do who has the disk. */

/** One byte one character, so that bytes of any kind are searched like text. Each byte has a character of its own. */
const BYTES = new TextDecoder('windows-1252');
const UTF8 = new TextEncoder();

/** Each text that is in the bytes, with the form in which it was found first. */
export function findTexts(bytes: Uint8Array, texts: readonly string[]): string[] {
  const haystack = BYTES.decode(bytes);
  return texts.flatMap((text) => {
    const found = Object.entries(formsOf(text)).find(([, form]) => haystack.includes(BYTES.decode(form)));
    return found ? [`${text} (${found[0]})`] : [];
  });
}

/** The forms in which a text may stand in a database, a log line, an address or a message. */
function formsOf(text: string): Readonly<Record<string, Uint8Array>> {
  const utf8 = UTF8.encode(text);
  const [little, big] = utf16(text);
  const inJson = escaped(text);
  const inUrl = percent(utf8);
  const inHex = hex(utf8);
  return {
    'UTF-8': utf8,
    'UTF-16LE': little,
    'UTF-16BE': big,
    'JSON, escaped': UTF8.encode(inJson),
    'JSON, escaped in capitals': UTF8.encode(inJson.replaceAll(/\\u[\da-f]{4}/g, inCapitals)),
    percent: UTF8.encode(inUrl),
    'percent, in small letters': UTF8.encode(inUrl.replaceAll(/%../g, (byte) => byte.toLowerCase())),
    hex: UTF8.encode(inHex),
    'hex, in capitals': UTF8.encode(inHex.toUpperCase()),
    ...base64Forms(utf8),
  };
}

const inCapitals = (unit: string): string => `\\u${unit.slice(2).toUpperCase()}`;

/** Both orders of the bytes. */
function utf16(text: string): [little: Uint8Array, big: Uint8Array] {
  const units = Array.from({ length: text.length }, (_, nth) => text.charCodeAt(nth));
  const little = Uint8Array.from(units.flatMap((unit) => [unit & 0xff, unit >> 8]));
  const big = Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 0xff]));
  return [little, big];
}

/** What is no ASCII as `\uXXXX`, as some printers of JSON write it. */
function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, nth) => escapeUnit(text.charCodeAt(nth))).join('');
}

function escapeUnit(unit: number): string {
  return unit < 0x80 ? String.fromCharCode(unit) : `\\u${unit.toString(16).padStart(4, '0')}`;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** As an address or a form holds it: letters and digits as they are, every other byte as its number. */
function percent(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => {
    const char = String.fromCharCode(byte);
    return /[\w.~-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  }).join('');
}

/**
 * Three bytes become four characters, so a text looks different by where it begins among them. What is beside it
 * shows in the first and last characters, which are left out.
 */
function base64Forms(bytes: Uint8Array): Record<string, Uint8Array> {
  const forms: Record<string, Uint8Array> = {};
  for (const before of [0, 1, 2]) {
    const whole = btoa(String.fromCharCode(...new Uint8Array(before), ...bytes)).replaceAll('=', '');
    const known = whole.slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3));
    forms[`base64 after ${before}`] = UTF8.encode(known);
    forms[`base64url after ${before}`] = UTF8.encode(known.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}
