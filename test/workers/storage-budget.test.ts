/** What each call of technician booking may ask of the storage: a round trip is what a user waits for. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Customer, customerOf, payAtAlipay } from '../conformance/customer.ts';
import { changeItem } from '../conformance/operator-desk.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { type StorageCalls, type StorageWatch, watchStorage } from './storage-calls.ts';

let shop: Shop;
let watch: StorageWatch;
beforeAll(async () => {
  shop = await openShop();
  watch = watchStorage();
});

const newCustomer = (): Customer => customerOf(shop);

/** The calls of a gate and of the database that something takes. */
async function cost(work: () => Promise<unknown>): Promise<Pick<StorageCalls, 'gate' | 'database'>> {
  watch.take();
  await work();
  const { gate, database } = watch.take();
  return { gate, database };
}

describe('a call asks the storage no more often than this', () => {
  test('placing an order: once, and once more where the catalogue is not known or has changed', async () => {
    const customer = newCustomer();
    const cold = customerOf(await openShop());
    expect(await cost(() => cold.place())).toEqual({ gate: 0, database: 2 });
    expect(await cost(() => cold.place())).toEqual({ gate: 0, database: 1 });
    expect(await cost(() => cold.place({}, { 'idempotency-key': 'key' }))).toEqual({ gate: 0, database: 1 });
    expect(await cost(() => cold.place({}, { 'idempotency-key': 'key' }))).toEqual({ gate: 0, database: 2 });
    await customer.place();
    await changeItem({ kind: 'booking-services', id: '2' }, { tourPriceFen: 9800 });
    expect(await cost(() => customer.place())).toEqual({ gate: 0, database: 3 });
    expect(await cost(() => customer.place())).toEqual({ gate: 0, database: 1 });
  });

  test('reading: once, an order or a page of them', async () => {
    const customer = newCustomer();
    const { orderId } = await customer.paidOrder();
    for (let nth = 0; nth < 11; nth++) await customer.newSlip(await customer.newOrder());
    expect(await cost(() => customer.detail(orderId))).toEqual({ gate: 0, database: 1 });
    for (const type of [1, 2, 3, 4, 5]) {
      expect(await cost(() => customer.list(`?order_type=${type}`))).toEqual({ gate: 0, database: 1 });
    }
  });

  test('paying: one call of the gate, which reads an order that it does not know and writes once', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    expect(await cost(() => customer.pay(orderId))).toEqual({ gate: 1, database: 2 });
    await customer.cancelPayment(`${orderId}0001`);
    expect(await cost(() => customer.pay(orderId))).toEqual({ gate: 1, database: 1 });
  });

  test('a double click: one call of the gate, and nothing of the database', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    payAtAlipay(shop, await customer.newSlip(orderId));
    expect(await cost(() => customer.pay(orderId))).toEqual({ gate: 1, database: 0 });
    await shop.deliverNotifications();
    expect(await cost(() => customer.pay(orderId))).toEqual({ gate: 1, database: 0 });
  });

  test('a notification: one call of the gate and one write; its repeats ask nothing of the database', async () => {
    const customer = newCustomer();
    payAtAlipay(shop, await customer.newSlip(await customer.newOrder()));
    const notifications = shop.alipay.takeNotifications();
    const deliver = () =>
      Promise.all(
        notifications.map(({ body, headers }) =>
          shop.send('/callback/alipay', { method: 'POST', token: null, body, headers }),
        ),
      );
    expect(await cost(deliver)).toEqual({ gate: 1, database: 1 });
    expect(await cost(deliver)).toEqual({ gate: 1, database: 0 });
    expect((await deliver()).map(({ text }) => text)).toEqual(['success']);
  });

  test('asking for a refund: one call of the gate and one write', async () => {
    const customer = newCustomer();
    const { orderId } = await customer.paidOrder();
    expect(await cost(() => customer.refund(orderId))).toEqual({ gate: 1, database: 1 });
  });

  test('giving up a slip: one look at it, one call of the gate, one write', async () => {
    const customer = newCustomer();
    const { payment_id: paymentId } = await customer.newSlip(await customer.newOrder());
    expect(await cost(() => customer.cancelPayment(paymentId))).toEqual({ gate: 1, database: 2 });
    expect(await cost(() => customer.cancelPayment(paymentId))).toEqual({ gate: 0, database: 1 });
  });

  test('deleting an order: one call of the gate, one look and one write', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    expect(await cost(() => customer.remove(orderId))).toEqual({ gate: 1, database: 2 });
  });

  test('what is refused for its form, its token or its path: nothing', async () => {
    const customer = newCustomer();
    const calls: (() => Promise<unknown>)[] = [
      () => customer.place({ order_duration: 11 }),
      () => customer.pay('no order'),
      () => customer.refund(2022),
      () => customer.remove('nope'),
      () => customer.detail('nope'),
      () => customer.list('?order_type=6'),
      () => customer.send('/V1/order/no/such/path'),
      () => customer.send('/V1/order?order_type=1', { token: 'nobody' }),
      () => customer.send('/nowhere'),
    ];
    for (const call of calls) expect(await cost(call)).toEqual({ gate: 0, database: 0 });
  });
});

