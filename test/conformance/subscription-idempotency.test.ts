/** `Idempotency-Key` at subscriptions: the same key and body are one order, whatever became of it meanwhile. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import {
  BASES,
  EXAMPLE_ORDER,
  STATUS,
  type SubscriptionCustomer,
  subscriptionCustomer,
  tradeNoOf,
} from '../harness/subscription.ts';
import { operatorOf } from './admin-operator.ts';
import { rowCounts } from './row-counts.ts';
import { FORM_TYPE } from './spoilt-bodies.ts';
import { accountOf, newCoupon, newCustomer, newPlan, put } from './subscription-people.ts';
import { IN_ENGLISH, refusal, said, UNFINISHED } from './subscription-refusal.ts';

const USED_OTHERWISE = refusal(422, '该 Idempotency-Key 已用于其他请求内容');
const BAD_KEY = refusal(400, 'Idempotency-Key 必须是 1 到 255 个可打印 ASCII 字符');
const DAY_MS = 86_400_000;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

function saveUnder(who: SubscriptionCustomer, key: string, fields: Record<string, unknown> = {}): Promise<Received> {
  return who.save(fields, { 'idempotency-key': key });
}

async function ordersOf({ userId }: SubscriptionCustomer): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders WHERE user_id = ?1')
    .bind(String(userId))
    .first<{ n: number }>();
  return row?.n ?? -1;
}

/** An order of a user with a balance, for a plan of its own and with a coupon that may be used once. */
type Placed = { customer: SubscriptionCustomer; tradeNo: string; planId: number; couponId: number };

/** What may have happened to the order between the two requests. */
const MEANWHILE: Readonly<Record<string, (placed: Placed) => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  'a payment was opened': ({ customer, tradeNo }) => customer.newCode(tradeNo),
  'it was paid and opened': ({ customer, tradeNo }) => customer.settle(tradeNo),
  'it was absorbed by another one': async ({ customer, tradeNo }) => {
    await customer.settle(tradeNo);
    await customer.newOpenedOrder({ plan_id: 2 });
  },
  'it was refunded': async ({ customer, tradeNo }) => {
    await customer.settle(tradeNo);
    await operatorOf(shop).post(`/orders/${tradeNo}/refunds`, { amountFen: 1700, reason: 'x' });
  },
  'it was cancelled': ({ customer, tradeNo }) => customer.cancel(tradeNo),
  'it was cancelled, and another one waits': async ({ customer, tradeNo }) => {
    await customer.cancel(tradeNo);
    await customer.newOrder();
  },
  'it ran out, and a day went by': () => {
    shop.pass(DAY_MS);
    return shop.cron();
  },
  'its price was changed': ({ planId }) => put(shop, `plans/${planId}`, { name: 'x', monthPriceFen: 1 }),
  'it is not sold any more': ({ planId }) => put(shop, `plans/${planId}`, { name: 'x', show: 0, monthPriceFen: null }),
  'its plan was taken out of sale': ({ planId }) => operatorOf(shop).remove(`/catalog/plans/${planId}`),
  'its coupon was taken out of sale': ({ couponId }) => operatorOf(shop).remove(`/catalog/coupons/${couponId}`),
  'the balance was set': ({ customer }) => put(shop, `users/${customer.userId}`, { balanceFen: 9999 }),
};

test.each(Object.entries(MEANWHILE))('the same answer to the byte, though %s', async (_what, happens) => {
  shop.wechatPay.refunds.setCourse('at_once');
  const customer = await newCustomer(shop, { balanceFen: 100 });
  const planId = await newPlan(shop);
  const { id: couponId, code } = await newCoupon(shop, { limitUse: 1 });
  const body = { plan_id: planId, coupon_code: code };
  const first = await saveUnder(customer, 'key', body);
  await happens({ customer, tradeNo: tradeNoOf(first), planId, couponId });
  const before = [await rowCounts(), await accountOf(shop, customer.userId)];
  expect(said(await saveUnder(customer, 'key', body))).toEqual(said(first));
  expect([await rowCounts(), await accountOf(shop, customer.userId)]).toEqual(before);
});

test('the same answer, though it ran out and nobody has looked: it is expired by that, and no second one is placed', async () => {
  const customer = await newCustomer(shop, { balanceFen: 4 });
  const first = await saveUnder(customer, 'key');
  shop.pass(1_800_000);
  expect(said(await saveUnder(customer, 'key'))).toEqual(said(first));
  expect(said(await saveUnder(customer, 'key'))).toEqual(said(first));
  expect(await ordersOf(customer)).toBe(1);
  expect(await customer.statusOf(tradeNoOf(first))).toBe(STATUS.cancelled);
  expect(await accountOf(shop, customer.userId)).toEqual({
    balanceFen: 4,
    ledger: ['set 4', 'spent -4', 'returned 4'],
  });
});

