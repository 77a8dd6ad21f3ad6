/** `Idempotency-Key`: the same key and body are one order, for a day and longer, whatever became of it meanwhile. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE_ORDER, orderIdOf } from '../harness/booking.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { type Customer, customerOf, payAtAlipay } from './customer.ts';
import { cancelOrder, changeItem, completeOrder, decideOnRefund, removeItem } from './operator-desk.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const HOUR_MS = 3_600_000;
const USED_OTHERWISE = refusal(422, '该 Idempotency-Key 已用于其他请求内容');
const BAD_KEY = refusal(400, 'Idempotency-Key 必须是 1 到 255 个可打印 ASCII 字符');

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});

const newCustomer = (): Customer => customerOf(shop);

function placeUnder(customer: Customer, key: string, fields: Record<string, unknown> = {}): Promise<Received> {
  return customer.place(fields, { 'idempotency-key': key });
}

async function ordersOf(customer: Customer): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders WHERE user_id = ?1')
    .bind(customer.userId)
    .first<{ n: number }>();
  return row?.n ?? -1;
}

/** What may have happened to the order between the two requests. */
const MEANWHILE: Readonly<Record<string, (customer: Customer, orderId: string) => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  'a slip was opened': (customer, orderId) => customer.newSlip(orderId),
  'it was paid': async (customer, orderId) => {
    payAtAlipay(shop, await customer.newSlip(orderId));
    await shop.deliverNotifications();
  },
  'it was completed': async (customer, orderId) => {
    payAtAlipay(shop, await customer.newSlip(orderId));
    await shop.deliverNotifications();
    await completeOrder(orderId);
  },
  'it was refunded': async (customer, orderId) => {
    payAtAlipay(shop, await customer.newSlip(orderId));
    await shop.deliverNotifications();
    await customer.refund(orderId);
    await decideOnRefund(orderId, 'approve');
  },
  'it was deleted': (customer, orderId) => customer.remove(orderId),
  'it was cancelled': (_customer, orderId) => cancelOrder(orderId),
  'it ran out': async () => {
    shop.pass(HOUR_MS);
    await shop.cron();
  },
  'its price was changed': () => changeItem({ kind: 'booking-services', id: '2' }, { tourPriceFen: 1 }),
  'its price became nothing': () => changeItem({ kind: 'booking-services', id: '2' }, { tourPriceFen: 0 }),
  'its service was taken out of sale': () => removeItem({ kind: 'booking-services', id: '2' }),
  'a day went by': async () => {
    shop.pass(24 * HOUR_MS);
    await shop.cron();
  },
};

test.each(Object.entries(MEANWHILE))('the same answer to the byte, though %s', async (what, happens) => {
  const customer = newCustomer();
  const first = await placeUnder(customer, what);
  expect(first.status).toBe(201);
  try {
    await happens(customer, orderIdOf(first));
    const before = await rowCounts();
    expect(seen(await placeUnder(customer, what))).toEqual(seen(first));
    expect(await rowCounts()).toEqual(before);
    expect(await ordersOf(customer)).toBe(1);
  } finally {
    await changeItem({ kind: 'booking-services', id: '2' }, { tourPriceFen: 9800 });
  }
});

describe('another body under the same key is a mistake', () => {
  test.each<[string, Record<string, unknown>]>([
    ['another amount', { order_duration: 3 }],
    ['another service', { service_id: 3 }],
    ['one that the catalogue has not', { service_id: 1 }],
    ['the same value as text', { pay_type: '1' }],
  ])('%s', async (_what, fields) => {
    const customer = newCustomer();
    const first = await placeUnder(customer, 'key');
    const before = await rowCounts();
    expect(seen(await placeUnder(customer, 'key', fields))).toEqual(USED_OTHERWISE);
    expect(await rowCounts()).toEqual(before);
    expect(seen(await placeUnder(customer, 'key'))).toEqual(seen(first));
  });

  test('the same fields in other bytes', async () => {
    const customer = newCustomer();
    await placeUnder(customer, 'key');
    const spaced = JSON.stringify(EXAMPLE_ORDER, null, 1);
    const headers = { 'idempotency-key': 'key', 'content-type': 'application/json' };
    expect(seen(await customer.send('/V1/order', { method: 'POST', body: spaced, headers }))).toEqual(USED_OTHERWISE);
  });
});

