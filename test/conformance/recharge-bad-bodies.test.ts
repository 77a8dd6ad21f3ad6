/** Bodies that cannot be read, on every call of recharge that takes one: refused, and nothing is written. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { rechargeCaller, rechargeOperator } from '../harness/recharge.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './recharge-people.ts';
import { refusal } from './recharge-refusal.ts';
import { type CallName, FIRST_FIELDS, type GoodRequest, goodRequests } from './recharge-requests.ts';
import { seen } from './refusal.ts';
import { columnNames, rowCounts } from './row-counts.ts';
import {
  bytes,
  FORM_TYPE,
  JSON_TYPE,
  MAX_BODY_BYTES,
  NOT_OURS,
  SPOILT_BODIES,
  UNREADABLE,
  WRONG_TYPE,
  WRONG_TYPES,
} from './spoilt-bodies.ts';

let shop: Shop;
let good: Readonly<Record<CallName, GoodRequest>>;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  good = await goodRequests(shop, await newCustomer(shop));
});
afterAll(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

function send(
  call: CallName,
  body: string | Uint8Array,
  headers: Record<string, string> = JSON_TYPE,
): Promise<Received> {
  const { who, path, method } = good[call];
  return who.send(path, { method, body, headers });
}

const textOf = (call: CallName): string => JSON.stringify(good[call].body);

const CALLS: [CallName, string | null][] = [
  ['create', FIRST_FIELDS.create],
  ['status', FIRST_FIELDS.status],
  ['pay', FIRST_FIELDS.pay],
  ['payment', FIRST_FIELDS.payment],
  ['recharge', FIRST_FIELDS.recharge],
  ['success', FIRST_FIELDS.success],
  ['fail', FIRST_FIELDS.fail],
  ['refund', FIRST_FIELDS.refund],
  ['cancel', FIRST_FIELDS.cancel],
  ['split', FIRST_FIELDS.split],
  ['partial', FIRST_FIELDS.partial],
];

describe.each(CALLS)('%s', (call, first) => {
  test.each(SPOILT_BODIES.map((one) => [...one] as const))('a body %s', async (_what, spoil, message) => {
    expect(seen(await send(call, spoil(textOf(call))))).toEqual(refusal(1001, message));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(WRONG_TYPES.map((one) => [...one] as const))('a content type: %s', async (_what, type) => {
    // As bytes, because a text would get a content type by itself.
    const headers: Record<string, string> = type === null ? {} : { 'content-type': type };
    expect(seen(await send(call, bytes(textOf(call)), headers))).toEqual(refusal(1001, WRONG_TYPE));
    expect(await rowCounts()).toEqual(before);
  });

  test.runIf(first !== null)('nothing at all misses the first field', async () => {
    expect(seen(await send(call, '{}'))).toEqual(refusal(1001, `${first} 不能为空`));
    expect(seen(await send(call, '', FORM_TYPE))).toEqual(refusal(1001, `${first} 不能为空`));
    expect(seen(await send(call, ''))).toEqual(refusal(1001, UNREADABLE));
    expect(await rowCounts()).toEqual(before);
  });

  test('each field is missed by its name', async () => {
    const { who, path, method, body } = good[call];
    for (const field of Object.keys(body).filter((one) => one !== 'scene' && (one !== 'remark' || call === 'fail'))) {
      const received = await who.send(path, { method, body: { ...body, [field]: undefined } });
      expect(seen(received)).toEqual(refusal(1001, `${field} 不能为空`));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('every column of every table is refused as an extra key, by its name', async () => {
    const columns = await columnNames();
    expect(columns).toContain('amount_fen');
    const { who, path, method, body } = good[call];
    for (const column of [...columns, 'amount', 'orderNo', 'price', 'paidAt', 'role', 'order_number']) {
      if (Object.hasOwn(body, column)) continue;
      const received = await who.send(path, { method, body: { ...body, [column]: 1 } });
      expect(seen(received)).toEqual(refusal(1001, `${column} ${NOT_OURS}`));
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('more than 64 KiB is too much, however it is made', async () => {
    const keys = Array.from({ length: 100_000 }, (_none, nth) => `"k${nth}":1`).join();
    for (const body of [textOf(call).padEnd(MAX_BODY_BYTES + 1), 'x'.repeat(10_485_760), `{${keys}}`]) {
      expect(seen(await send(call, body))).toEqual(refusal(413, '请求内容过大'));
    }
    expect(await rowCounts()).toEqual(before);
  });
});

test('with its good body every call goes through', async () => {
  const customer = await newCustomer(shop);
  // A payment is recorded under a number of its own.
  const requests = Object.entries(await goodRequests(shop, customer));
  for (const [call, { who, method, path, body }] of requests) {
    expect([call, (await who.send(path, { method, body })).json]).toMatchObject([call, { code: 0 }]);
  }
});

test('a part of a split holds nothing but what the document prints', async () => {
  const { path, body } = good.split;
  const operator = rechargeOperator(shop);
  const parts = [
    { quantity: 1, amount: 100 },
    { quantity: 1, amount: 100, remark: 'x' },
  ];
  expect(seen(await operator.send(path, { body: { ...body, split_orders: parts } }))).toEqual(
    refusal(1001, `split_orders.1.remark ${NOT_OURS}`),
  );
  for (const part of [null, 1, 'x', [], [1, 100]]) {
    expect(seen(await operator.send(path, { body: { ...body, split_orders: [parts[0], part] } }))).toEqual(
      refusal(1001, 'split_orders.1 必须是一个对象'),
    );
  }
  expect(await rowCounts()).toEqual(before);
});

test('what a form can say it says: texts, and no numbers', async () => {
  const { who, path } = good.cancel;
  const form = new URLSearchParams({ cancel_reason: '取消原因', remark: '备注' }).toString();
  expect((await who.send(path, { method: 'POST', body: form, headers: FORM_TYPE })).json).toMatchObject({ code: 0 });
  const order = new URLSearchParams({ product_id: '123', customer_id: String(who.userId) }).toString();
  const create = rechargeCaller(shop, who.userId);
  expect((await create.send('/create', { method: 'POST', body: order, headers: FORM_TYPE })).json).toMatchObject({
    code: 1001,
    message: 'product_id 必须是 1 到 9007199254740991 之间的整数',
  });
});