test('another body under the same key is a mistake', async () => {
  const customer = await newCustomer(shop);
  const first = await saveUnder(customer, 'key');
  const before = await rowCounts();
  for (const fields of [{ cycle: 'year_price' }, { plan_id: '1' }, { plan_id: 2 }, { coupon_code: 'DEMO10' }]) {
    expect(said(await saveUnder(customer, 'key', fields))).toEqual(USED_OTHERWISE);
  }
  const form = new URLSearchParams({ cycle: 'month_price', plan_id: '1' }).toString();
  const headers = { ...FORM_TYPE, 'idempotency-key': 'key' };
  expect(said(await customer.send('/save', { method: 'POST', body: form, headers }))).toEqual(USED_OTHERWISE);
  expect(await rowCounts()).toEqual(before);
  expect(said(await saveUnder(customer, 'key'))).toEqual(said(first));
  const english = await customer.save({ plan_id: 2 }, { 'idempotency-key': 'key', ...IN_ENGLISH });
  expect(said(english)).toMatchObject({ status: 422, language: 'en-US' });
});

test('another body under the same key is one also once the first order is over', async () => {
  const customer = await newCustomer(shop);
  await customer.cancel(tradeNoOf(await saveUnder(customer, 'key')));
  expect(said(await saveUnder(customer, 'key', { plan_id: 2 }))).toEqual(USED_OTHERWISE);
});

test('a repeat under another key, or under none, is a second order: the first one stands in its way', async () => {
  const customer = await newCustomer(shop);
  await saveUnder(customer, 'key');
  expect(said(await saveUnder(customer, 'another'))).toEqual(UNFINISHED);
  expect(said(await customer.save())).toEqual(UNFINISHED);
});

test('twenty at once are one order, all hear the same, and the balance pays once', async () => {
  const customer = await newCustomer(shop, { balanceFen: 7 });
  const received = await Promise.all(Array.from({ length: 20 }, () => saveUnder(customer, 'double click')));
  expect(new Set(received.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(received[0]?.status).toBe(200);
  expect(await ordersOf(customer)).toBe(1);
  expect(await accountOf(shop, customer.userId)).toEqual({ balanceFen: 0, ledger: ['set 7', 'spent -7'] });
});

test('a key means the same at both paths', async () => {
  const { userId } = await newCustomer(shop);
  const received = await Promise.all(
    BASES.map((base) => saveUnder(subscriptionCustomer(shop, userId, { base }), 'both')),
  );
  expect(received.map(({ status }) => status)).toEqual([200, 200]);
  expect(new Set(received.map(tradeNoOf)).size).toBe(1);
});

test('a key is its caller’s own', async () => {
  const people = [await newCustomer(shop), await newCustomer(shop), await newCustomer(shop)];
  const received = await Promise.all(people.map((who) => saveUnder(who, 'shared')));
  expect(received.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(received.map(tradeNoOf)).size).toBe(3);
});

describe('a request that was refused', () => {
  test('leaves its key free', async () => {
    const customer = await newCustomer(shop);
    for (const [fields, status] of [
      [{ cycle: 'weekly' }, 422],
      [{ plan_id: 999_999 }, 400],
      [{ cycle: 'onetime_price' }, 400],
      [{ cycle: 'reset_price' }, 400],
      [{ coupon_code: 'NONE' }, 400],
      [{}, 200],
    ] as const) {
      expect([fields, (await saveUnder(customer, 'free', fields)).status]).toEqual([fields, status]);
    }
  });

  test('because another order was in the way goes through once that one is over', async () => {
    const customer = await newCustomer(shop);
    const first = await customer.newOrder();
    expect(said(await saveUnder(customer, 'waits'))).toEqual(UNFINISHED);
    await customer.cancel(first);
    expect((await saveUnder(customer, 'waits')).status).toBe(200);
    expect(await ordersOf(customer)).toBe(2);
  });
});

test.each([
  ['empty', ''],
  ['256 characters', 'k'.repeat(256)],
  ['a tab', 'a\tb'],
  ['not ASCII', 'clé'],
])('a key that is %s is refused, and nothing is written', async (_what, key) => {
  const customer = await newCustomer(shop);
  const before = await rowCounts();
  expect(said(await saveUnder(customer, key))).toEqual(BAD_KEY);
  const english = await customer.save({}, { 'idempotency-key': key, ...IN_ENGLISH });
  expect(said(english)).toEqual(
    refusal(400, 'Idempotency-Key must be 1 to 255 printable ASCII characters', { language: 'en-US' }),
  );
  expect(await rowCounts()).toEqual(before);
});

test.each([
  ['one character', 'k'],
  ['255 characters', 'k'.repeat(255)],
  ['every kind of sign', ' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'],
])('a key may be %s', async (_what, key) => {
  const customer = await newCustomer(shop);
  const first = await saveUnder(customer, key);
  expect(said(await saveUnder(customer, key))).toEqual(said(first));
});

test('no other call remembers a key', async () => {
  const customer = await newCustomer(shop);
  const tradeNo = await customer.newOrder();
  const cancel = () =>
    customer.send('/cancel', { body: { trade_no: tradeNo }, headers: { 'idempotency-key': 'cancel' } });
  expect((await cancel()).status).toBe(200);
  expect((await cancel()).status).toBe(400);
  const received = await customer.save(EXAMPLE_ORDER, { 'idempotency-key': 'cancel' });
  expect(received.status).toBe(200);
});
