/** Bodies that cannot be read, on every call of the medical companion that takes one: refused, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CompanionCustomer, orderFor } from '../harness/companion.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { seen } from './refusal.ts';
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
let customer: CompanionCustomer;
/** A path and a body for each call that would go through, so that only what a test does to it can be refused. */
const good: Record<string, { path: string; body: Record<string, unknown> }> = {};
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  const { orderId } = await customer.newOrder();
  const paid = await customer.newPaidOrder();
  good['submit'] = { path: '/submit', body: orderFor(customer) };
  good['pay'] = { path: `/pay/${orderId}`, body: { paymentMethod: 'alipay', openId: 'x' } };
  good['cancel'] = { path: `/cancel/${orderId}`, body: { reason: 'x' } };
  good['refund'] = { path: `/refund/${paid.orderId}`, body: { reason: 'x', refundAmount: 1 } };
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

function post(call: string, body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE): Promise<Received> {
  return customer.send(good[call]?.path ?? '', { method: 'POST', body, headers });
}

const textOf = (call: string): string => JSON.stringify(good[call]?.body);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe.each(['submit', 'pay', 'cancel', 'refund'])('%s', (call) => {
  test('with its good body is not refused for its input', async () => {
    // Sent by somebody who has no such order: what comes is the answer to the order, not to the body.
    const other = await newCustomer(shop);
    const { path, body } = good[call] ?? { path: '', body: {} };
    expect((await other.send(path, { body })).status).toBe(call === 'submit' ? 403 : 404);
  });

  test.each<[string, (text: string) => string | Uint8Array, string]>([
    ['blank', () => ' \r\n\t', UNREADABLE],
    ['NUL', () => '\u0000', UNREADABLE],
    ['NUL behind it', (text) => `${text}\u0000`, UNREADABLE],
    ['cut off', (text) => text.slice(0, -1), UNREADABLE],
    ['with something behind it', (text) => `${text}{}`, UNREADABLE],
    ['with a comma too many', (text) => text.replace(/}$/, ',}'), UNREADABLE],
    ['with a comment', (text) => `/**/${text}`, UNREADABLE],
    ['in single quotes', (text) => text.replaceAll('"', "'"), UNREADABLE],
    ['with NaN', (text) => text.replace(/:("x"|\d+)/, ':NaN'), UNREADABLE],
    ['with Infinity', (text) => text.replace(/:("x"|\d+)/, ':-Infinity'), UNREADABLE],
    ['with a leading zero', (text) => text.replace(/:("x"|\d+)/, ':02'), UNREADABLE],
    ['with full-width digits', (text) => text.replace(/:("x"|\d+)/, ':２'), UNREADABLE],
    ['with a byte order mark', (text) => `\uFEFF${text}`, UNREADABLE],
    ['with bytes that are no UTF-8', () => new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), NOT_UTF8],
    ['with half a character at its end', (text) => new Uint8Array([...bytes(text), 0xe4, 0xbd]), NOT_UTF8],
    ['with a surrogate in UTF-8', () => new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), NOT_UTF8],
    ['an array', (text) => `[${text}]`, NOT_AN_OBJECT],
    ['a number', () => '2', NOT_AN_OBJECT],
    ['a text', (text) => JSON.stringify(text), NOT_AN_OBJECT],
    ['null', () => 'null', NOT_AN_OBJECT],
    ['true', () => 'true', NOT_AN_OBJECT],
    ['100 levels deep', (text) => text.replace('{', `{"x":${'['.repeat(100)}${']'.repeat(100)},`), TOO_DEEP],
    ['30,000 levels deep', () => '['.repeat(30_000) + ']'.repeat(30_000), TOO_DEEP],
    ['with a key twice', (text) => text.replace('{', `${text.slice(0, -1)},`), REPEATED],
    ['with a key twice further down', (text) => text.replace('{', '{"x":[{"y":{"z":1,"z":2}}],'), REPEATED],
    ['with __proto__', (text) => text.replace('{', '{"__proto__":{"userId":1},'), `__proto__ ${NOT_OURS}`],
    ['with constructor', (text) => text.replace('{', '{"constructor":1,'), `constructor ${NOT_OURS}`],
    ['with a key of no length', (text) => text.replace('{', '{"":1,'), `body ${NOT_OURS}`],
    [
      'with a key of 10 KiB',
      (text) => text.replace('{', `{"${'k'.repeat(10_240)}":1,`),
      `${'k'.repeat(64)} ${NOT_OURS}`,
    ],
  ])('a body %s', async (_what, spoil, message) => {
    expect(seen(await post(call, spoil(textOf(call))))).toEqual(refusal(400, message));
    expect(await rowCounts()).toEqual(before);
  });

  test.each([
    ['none', null],
    ['text/plain', 'text/plain;charset=UTF-8'],
    ['XML', 'application/xml'],
    ['no more than alike', 'application/jsonp'],
    ['a multipart form', 'multipart/form-data; boundary=x'],
    ['nonsense', 'application/json, text/plain'],
  ])('a content type: %s', async (_what, type) => {
    // As bytes, because a text would get a content type by itself.
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type };
    expect(seen(await post(call, bytes(textOf(call)), headers))).toEqual(refusal(400, WRONG_TYPE));
    expect(await rowCounts()).toEqual(before);
  });

  test('a form with a field twice', async () => {
    expect(seen(await post(call, 'reason=1&reason=1', FORM_TYPE))).toEqual(refusal(400, REPEATED));
    expect(await rowCounts()).toEqual(before);
  });

  test('every column of every table is refused as an extra key, by its name', async () => {
    const columns = await columnNames();
    expect(columns).toContain('amount_fen');
    const { body = {} } = good[call] ?? {};
    for (const column of [...columns, 'amount', 'orderNo', 'price', 'status', 'paidAt', 'commissionAmount']) {
      if (Object.hasOwn(body, column)) continue;
      const received = await post(call, JSON.stringify({ ...body, [column]: 1 }));
      expect(seen(received)).toEqual(refusal(400, `${column} ${NOT_OURS}`));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('more than 64 KiB is too much, however it is made', async () => {
    const keys = Array.from({ length: 100_000 }, (_none, nth) => `"k${nth}":1`).join();
    for (const body of [textOf(call).padEnd(MAX_BODY_BYTES + 1), 'x'.repeat(10_485_760), `{${keys}}`]) {
      expect(seen(await post(call, body))).toEqual(refusal(413, '请求内容过大'));
    }
    expect(await rowCounts()).toEqual(before);
  });
});

test.each([
  ['submit', 'userId'],
  ['pay', 'paymentMethod'],
  ['refund', 'reason'],
])('%s: nothing at all misses %s', async (call, first) => {
  expect(seen(await post(call, '{}'))).toEqual(refusal(400, `${first} 不能为空`));
  expect(seen(await post(call, '', FORM_TYPE))).toEqual(refusal(400, `${first} 不能为空`));
  expect(seen(await post(call, ''))).toEqual(refusal(400, UNREADABLE));
  expect(await rowCounts()).toEqual(before);
});

test('a form does as well as JSON, where its fields are plain', async () => {
  const { formData: _form, ...fields } = orderFor(customer);
  const form = new URLSearchParams(Object.entries(fields).map(([name, value]) => [name, String(value)]));
  const received = await customer.send('/submit', { method: 'POST', body: form.toString(), headers: FORM_TYPE });
  expect(received.status).toBe(200);
  form.set('formData', '{}');
  const withForm = await customer.send('/submit', { method: 'POST', body: form.toString(), headers: FORM_TYPE });
  expect(seen(withForm)).toEqual(refusal(400, 'formData 必须是一个 JSON 对象，最大 8 KiB'));
});
