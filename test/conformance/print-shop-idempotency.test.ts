/** `Idempotency-Key` at the print shop: the same key and body are one order, whatever became of it meanwhile. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { newPrintCustomer, orderOf, payAtWechat, type PrintCustomer } from '../harness/print.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';
import { changeItem, removeItem } from './operator-desk.ts';
import { finish, print } from './print-shop-desk.ts';
import { refusal } from './print-shop-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const HOUR_MS = 3_600_000;
const PRICE = { kind: 'print-prices', id: '0026-A4-70g-mono' };

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
});

const place = (customer: PrintCustomer, key: string, fields: Record<string, unknown> = {}) =>
  customer.verify(fields, { 'idempotency-key': key });

async function ordersOf(customer: PrintCustomer): Promise<number> {
  const row = await env.DB.prepare('SELECT count(*) AS n FROM orders WHERE user_id = ?1')
    .bind(customer.userId)
    .first<{ n: number }>();
  return row?.n ?? -1;
}

async function paidOf(customer: PrintCustomer, orderID: string): Promise<void> {
  payAtWechat(shop, await customer.newCode(orderID));
  await shop.deliverNotifications();
}

/** What may have happened to the order between the two requests. */
const MEANWHILE: Readonly<Record<string, (customer: PrintCustomer, orderID: string) => Promise<unknown>>> = {
  nothing: () => Promise.resolve(),
  'its payment was started': (customer, orderID) => customer.pay(orderID),
  'it was paid': paidOf,
  'it was printed and fetched': async (customer, orderID) => {
    await paidOf(customer, orderID);
    await print(shop, orderID);
    await finish(shop, orderID);
  },
  'its money is wanted back': async (customer, orderID) => {
    await paidOf(customer, orderID);
    await customer.refund(orderID);
  },
  'it was cancelled': (customer, orderID) => customer.cancel(orderID),
  'it ran out': async () => {
    shop.pass(HOUR_MS);
    await shop.cron();
  },
  'a day went by': async () => {
    shop.pass(24 * HOUR_MS);
    await shop.cron();
  },
  'its price was changed': () => changeItem(PRICE, { singleFen: 26 }),
  'its paper was taken out of sale': () => removeItem(PRICE),
};

test.each(Object.entries(MEANWHILE))('the same answer to the byte, though %s', async (what, happens) => {
  const customer = newPrintCustomer(shop);
  const first = await place(customer, what);
  expect(first.text).toContain('"OK"');
  try {
    await happens(customer, orderOf(first));
    const before = await rowCounts();
    expect(seen(await place(customer, what))).toEqual(seen(first));
    expect(await rowCounts()).toEqual(before);
    expect(await ordersOf(customer)).toBe(1);
  } finally {
    await operatorOf(shop).put(`/catalog/${PRICE.kind}/${PRICE.id}`, { singleFen: 25, doubleFen: 40 });
  }
});

describe('a key', () => {
  test('for another body is a mistake, also for one that would be refused', async () => {
    const customer = newPrintCustomer(shop);
    await place(customer, 'key');
    const USED = refusal('该 Idempotency-Key 已用于其他请求内容', 422);
    for (const fields of [{ dispatching: null }, { money: 26 }, { pointID: '0099' }]) {
      expect(seen(await place(customer, 'key', fields))).toEqual(USED);
    }
    expect(await ordersOf(customer)).toBe(1);
  });

  test('of somebody else is another one', async () => {
    const [one, other] = [newPrintCustomer(shop), newPrintCustomer(shop)];
    expect(orderOf(await place(one, 'key'))).not.toBe(orderOf(await place(other, 'key')));
  });

  test('of an order that was refused is free', async () => {
    const customer = newPrintCustomer(shop);
    expect((await place(customer, 'key', { money: 26 })).text).toContain('"ERROR"');
    expect((await place(customer, 'key')).text).toContain('"OK"');
  });

  test('that twenty requests bring at once is one order', async () => {
    const customer = newPrintCustomer(shop);
    const received = await Promise.all(Array.from({ length: 20 }, () => place(customer, 'key')));
    expect(new Set(received.map(({ text }) => text)).size).toBe(1);
    expect(await ordersOf(customer)).toBe(1);
  });

  test.each(['', 'k'.repeat(256), 'a\tb'])('that is none is refused: %j', async (key) => {
    const customer = newPrintCustomer(shop);
    expect(seen(await place(customer, key))).toEqual(refusal('Idempotency-Key 必须是 1 到 255 个可打印 ASCII 字符'));
    expect(await ordersOf(customer)).toBe(0);
  });
});
