/** Bodies that cannot be read, on every call of the medical companion that takes one: refused, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CompanionCustomer, orderFor } from '../harness/companion.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { seen } from './refusal.ts';
import { columnNames, rowCounts } from './row-counts.ts';
import {
  bytes,
  FORM_TYPE,
  JSON_TYPE,
  MAX_BODY_BYTES,
  NOT_OURS,
  REPEATED,
  SPOILT_BODIES,
  UNREADABLE,
  WRONG_TYPE,
  WRONG_TYPES,
} from './spoilt-bodies.ts';

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

describe.each(['submit', 'pay', 'cancel', 'refund'])('%s', (call) => {
  test('with its good body is not refused for its input', async () => {
    // Sent by somebody who has no such order: what comes is the answer to the order, not to the body.
    const other = await newCustomer(shop);
    const { path, body } = good[call] ?? { path: '', body: {} };
    expect((await other.send(path, { body })).status).toBe(call === 'submit' ? 403 : 404);
  });

  test.each(SPOILT_BODIES.map((one) => [...one] as const))('a body %s', async (_what, spoil, message) => {
    expect(seen(await post(call, spoil(textOf(call))))).toEqual(refusal(400, message));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(WRONG_TYPES.map((one) => [...one] as const))('a content type: %s', async (_what, type) => {
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
