/** `Idempotency-Key` at the medical companion: the same key and body are one order, whatever became of it meanwhile. */
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { type CompanionCustomer, companionCustomer, orderOf } from '../harness/companion.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { changeItem, removeItem } from './operator-desk.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const USED_OTHERWISE = refusal(422, '该 Idempotency-Key 已用于其他请求内容');
const BAD_KEY = refusal(400, 'Idempotency-Key 必须是 1 到 255 个可打印 ASCII 字符');

let shop: Shop;
let customer: CompanionCustomer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
});

function submitUnder(
  key: string,
  fields: Record<string, unknown> = {},
  who: CompanionCustomer = customer,
): Promise<Received> {
  return who.submit(fields, { 'idempotency-key': key });
}

async function ordersOf({ userId }: CompanionCustomer): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders WHERE user_id = ?1')
    .bind(String(userId))
    .first<{ n: number }>();
  return row?.n ?? -1;
}

const SERVICE = { kind: 'medical-services', id: '1' };

/** What may have happened to the order between the two requests. */
const MEANWHILE: Readonly<Record<string, (orderId: number) => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  'a payment was opened': (orderId) => customer.newTicket(orderId),
  'it was cancelled': (orderId) => customer.cancel(orderId),
  'it ran out, and a day went by': () => {
    shop.pass(86_400_000);
    return shop.cron();
  },
  'its price was changed': () => changeItem(SERVICE, { priceFen: 1 }),
  'its price became nothing': () => changeItem(SERVICE, { priceFen: 0 }),
  'its service was taken out of sale': () => removeItem(SERVICE),
};

test.each(Object.entries(MEANWHILE))('the same answer to the byte, though %s', async (what, happens) => {
  const placed = await ordersOf(customer);
  const first = await submitUnder(what);
  expect(first.status).toBe(200);
  try {
    await happens(orderOf(first).orderId);
    const before = await rowCounts();
    expect(seen(await submitUnder(what))).toEqual(seen(first));
    expect(await rowCounts()).toEqual(before);
    expect(await ordersOf(customer)).toBe(placed + 1);
  } finally {
    await changeItem(SERVICE, { priceFen: 29_900 });
  }
});

test('another body under the same key is a mistake', async () => {
  const first = await submitUnder('key');
  const before = await rowCounts();
  for (const fields of [{ appointmentTime: 'evening' }, { serviceId: '1' }, { patientId: 999_999 }]) {
    expect(seen(await submitUnder('key', fields))).toEqual(USED_OTHERWISE);
  }
  expect(await rowCounts()).toEqual(before);
  expect(seen(await submitUnder('key'))).toEqual(seen(first));
});

test('twenty at once are one order, and all hear the same', async () => {
  const placed = await ordersOf(customer);
  const received = await Promise.all(Array.from({ length: 20 }, () => submitUnder('double click')));
  expect(new Set(received.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(received[0]?.status).toBe(200);
  expect(await ordersOf(customer)).toBe(placed + 1);
});

test('a key is its caller’s own', async () => {
  const other = await newCustomer(shop);
  const operator = companionCustomer(shop, { ...customer, userId: 9001 }, 'operator');
  const received = [
    await submitUnder('shared'),
    await submitUnder('shared', {}, other),
    await submitUnder('shared', { userId: customer.userId }, operator),
  ];
  expect(received.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(new Set(received.map((answer) => orderOf(answer).orderId)).size).toBe(3);
});

test('a request that was refused leaves its key free', async () => {
  expect((await submitUnder('free', { appointmentDate: '2024-02-30' })).status).toBe(400);
  expect((await submitUnder('free', { serviceId: 999_999 })).status).toBe(404);
  expect((await submitUnder('free', { userId: 1 })).status).toBe(403);
  expect((await submitUnder('free')).status).toBe(200);
});

test.each([
  ['empty', ''],
  ['256 characters', 'k'.repeat(256)],
  ['a tab', 'a\tb'],
  ['not ASCII', 'clé'],
])('a key that is %s is refused, and nothing is written', async (_what, key) => {
  const before = await rowCounts();
  expect(seen(await submitUnder(key))).toEqual(BAD_KEY);
  expect(await rowCounts()).toEqual(before);
});
