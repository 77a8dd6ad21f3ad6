/** Bodies that nobody can read, and content types that no call takes: the same for every call of every dialect. */

export const JSON_TYPE = { 'content-type': 'application/json' };
export const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
export const MAX_BODY_BYTES = 65_536;

/** What the client is told. */
export const UNREADABLE = 'body 不是有效的 JSON';
export const NOT_AN_OBJECT = 'body 必须是一个对象';
export const REPEATED = 'body 同一字段出现了多次';
export const TOO_DEEP = 'body 嵌套过深';
export const WRONG_TYPE = 'body 须为 application/json 或 application/x-www-form-urlencoded';
export const NOT_UTF8 = 'body 不是有效的 UTF-8 文本';
export const NOT_OURS = '不是该接口的参数';

const A_VALUE = /:("[^"]*"|\d+)/;

/** A text as it goes over the wire. */
export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** How a good body is spoilt, and what is said of it then. */
export const SPOILT_BODIES: readonly [what: string, spoil: (text: string) => string | Uint8Array, message: string][] = [
  ['blank', () => ' \r\n\t', UNREADABLE],
  ['NUL', () => '\u0000', UNREADABLE],
  ['NUL behind it', (text) => `${text}\u0000`, UNREADABLE],
  ['cut off', (text) => text.slice(0, -1), UNREADABLE],
  ['with something behind it', (text) => `${text}{}`, UNREADABLE],
  ['with a comma too many', (text) => text.replace(/}$/, ',}'), UNREADABLE],
  ['with a comment', (text) => `/**/${text}`, UNREADABLE],
  ['in single quotes', (text) => text.replaceAll('"', "'"), UNREADABLE],
  ['with NaN', (text) => text.replace(A_VALUE, ':NaN'), UNREADABLE],
  ['with Infinity', (text) => text.replace(A_VALUE, ':-Infinity'), UNREADABLE],
  ['with a hexadecimal number', (text) => text.replace(A_VALUE, ':0x2'), UNREADABLE],
  ['with a leading zero', (text) => text.replace(A_VALUE, ':02'), UNREADABLE],
  ['with full-width digits', (text) => text.replace(A_VALUE, ':２'), UNREADABLE],
  ['with a byte order mark', (text) => `\uFEFF${text}`, UNREADABLE],
  ['in UTF-16', () => new Uint8Array(Uint16Array.from('{"x":1}', (one) => one.charCodeAt(0)).buffer), UNREADABLE],
  ['with bytes that are no UTF-8', () => new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), NOT_UTF8],
  ['with half a character at its end', (text) => new Uint8Array([...bytes(text), 0xe4, 0xbd]), NOT_UTF8],
  ['with a surrogate in UTF-8', () => new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), NOT_UTF8],
  ['with an overlong slash', () => new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), NOT_UTF8],
  ['an array', (text) => `[${text}]`, NOT_AN_OBJECT],
  ['an empty array', () => '[]', NOT_AN_OBJECT],
  ['a number', () => '2', NOT_AN_OBJECT],
  ['a text', (text) => JSON.stringify(text), NOT_AN_OBJECT],
  ['null', () => 'null', NOT_AN_OBJECT],
  ['true', () => 'true', NOT_AN_OBJECT],
  ['100 levels deep', (text) => text.replace('{', `{"x":${'['.repeat(100)}${']'.repeat(100)},`), TOO_DEEP],
  ['21 levels deep', (text) => text.replace('{', `{"x":${'{"x":'.repeat(20)}1${'}'.repeat(20)},`), TOO_DEEP],
  ['30,000 levels deep', () => '['.repeat(30_000) + ']'.repeat(30_000), TOO_DEEP],
  ['30,000 levels deep and never closed', () => '['.repeat(30_000), UNREADABLE],
  ['with a key twice', (text) => text.replace('{', `${text.slice(0, -1)},`), REPEATED],
  ['with a key twice, once in escapes', (text) => text.replace('{', '{"\\u006frder_id":1,"order_id":1,'), REPEATED],
  ['with a key twice further down', (text) => text.replace('{', '{"x":[{"y":{"z":1,"z":2}}],'), REPEATED],
  ['with __proto__ twice', (text) => text.replace('{', '{"__proto__":1,"__proto__":2,'), REPEATED],
  ['with __proto__', (text) => text.replace('{', '{"__proto__":{"order_id":"1"},'), `__proto__ ${NOT_OURS}`],
  ['with constructor', (text) => text.replace('{', '{"constructor":1,'), `constructor ${NOT_OURS}`],
  ['with a key of no length', (text) => text.replace('{', '{"":1,'), `body ${NOT_OURS}`],
  ['with a key of 10 KiB', (text) => text.replace('{', `{"${'k'.repeat(10_240)}":1,`), `${'k'.repeat(64)} ${NOT_OURS}`],
  ['with colons and quotes in a key', (text) => text.replace('{', '{"a\\":\\"b:":1,'), `a":"b: ${NOT_OURS}`],
];

/** Content types, and none. */
export const WRONG_TYPES: readonly [what: string, type: string | null][] = [
  ['none', null],
  ['text/plain', 'text/plain'],
  ['text/plain, as a browser sends without asking', 'text/plain;charset=UTF-8'],
  ['HTML', 'text/html'],
  ['XML', 'application/xml'],
  ['JSON in a text', 'text/json'],
  ['no more than alike', 'application/jsonp'],
  ['a multipart form', 'multipart/form-data; boundary=x'],
  ['an octet stream', 'application/octet-stream'],
  ['nonsense', 'application/json, text/plain'],
  ['an empty one', ''],
];
