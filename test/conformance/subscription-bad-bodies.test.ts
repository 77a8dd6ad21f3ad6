/** Bodies that cannot be read, on every call of subscriptions that takes one: refused, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { EXAMPLE_ORDER, METHODS, type SubscriptionCustomer } from '../harness/subscription.ts';
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
import { newCustomer } from './subscription-people.ts';
import { IN_ENGLISH, invalid, NO_ORDER, NOT_PAYABLE, refusal, said, UNKNOWN_CALLER } from './subscription-refusal.ts';

let shop: Shop;
let customer: SubscriptionCustomer;
/** A body for each call that would go through, so that only what a test does to it can be refused. */
const good: Record<string, Record<string, unknown>> = {};
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  const tradeNo = await customer.newOrder();
  good['save'] = EXAMPLE_ORDER;
  good['checkout'] = { trade_no: tradeNo, method: METHODS.wechatCode };
  good['cancel'] = { trade_no: tradeNo };
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

function post(call: string, body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE): Promise<Received> {
  return customer.send(`/${call}`, { method: 'POST', body, headers });
}

const textOf = (call: string): string => JSON.stringify(good[call]);

/** The refusal that says this of a body, or of a field that is not the call's own: its name stands in front. */
function saying(message: string) {
  const name = message.endsWith(NOT_OURS) ? message.slice(0, -NOT_OURS.length - 1) : 'body';
  return invalid({ [name]: [message] });
}

describe.each(['save', 'checkout', 'cancel'])('%s', (call) => {
  test('with its good body is not refused for its input', async () => {
    // Sent by somebody who has no such order: what comes is the answer to the order, not to the body.
    const other = await newCustomer(shop);
    const { status, text } = await other.send(`/${call}`, { body: good[call] });
    const wanted = { checkout: NOT_PAYABLE, cancel: NO_ORDER }[call] ?? { status: 200, text: '{"data":"20' };
    expect([status, text.startsWith(wanted.text)]).toEqual([wanted.status, true]);
  });

  test.each(SPOILT_BODIES.map((one) => [...one] as const))('a body %s', async (_what, spoil, message) => {
    expect(said(await post(call, spoil(textOf(call))))).toEqual(saying(message));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(SPOILT_BODIES.map((one) => [...one] as const))('in English: a body %s', async (_what, spoil) => {
    const received = await post(call, spoil(textOf(call)), { ...JSON_TYPE, ...IN_ENGLISH });
    expect([received.status, received.headers.get('content-language')]).toEqual([422, 'en-US']);
    expect(received.text).not.toMatch(/\p{Script=Han}/u);
  });

  test.each(WRONG_TYPES.map((one) => [...one] as const))('a content type: %s', async (_what, type) => {
    // As bytes, because a text would get a content type by itself.
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type };
    expect(said(await post(call, bytes(textOf(call)), headers))).toEqual(saying(WRONG_TYPE));
    expect(await rowCounts()).toEqual(before);
  });

  test('a form with a field twice', async () => {
    expect(said(await post(call, 'trade_no=1&trade_no=1', FORM_TYPE))).toEqual(saying(REPEATED));
    expect(await rowCounts()).toEqual(before);
  });

  test('every column of every table is refused as an extra key, by its name', async () => {
    const columns = await columnNames();
    expect(columns).toContain('amount_fen');
    const body = good[call] ?? {};
    const fields = [
      ...columns,
      'amount',
      'total_amount',
      'balance',
      'price',
      'coupon',
      'auth',
      'token',
      'deposit_amount',
    ];
    for (const field of fields) {
      if (Object.hasOwn(body, field)) continue;
      const received = await post(call, JSON.stringify({ ...body, [field]: 1 }));
      expect(said(received)).toEqual(saying(`${field} ${NOT_OURS}`));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('more than 64 KiB is too much, however it is made, and wherever the token is', async () => {
    const keys = Array.from({ length: 100_000 }, (_none, nth) => `"k${nth}":1`).join();
    const token = await shop.token(String(customer.userId));
    const withToken = JSON.stringify({ ...good[call], auth_data: token }).padEnd(MAX_BODY_BYTES + 1);
    for (const body of [textOf(call).padEnd(MAX_BODY_BYTES + 1), 'x'.repeat(10_485_760), `{${keys}}`, withToken]) {
      expect(said(await post(call, body))).toEqual(refusal(413, '请求内容过大'));
      const bare = await customer.send(`/${call}`, { method: 'POST', body, headers: JSON_TYPE, token: null });
      expect(said(bare)).toEqual(refusal(413, '请求内容过大'));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('a token in a body that cannot be read is none', async () => {
    const token = await shop.token(String(customer.userId));
    const whole = JSON.stringify({ ...good[call], auth_data: token });
    for (const [body, type] of [
      [whole.slice(0, -1), JSON_TYPE],
      [`[${whole}]`, JSON_TYPE],
      [whole.replace('{', `{"auth_data":"${token}",`), JSON_TYPE],
      [`auth_data=${token}&auth_data=${token}`, FORM_TYPE],
      [JSON.stringify({ ...good[call], auth_data: [token] }), JSON_TYPE],
      [whole, FORM_TYPE],
    ] as const) {
      const received = await customer.send(`/${call}`, { method: 'POST', body, headers: type, token: null });
      expect(said(received)).toEqual(UNKNOWN_CALLER);
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('thousands of fields that are not its own are not all named', async () => {
    const fields = Object.fromEntries(Array.from({ length: 4000 }, (_none, nth) => [`f${nth}`, 1]));
    const received = await post(call, JSON.stringify({ ...good[call], ...fields }));
    expect([received.status, received.text.length < 4096]).toEqual([422, true]);
    expect(await rowCounts()).toEqual(before);
  });
});

test.each([
  ['save', { plan_id: ['套餐 ID 不能为空'], cycle: ['套餐周期不能为空'] }],
  ['checkout', { trade_no: ['订单号不能为空'] }],
  ['cancel', { trade_no: ['订单号不能为空'] }],
])('%s: nothing at all misses all that it needs', async (call, errors) => {
  expect(said(await post(call, '{}'))).toEqual(invalid(errors));
  expect(said(await post(call, '', FORM_TYPE))).toEqual(invalid(errors));
  expect(said(await post(call, ''))).toEqual(saying(UNREADABLE));
  expect(await rowCounts()).toEqual(before);
});
