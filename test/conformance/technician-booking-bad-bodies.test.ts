/** Bodies that cannot be read, on every call that takes one: refused as `body`, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { EXAMPLE_ORDER } from '../harness/booking.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { type Customer, customerOf } from './customer.ts';
import { refusal, seen } from './refusal.ts';
import { columnNames, rowCounts } from './row-counts.ts';
import {
  bytes,
  FORM_TYPE,
  JSON_TYPE,
  MAX_BODY_BYTES,
  NOT_OURS,
  REPEATED,
  SPOILT_BODIES,
  WRONG_TYPE,
  WRONG_TYPES,
} from './spoilt-bodies.ts';

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

describe.each(POSTS)('$path', ({ path, field, status }) => {
  test('with its good body is not refused for its input', async () => {
    // Sent to somebody who has no such order: what comes is the answer to the order, not to the body.
    const received = await customerOf(shop).send(path, { body: good[path] });
    expect([201, 404]).toContain(received.status);
  });

  test.each(SPOILT_BODIES.map((one) => [...one] as const))('a body %s', async (_what, spoil, message) => {
    expect(seen(await post(path, spoil(textOf(path))))).toEqual(refusal(status, message));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(WRONG_TYPES.map((one) => [...one] as const))('a content type: %s', async (_what, type) => {
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