test('twenty at once are one order, and all hear the same', async () => {
  const customer = newCustomer();
  const answers = await Promise.all(Array.from({ length: 20 }, () => placeUnder(customer, 'double click')));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(answers[0]?.status).toBe(201);
  expect(await ordersOf(customer)).toBe(1);
});

test('twenty at once with two bodies are one order, and the others hear of their mistake', async () => {
  const customer = newCustomer();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_none, nth) => placeUnder(customer, 'key', { order_duration: 1 + (nth % 2) })),
  );
  const refused = answers.filter(({ status }) => status !== 201).map(seen);
  expect(refused).toEqual(Array.from({ length: 10 }, () => USED_OTHERWISE));
  expect(await ordersOf(customer)).toBe(1);
});

test('a key is its user’s own', async () => {
  const [one, another] = [newCustomer(), newCustomer()];
  const [first, second] = [await placeUnder(one, 'key'), await placeUnder(another, 'key', { order_duration: 3 })];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(orderIdOf(second)).not.toBe(orderIdOf(first));
});

test('a key is the route’s own, whichever way the route is written', async () => {
  const customer = newCustomer();
  const headers = { 'idempotency-key': 'key' };
  const first = await customer.send('/V1/order', { body: EXAMPLE_ORDER, headers });
  expect(seen(await customer.send('/V1/order/', { body: EXAMPLE_ORDER, headers }))).toEqual(seen(first));
  const { results } = await env.DB.prepare('SELECT route FROM idempotency_keys WHERE user_id = ?1')
    .bind(customer.userId)
    .all();
  expect(results).toEqual([{ route: 'POST technician-booking' }]);
});

test('the calls that create no order do not know the header', async () => {
  const customer = newCustomer();
  const orderId = await customer.newOrder();
  const sent = { body: { order_id: orderId }, headers: { 'idempotency-key': 'key' } };
  expect((await customer.send('/V1/order/pay', sent)).status).toBe(200);
  expect((await customer.send('/V1/order/pay', sent)).status).toBe(429);
});

test('a request that was refused leaves its key free', async () => {
  const customer = newCustomer();
  expect((await placeUnder(customer, 'key', { order_duration: 11 })).status).toBe(400);
  expect((await placeUnder(customer, 'key', { service_id: 1 })).status).toBe(400);
  expect((await placeUnder(customer, 'key')).status).toBe(201);
});

test('without the header two requests are two orders', async () => {
  const customer = newCustomer();
  await customer.newOrder();
  await customer.newOrder();
  expect(await ordersOf(customer)).toBe(2);
});

describe('the header itself', () => {
  test.each([
    ['one character', 'k'],
    ['255 characters', 'k'.repeat(255)],
    ['a UUID', '0b9f2b0e-93a0-4c68-8d5a-2a2c4dd9b6b1'],
    ['quotes, commas and blanks', `"a", 'b' ;c=~!`],
  ])('may be %s', async (_what, key) => {
    const customer = newCustomer();
    const first = await placeUnder(customer, key);
    expect(first.status).toBe(201);
    expect(seen(await placeUnder(customer, key))).toEqual(seen(first));
  });

  test.each([
    ['empty', ''],
    ['a blank', ' '],
    ['256 characters', 'k'.repeat(256)],
    ['10 KiB', 'k'.repeat(10_240)],
    ['a control character', 'a\u0001b'],
    ['a tab', 'a\tb'],
    ['DEL', 'a\u007F'],
    ['not ASCII', 'clé'],
    ['an emoji', '🔑'],
  ])('may not be %s', async (_what, key) => {
    const customer = newCustomer();
    const before = await rowCounts();
    expect(seen(await placeUnder(customer, key))).toEqual(BAD_KEY);
    expect(await rowCounts()).toEqual(before);
  });
});

test('a key is kept for a day at least, and forgotten by the cron after two', async () => {
  const customer = newCustomer();
  const first = await placeUnder(customer, 'key');
  shop.pass(48 * HOUR_MS);
  await shop.cron();
  expect(seen(await placeUnder(customer, 'key'))).toEqual(seen(first));
  shop.pass(1);
  await shop.cron();
  const later = await placeUnder(customer, 'key');
  expect([later.status, later.text === first.text]).toEqual([201, false]);
  expect(await ordersOf(customer)).toBe(2);
});
