/** `Idempotency-Key` at recharge: the same key and body are one order, whatever became of it meanwhile. */
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import {
  HALVES,
  ofQuantity,
  orderOf,
  type RechargeCaller,
  rechargeCaller,
  rechargeOperator,
} from '../harness/recharge.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { changeItem, removeItem } from './operator-desk.ts';
import { newCustomer } from './recharge-people.ts';
import { refusal } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const USED_OTHERWISE = refusal(422, '该 Idempotency-Key 已用于其他请求内容');
const BAD_KEY = refusal(1001, 'Idempotency-Key 必须是 1 到 255 个可打印 ASCII 字符');

let shop: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  operator = rechargeOperator(shop);
});
afterAll(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const TWO = { ...ofQuantity(2), remark: '备注 😀' };

function createUnder(key: string, fields: Record<string, unknown> = {}, who = customer): Promise<Received> {
  return who.create({ ...TWO, ...fields }, { 'idempotency-key': key });
}

async function ordersOf({ userId }: RechargeCaller): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders WHERE user_id = ?1')
    .bind(String(userId))
    .first<{ n: number }>();
  return row?.n ?? -1;
}

const PRODUCT = { kind: 'products', id: '123' };

/** What may have happened to the order between the two requests, and how many orders more there are for it. */
const MEANWHILE: Readonly<Record<string, (id: number) => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  'a payment was opened': (id) => customer.newOrderString(id),
  'it was cancelled': (id) => customer.cancel(id),
  'it was paid and recharged': async (id) => {
    await operator.payment(id, `KEY-${id}`);
    await operator.recharge(id);
  },
  'it ran out, and a day went by': () => {
    shop.pass(86_400_000);
    return shop.cron();
  },
  'its price was changed': () => changeItem(PRODUCT, { priceFen: 1 }),
  'its price became nothing': () => changeItem(PRODUCT, { priceFen: 0 }),
  'its product was taken out of sale': () => removeItem(PRODUCT),
  'its customer was forgotten': () => removeItem({ kind: 'users', id: String(customer.userId) }),
};

test.each(Object.entries(MEANWHILE))('the same answer to the byte, though %s', async (what, happens) => {
  customer = await newCustomer(shop);
  const first = await createUnder(what);
  expect(first.status).toBe(200);
  try {
    await happens(orderOf(first).id);
    const before = await rowCounts();
    expect(seen(await createUnder(what))).toEqual(seen(first));
    expect(await rowCounts()).toEqual(before);
    expect(await ordersOf(customer)).toBe(1);
  } finally {
    await changeItem(PRODUCT, { priceFen: 10_000 });
    customer = await newCustomer(shop);
  }
});

test('the same answer, though it was split', async () => {
  const first = await createUnder('split');
  const { id } = orderOf(first);
  await operator.payment(id, 'KEY-SPLIT');
  await operator.newParts(id, HALVES);
  expect(seen(await createUnder('split'))).toEqual(seen(first));
});

test('another body under the same key is a mistake', async () => {
  const first = await createUnder('key');
  const before = await rowCounts();
  for (const fields of [{ remark: 'x' }, { payment_method: 'wechat' }, ofQuantity(3), { product_id: 999_999 }]) {
    expect(seen(await createUnder('key', fields))).toEqual(USED_OTHERWISE);
  }
  expect(await rowCounts()).toEqual(before);
  expect(seen(await createUnder('key'))).toEqual(seen(first));
});

test('twenty at once are one order, and all hear the same', async () => {
  const placed = await ordersOf(customer);
  const received = await Promise.all(Array.from({ length: 20 }, () => createUnder('double click')));
  expect(new Set(received.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(received[0]?.status).toBe(200);
  expect(await ordersOf(customer)).toBe(placed + 1);
});

test('a key is its caller’s own', async () => {
  const other = await newCustomer(shop);
  const received = [
    await createUnder('shared'),
    await createUnder('shared', {}, other),
    await createUnder('shared', { customer_id: customer.userId }, operator),
  ];
  expect(received.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(received.map((answer) => orderOf(answer).id)).size).toBe(3);
});

test('a request that was refused leaves its key free', async () => {
  expect((await createUnder('free', { quantity: 0 })).status).toBe(400);
  expect((await createUnder('free', { product_id: 999_999 })).status).toBe(404);
  expect((await createUnder('free', { total_amount: 1 })).status).toBe(400);
  expect((await createUnder('free', { customer_id: 1 })).status).toBe(403);
  expect((await createUnder('free')).status).toBe(200);
});

test('without a key two requests are two orders', async () => {
  const ids = [orderOf(await customer.create(TWO)).id, orderOf(await customer.create(TWO)).id];
  expect(new Set(ids).size).toBe(2);
});

test.each([
  ['empty', ''],
  ['256 characters', 'k'.repeat(256)],
  ['a tab', 'a\tb'],
  ['not ASCII', 'clé'],
])('a key that is %s is refused, and nothing is written', async (_what, key) => {
  const before = await rowCounts();
  expect(seen(await createUnder(key, {}, rechargeCaller(shop, customer.userId)))).toEqual(BAD_KEY);
  expect(await rowCounts()).toEqual(before);
});
