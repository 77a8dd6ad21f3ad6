/** Bodies that cannot be read, on every call that takes one: refused as `body`, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_ORDER } from '../harness/booking.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { type Customer, customerOf } from './customer.ts';
import { refusal, seen } from './refusal.ts';
import { columnNames, rowCounts } from './row-counts.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };
const MAX_BODY_BYTES = 65_536;

const UNREADABLE = 'body 不是有效的 JSON';
const NOT_AN_OBJECT = 'body 必须是一个对象';
const REPEATED = 'body 同一字段出现了多次';
const TOO_DEEP = 'body 嵌套过深';
const WRONG_TYPE = 'body 须为 application/json 或 application/x-www-form-urlencoded';
const NOT_UTF8 = 'body 不是有效的 UTF-8 文本';
const NOT_OURS = '不是该接口的参数';

let shop: Shop;
let customer: Customer;
/** A body for each call that would go through, so that only what a test does to it can be refused. */
const good: Record<string, Record<string, unknown>> = {};

beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = customerOf(shop);
  good['/V1/order'] = EXAMPLE_ORDER;
  good['/V1/order/pay'] = { order_id: await customer.newOrder() };
  good['/V1/order/pay/refund'] = { order_id: (await customer.paidOrder()).orderId };
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

/** The three calls with a body: their first field, and how they refuse input. */
const POSTS = [
  { path: '/V1/order', field: 'service_id', status: 400 },
  { path: '/V1/order/pay', field: 'order_id', status: 400 },
  { path: '/V1/order/pay/refund', field: 'order_id', status: 422 },
] as const;

function post(path: string, body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE): Promise<Received> {
  return customer.send(path, { method: 'POST', body, headers });
}

/** The good body of a call as text. */
function textOf(path: string): string {
  return JSON.stringify(good[path]);
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

describe.each(POSTS)('$path', ({ path, field, status }) => {
  test('with its good body is not refused for its input', async () => {
    // Sent to somebody who has no such order: what comes is the answer to the order, not to the body.
    const received = await customerOf(shop).send(path, { body: good[path] });
    expect([201, 404]).toContain(received.status);
  });

  test.each<[string, (text: string) => string | Uint8Array, string]>([
    ['empty', () => '', UNREADABLE],
    ['blank', () => ' \r\n\t', UNREADABLE],
    ['NUL', () => '\u0000', UNREADABLE],
    ['NUL behind it', (text) => `${text}\u0000`, UNREADABLE],
    ['cut off', (text) => text.slice(0, -1), UNREADABLE],
    ['with something behind it', (text) => `${text}{}`, UNREADABLE],
    ['with a comma too many', (text) => text.replace('}', ',}'), UNREADABLE],
    ['with a comment', (text) => `/**/${text}`, UNREADABLE],
    ['in single quotes', (text) => text.replaceAll('"', "'"), UNREADABLE],
    ['with NaN', (text) => text.replace(/:"?\d+"?/, ':NaN'), UNREADABLE],
    ['with Infinity', (text) => text.replace(/:"?\d+"?/, ':-Infinity'), UNREADABLE],
    ['with a hexadecimal number', (text) => text.replace(/:"?\d+"?/, ':0x2'), UNREADABLE],
    ['with a leading zero', (text) => text.replace(/:"?\d+"?/, ':02'), UNREADABLE],
    ['with full-width digits', (text) => text.replace(/:"?\d+"?/, ':２'), UNREADABLE],
    ['with a byte order mark', (text) => `\uFEFF${text}`, UNREADABLE],
    ['in UTF-16', (text) => new Uint8Array(Uint16Array.from(text, (one) => one.charCodeAt(0)).buffer), UNREADABLE],
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
    [
      'with a key of 10 KiB',
      (text) => text.replace('{', `{"${'k'.repeat(10_240)}":1,`),
      `${'k'.repeat(64)} ${NOT_OURS}`,
    ],
    ['with colons and quotes in a key', (text) => text.replace('{', '{"a\\":\\"b:":1,'), `a":"b: ${NOT_OURS}`],
  ])('a body %s', async (_what, spoil, message) => {
    expect(seen(await post(path, spoil(textOf(path))))).toEqual(refusal(status, message));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([
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
  ])('a content type: %s', async (_what, type) => {
    // As bytes, because a text would get a content type by itself.
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type };
    expect(seen(await post(path, bytes(textOf(path)), headers))).toEqual(refusal(status, WRONG_TYPE));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([
    ['nothing', '', `${field} 不能为空`],
    ['JSON', JSON.stringify({ order_id: '1' }), `${field} 不能为空`],
    ['a field twice', 'order_id=1&order_id=1', REPEATED],
    ['a field twice, once encoded', 'order_id=1&%6frder_id=1', REPEATED],
    ['a list', 'order_id[]=1&service_id[]=2', `${field} 不能为空`],
  ])('a form of %s', async (_what, form, message) => {
    expect(seen(await post(path, form, FORM_TYPE))).toEqual(refusal(status, message));
    expect(await rowCounts()).toEqual(before);
  });

  test('every column of every table is refused as an extra key, by its name', async () => {
    const columns = await columnNames();
    expect(columns).toContain('amount_fen');
    for (const column of [...columns, 'order_amount', 'userId', 'status', 'price', 'total_amount']) {
      if (Object.hasOwn(good[path] ?? {}, column)) continue;
      const received = await post(path, JSON.stringify({ ...good[path], [column]: 1 }));
      expect(seen(received)).toEqual(refusal(status, `${column} ${NOT_OURS}`));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('more than 64 KiB is too much, however it is made', async () => {
    const padded = textOf(path).padEnd(MAX_BODY_BYTES + 1);
    const keys = Array.from({ length: 100_000 }, (_none, nth) => `"k${nth}":1`).join();
    const wide = '好'.repeat(MAX_BODY_BYTES / 3);
    for (const body of [padded, 'x'.repeat(10_485_760), `{${keys}}`, `{"order_id":"${wide}"}`, '"'.repeat(1_048_576)]) {
      expect(seen(await post(path, body))).toEqual(refusal(413, '请求内容过大'));
    }
    const told = await post(path, textOf(path), { ...JSON_TYPE, 'content-length': String(MAX_BODY_BYTES + 1) });
    expect(seen(told)).toEqual(refusal(413, '请求内容过大'));
    expect(await rowCounts()).toEqual(before);
  });

  test('exactly 64 KiB is not', async () => {
    const received = await customerOf(shop).send(path, {
      method: 'POST',
      body: textOf(path).padEnd(MAX_BODY_BYTES),
      headers: JSON_TYPE,
    });
    expect([201, 404]).toContain(received.status);
  });
});