/** Orders of others: unpaid, a slip open for each, far from running out, and the shop has been told of them. */
async function addOrdersOfOthers(count: number): Promise<void> {
  const numbered = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const orderNo = `printf('20221122%014d', i)`;
  const now = Date.now();
  await env.DB.batch([
    env.DB.prepare(
      `INSERT INTO orders (order_no, dialect, user_id, amount_fen, subject, details, items, created_at_ms,
         updated_at_ms, expires_at_ms, place)
       ${numbered} SELECT ${orderNo}, 'technician-booking', 'other' || (i % 50), 19600, 'other',
         '{"serviceId":2,"technicianId":2,"orderDuration":2,"payType":1}',
         '[{"kind":"booking-services","id":"2"},{"kind":"technicians","id":"2"}]', ?1, ?1, ?1 + 86400000, i FROM n`,
    ).bind(now),
    env.DB.prepare(
      `INSERT INTO order_events (order_no, seq, at_ms, actor, type, to_status, order_status, order_fulfilment, commit_id)
       ${numbered} SELECT ${orderNo}, 1, ?1, 'user:other', 'order_placed', 'pending_payment', 'pending_payment',
         'unfulfilled', '' FROM n`,
    ).bind(now),
    env.DB.prepare(
      `INSERT INTO payment_attempts (out_trade_no, order_no, provider, kind, status, amount_fen, created_at_ms,
         expires_at_ms, payable_until_ms, next_look_at_ms)
       ${numbered} SELECT ${orderNo} || '0001', ${orderNo}, 'alipay', 'app_order_string', 'pending', 19600, ?1,
         ?1 + 120000, ?1 + 120000, ?1 + 86400000 FROM n`,
    ).bind(now),
    env.DB.prepare(`UPDATE outbox SET status = 'delivered', delivered_at_ms = ?1 WHERE status = 'pending'`).bind(now),
  ]);
}

describe('what is read does not grow with the orders of others', () => {
  let customer: Customer;
  let reads: Record<string, () => Promise<unknown>>;
  let before: Record<string, number>;
  let after: Record<string, number>;

  async function rowsRead(): Promise<Record<string, number>> {
    const rows: Record<string, number> = {};
    for (const [name, read] of Object.entries(reads)) {
      watch.take();
      await read();
      rows[name] = watch.take().rowsRead;
    }
    return rows;
  }

  beforeAll(async () => {
    customer = newCustomer();
    const { orderId } = await customer.paidOrder();
    for (let nth = 0; nth < 12; nth++) await customer.newOrder();
    await customer.newSlip(await customer.newOrder());
    reads = { detail: () => customer.detail(orderId), cron: () => shop.cron() };
    for (const type of [1, 2, 3, 4, 5]) reads[`order_type ${type}`] = () => customer.list(`?order_type=${type}`);
    for (const page of [2, 3, 1_000_000]) reads[`page ${page}`] = () => customer.list(`?order_type=1&page=${page}`);
    // Once for what is due now, and once for what it costs when nothing is.
    await rowsRead();
    before = await rowsRead();
    await addOrdersOfOthers(2000);
    after = await rowsRead();
  });

  test('by a detail, which is one order, its two catalogue rows, and its money', () => {
    expect(after['detail']).toBe(before['detail']);
    expect(after['detail']).toBeLessThan(20);
  });

  test('by a list of any type, and by any page', () => {
    const { detail: _detail, cron: _cron, ...lists } = after;
    expect(before).toMatchObject(lists);
    expect(Math.max(...Object.values(lists))).toBeLessThan(120);
  });

  test('by a run of the cron that finds nothing due', () => {
    expect(after['cron']).toBe(before['cron']);
  });
});
