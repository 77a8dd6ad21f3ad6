/** What each call of the print shop may ask of the storage, and that nothing reads more as a user's history grows. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE_FILE, LONG_FILE, newPrintCustomer, pictureOf, type PrintCustomer } from '../harness/print.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { type StorageCalls, type StorageWatch, watchStorage } from './storage-calls.ts';

let shop: Shop;
let watch: StorageWatch;
let customer: PrintCustomer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  watch = watchStorage();
  customer = newPrintCustomer(shop);
  await customer.newOrder();
});

async function cost(work: () => Promise<unknown>): Promise<StorageCalls> {
  watch.take();
  await work();
  return watch.take();
}
const calls = async (work: () => Promise<unknown>) => {
  const { gate, database } = await cost(work);
  return { gate, database };
};

describe('a call asks the storage no more often than this', () => {
  test('ordering: once, however many files; and once more where the catalogue is not known', async () => {
    const cold = newPrintCustomer(await openShop());
    expect(await calls(() => cold.verify())).toEqual({ gate: 0, database: 2 });
    expect(await calls(() => cold.verify())).toEqual({ gate: 0, database: 1 });
    const files = Array.from({ length: 25 }, () => [EXAMPLE_FILE, { ...LONG_FILE, side: 2 }]).flat();
    await customer.newOrder({ files, money: 25 * 225 });
    expect(await calls(() => customer.newOrder({ files, money: 25 * 225 }))).toEqual({ gate: 0, database: 1 });
  });

  test('reading: once, and once more for the name of the user in a detail', async () => {
    const orderID = await customer.newPaidOrder();
    expect(await calls(() => customer.amount())).toEqual({ gate: 0, database: 1 });
    expect(await calls(() => customer.info('?type=REFUND'))).toEqual({ gate: 0, database: 1 });
    expect(await calls(() => customer.trade(orderID))).toEqual({ gate: 0, database: 1 });
    expect(await calls(() => customer.detail(orderID))).toEqual({ gate: 0, database: 2 });
  });

  test('asking for the same code again: one call of the gate, which looks once; its picture: nothing', async () => {
    const orderID = await customer.newOrder();
    const address = new URL(pictureOf(await customer.pay(orderID)));
    expect(await calls(() => customer.pay(orderID))).toEqual({ gate: 1, database: 1 });
    const picture = () => shop.send(address.pathname + address.search, { token: null });
    expect(await calls(picture)).toEqual({ gate: 0, database: 0 });
  });

  test('what is refused for its form: nothing', async () => {
    const refused = [
      () => customer.verify({ money: -1 }),
      () => customer.info('?type=x'),
      () => customer.detail('x'),
      () => customer.pay('x'),
      () => customer.trade('x', 'x'),
      () => customer.cancel('x'),
      () => shop.send('/API/pay/QRCode?uri=x', { token: null }),
    ];
    for (const call of refused) expect(await calls(call)).toEqual({ gate: 0, database: 0 });
  });
});

/** Orders of one user as the database would have them after years: of all kinds, most of them over. */
async function addHistory(userId: string, count: number): Promise<void> {
  const numbered = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const orderNo = `printf('20221121%014d', i)`;
  const details = JSON.stringify({
    pointID: '0026',
    pointName: '第一打印点',
    pointPhone: null,
    files: [EXAMPLE_FILE],
    settle: [{ size: 'A4', caliper: '70g', color: 'mono', side: 1, unitFen: 25, count: 1 }],
    isDelivered: false,
  });
  const items = JSON.stringify([
    { kind: 'print-points', id: '0026' },
    { kind: 'print-files', id: EXAMPLE_FILE.fileID },
    { kind: 'print-prices', id: '0026-A4-70g-mono' },
  ]);
  const last = await env.DB.prepare(`SELECT max(place) AS n FROM orders WHERE user_id = ?1`)
    .bind(userId)
    .first<{ n: number | null }>();
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO orders (order_no, dialect, user_id, amount_fen, subject, details, items, created_at_ms,
         updated_at_ms, expires_at_ms, place)
       ${numbered} SELECT ${orderNo}, 'print-shop', ?2, 25, 'x', ?3,
         ?5, ?1, ?1, ?1 + 86400000, ?4 + i FROM n`,
    ).bind(Date.now(), userId, details, last?.n ?? 0, items),
    env.DB.prepare(
      `INSERT INTO order_events (order_no, seq, at_ms, actor, type, to_status, order_status, order_fulfilment, commit_id)
       ${numbered} SELECT ${orderNo}, 1, ?1, 'user:x', 'order_placed', 'pending_payment', 'pending_payment',
         'unfulfilled', '' FROM n`,
    ).bind(Date.now()),
    env.DB.prepare(
      `INSERT INTO order_events (order_no, seq, at_ms, actor, type, from_status, to_status, order_status,
         order_fulfilment, commit_id)
       ${numbered} SELECT ${orderNo}, 2, ?1, 'user:x', 'order_cancelled', 'pending_payment', 'cancelled', 'cancelled',
         'unfulfilled', '' FROM n WHERE i % 10 > 0`,
    ).bind(Date.now()),
  ]);
}

test('counting and paging read no more of a user who has ordered two thousand times', async () => {
  const somebody = newPrintCustomer(shop);
  for (let nth = 0; nth < 12; nth++) await somebody.cancel(await somebody.newOrder());
  for (let nth = 0; nth < 12; nth++) await somebody.newOrder();
  const reads: Record<string, () => Promise<unknown>> = {
    amount: () => somebody.amount(),
    trade: async () => somebody.trade(await somebody.newOrder()),
  };
  for (const type of ['ALL', 'PAYING', 'FINISH', 'REFUND']) reads[type] = () => somebody.info(`?type=${type}`);
  const rowsRead = async () => {
    const rows: Record<string, number> = {};
    for (const [name, read] of Object.entries(reads)) rows[name] = (await cost(read)).rowsRead;
    return rows;
  };
  const { trade: _before, ...before } = await rowsRead();
  await addHistory(somebody.userId, 2000);
  expect(await somebody.amounts()).toMatchObject({ ALL: 2025, PAYING: 213, FINISH: 1812 });
  const { trade: _after, ...after } = await rowsRead();
  expect(after['amount']).toBe(before['amount']);
  expect(after['amount']).toBeLessThanOrEqual(4);
  expect(after).toEqual(before);
});
