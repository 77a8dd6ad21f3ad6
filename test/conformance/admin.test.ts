/** The operator API as its contract lists it: what each call answers, key for key, and each of its refusals. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import * as answers from './admin-answers.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { allRows } from './admin-rows.ts';
import { type Customer, customerOf, newUserId, payAtAlipay } from './customer.ts';

const ORDER_TTL_MS = 1_800_000;
const NO_ORDER = '2022112200000000000000';

let shop: Shop;
let operator: Operator;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
});
afterEach(async () => {
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const newCustomer = (): Customer => customerOf(shop);
const iso = (ms: number): string => new Date(ms).toISOString();
const ago = (ms: number): string => iso(Date.now() - ms);

const cancel = (orderNo: string) => operator.post(`/orders/${orderNo}/cancel`, { reason: 'closed today' });
const ask = (outTradeNo: string) => operator.post(`/payments/${outTradeNo}/query`);
const fulfil = (orderNo: string, to: string, remark?: string) =>
  operator.post(`/orders/${orderNo}/fulfilment`, { to, ...(remark === undefined ? {} : { remark }) });

/** Reads a success by its schema. */
function read<Schema extends z.ZodType>(received: Received, schema: Schema, status = 200): z.output<Schema> {
  expect([received.status, received.headers.get('content-type')]).toEqual([status, 'application/json']);
  return schema.parse(received.json);
}

async function history(orderNo: string) {
  return read(await operator.get(`/orders/${orderNo}`), answers.historyAnswer);
}

/** The numbers of the orders that a search finds. */
async function found(query: string): Promise<string[]> {
  const { items } = read(await operator.get(`/orders?limit=100&${query}`), answers.orderPage);
  return items.map(({ orderNo }) => orderNo);
}

/** Every page of a list, one after the other, and how many items each has. */
async function walk<Item>(path: string, schema: z.ZodType<{ items: Item[]; nextCursor: string | null }>) {
  const items: Item[] = [];
  const sizes: number[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const next: string = cursor === '' ? '' : `${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
    const page: { items: Item[]; nextCursor: string | null } = read(await operator.get(path + next), schema);
    items.push(...page.items);
    sizes.push(page.items.length);
    cursor = page.nextCursor;
  }
  return { items, sizes };
}

describe('GET /admin/orders', () => {
  test('an unpaid order and a paid one, newest first, with all their fields', async () => {
    const userId = newUserId();
    const customer = customerOf(shop, userId);
    const unpaid = await customer.newOrder();
    shop.pass(1000);
    const { orderId: paid } = await customer.paidOrder();
    const now = Date.now();
    const terms = { dialect: 'technician-booking', userId, fulfilment: 'unfulfilled', amountFen: 19_600 };
    expect(read(await operator.get(`/orders?userId=${userId}`), answers.orderPage)).toEqual({
      items: [
        {
          ...terms,
          orderNo: paid,
          status: 'paid',
          paidFen: 19_600,
          refundedFen: 0,
          createdAt: iso(now),
          expiresAt: iso(now + ORDER_TTL_MS),
          paidAt: iso(now),
          completedAt: null,
          version: 3,
        },
        {
          ...terms,
          orderNo: unpaid,
          status: 'pending_payment',
          paidFen: 0,
          refundedFen: 0,
          createdAt: iso(now - 1000),
          expiresAt: iso(now - 1000 + ORDER_TTL_MS),
          paidAt: null,
          completedAt: null,
          version: 1,
        },
      ],
      nextCursor: null,
    });
  });

  test('each filter, alone and together', async () => {
    const [one, other] = [newCustomer(), newCustomer()];
    const unpaid = await one.newOrder();
    const { orderId: paid } = await one.paidOrder();
    const foreign = await other.newOrder();
    expect(await found(`userId=${one.userId}`)).toEqual([paid, unpaid]);
    expect(await found(`userId=${one.userId}&status=paid`)).toEqual([paid]);
    expect(await found(`userId=${one.userId}&status=refunded`)).toEqual([]);
    expect(await found(`userId=${other.userId}&dialect=technician-booking`)).toEqual([foreign]);
    expect(await found(`orderNo=${unpaid}`)).toEqual([unpaid]);
    expect(await found(`orderNo=${unpaid}&userId=${other.userId}`)).toEqual([]);
    expect(await found(`orderNo=${NO_ORDER}`)).toEqual([]);
    expect((await found('status=paid')).includes(unpaid)).toBe(false);
  });

  test('from and to are within, in any time zone', async () => {
    const customer = newCustomer();
    const placed: string[] = [];
    shop.pass(Date.parse('2022-11-23T00:00:00.000Z') - Date.now());
    for (let nth = 0; nth < 3; nth++) {
      placed.push(await customer.newOrder());
      shop.pass(1000);
    }
    const [first, second, third] = placed;
    const within = (query: string) => found(`userId=${customer.userId}&${query}`);
    expect(await within('from=2022-11-23T00:00:01Z&to=2022-11-23T00:00:01Z')).toEqual([second]);
    expect(await within('from=2022-11-23T00:00:00.001Z')).toEqual([third, second]);
    expect(await within('to=2022-11-23T00:00:00.999Z')).toEqual([first]);
    expect(await within('from=2022-11-23T08:00:02%2B08:00')).toEqual([third]);
    expect(await within('to=2022-11-22T19:00:00-05:00')).toEqual([first]);
    expect(await within('from=2022-11-23T00:00:03Z')).toEqual([]);
  });

  test('45 orders, page by page: no gap, none twice, also while others come in', async () => {
    const customer = newCustomer();
    const placed: string[] = [];
    for (let nth = 0; nth < 45; nth++) placed.unshift(await customer.newOrder());
    const path = `/orders?userId=${customer.userId}`;
    const numbers = async (query: string) => {
      const { items, sizes } = await walk(path + query, answers.orderPage);
      return [items.map(({ orderNo }) => orderNo), sizes] as const;
    };
    expect(await numbers('')).toEqual([placed, [20, 20, 5]]);
    expect(await numbers('&limit=1')).toEqual([placed, placed.map(() => 1)]);
    expect(await numbers('&limit=15')).toEqual([placed, [15, 15, 15]]);
    expect(await numbers('&limit=44')).toEqual([placed, [44, 1]]);
    expect(await numbers('&limit=45')).toEqual([placed, [45]]);
    expect(await numbers('&limit=100')).toEqual([placed, [45]]);

    const first = read(await operator.get(`${path}&limit=40`), answers.orderPage);
    await customer.newOrder();
    const second = read(await operator.get(`${path}&limit=40&cursor=${first.nextCursor}`), answers.orderPage);
    expect([...first.items, ...second.items].map(({ orderNo }) => orderNo)).toEqual(placed);
  });
});

describe('GET /admin/orders/:orderNo', () => {
  test('all that ever happened to an order: a slip given up, a payment, a refund', async () => {
    const customer = newCustomer();
    const orderNo = await customer.newOrder();
    const givenUp = await customer.newSlip(orderNo);
    await customer.cancelPayment(givenUp.payment_id);
    shop.pass(1000);
    const slip = await customer.newSlip(orderNo);
    payAtAlipay(shop, slip);
    await shop.deliverNotifications();
    shop.pass(1000);
    await customer.refund(orderNo);

    const shown = await history(orderNo);
    const attempt = { provider: 'alipay', kind: 'app_order_string', amountFen: 19_600 };
    expect(shown).toEqual({
      order: read(await operator.get(`/orders?orderNo=${orderNo}`), answers.orderPage).items[0],
      attempts: [
        {
          ...attempt,
          outTradeNo: givenUp.payment_id,
          status: 'closed',
          transactionId: null,
          createdAt: ago(2000),
          expiresAt: ago(2000 - 120_000),
          paidAt: null,
        },
        {
          ...attempt,
          outTradeNo: slip.payment_id,
          status: 'paid',
          transactionId: shop.alipay.ledger.trade(slip.payment_id)?.transactionId,
          createdAt: ago(1000),
          expiresAt: ago(1000 - 120_000),
          paidAt: shown.attempts[1]?.paidAt,
        },
      ],
      refunds: [
        {
          refundNo: `${slip.payment_id}01`,
          orderNo,
          outTradeNo: slip.payment_id,
          status: 'requested',
          amountFen: 19_600,
          reason: null,
          requestedBy: `user:${customer.userId}`,
          decidedBy: null,
          createdAt: ago(0),
          finishedAt: null,
        },
      ],
      log: shown.log,
      commission: null,
      details: { serviceId: 2, technicianId: 2, orderDuration: 2, payType: 1 },
    });
    expect(shown.log.map(({ seq, type, from, to }) => [seq, type, from, to])).toEqual([
      [1, 'order_placed', null, 'pending_payment'],
      [2, 'attempt_opened', null, 'pending'],
      [3, 'attempt_closed', 'pending', 'closed'],
      [4, 'attempt_opened', null, 'pending'],
      [5, 'order_paid', 'pending_payment', 'paid'],
      [6, 'refund_requested', null, 'requested'],
    ]);
    expect(shown.log[0]).toEqual({
      seq: 1,
      at: ago(2000),
      actor: `user:${customer.userId}`,
      type: 'order_placed',
      from: null,
      to: 'pending_payment',
      reason: null,
    });
  });

  test('an order that its owner deleted is still there', async () => {
    const customer = newCustomer();
    const orderNo = await customer.newOrder();
    await customer.remove(orderNo);
    const { order, log } = await history(orderNo);
    expect([order.status, log.at(-1)?.type]).toEqual(['cancelled', 'order_deleted']);
    expect(await found(`userId=${customer.userId}`)).toEqual([orderNo]);
  });
});

describe('POST /admin/orders/:orderNo/fulfilment', () => {
  test('begun, then completed; the log says who, and what they remarked', async () => {
    const { orderId } = await newCustomer().paidOrder();
    const begun = read(await fulfil(orderId, 'in_progress', ' on the way '), answers.orderAnswer);
    expect(begun).toMatchObject({ status: 'paid', fulfilment: 'in_progress', completedAt: null });
    shop.pass(1000);
    const completed = read(await fulfil(orderId, 'completed'), answers.orderAnswer);
    expect(completed).toMatchObject({ status: 'completed', fulfilment: 'fulfilled', completedAt: ago(0) });
    const { order, log } = await history(orderId);
    expect(order).toEqual(completed);
    expect(log.slice(-3).map(({ actor, type, to, reason }) => [actor, type, to, reason])).toEqual([
      [operator.actor, 'fulfilment_advanced', 'in_progress', 'on the way'],
      [operator.actor, 'fulfilment_advanced', 'fulfilled', null],
      [operator.actor, 'order_completed', 'completed', null],
    ]);
  });

  test('completed at once', async () => {
    const { orderId } = await newCustomer().paidOrder();
    const completed = read(await fulfil(orderId, 'completed', ''), answers.orderAnswer);
    expect(completed).toMatchObject({ status: 'completed', fulfilment: 'fulfilled' });
  });

  test.each(['fulfilled', 'failed'])('%s is no move that this dialect allows', async (to) => {
    const { orderId } = await newCustomer().paidOrder();
    const before = await allRows();
    expect(problemOf(await fulfil(orderId, to))).toEqual([409, 'move_not_allowed']);
    expect(await allRows()).toEqual(before);
  });

  test('no work on an order that is unpaid, cancelled, or completed', async () => {
    const customer = newCustomer();
    const orderNo = await customer.newOrder();
    expect(problemOf(await fulfil(orderNo, 'in_progress'))).toEqual([409, 'move_not_allowed']);
    await cancel(orderNo);
    expect(problemOf(await fulfil(orderNo, 'completed'))).toEqual([409, 'move_not_allowed']);
    const { orderId } = await customer.paidOrder();
    await fulfil(orderId, 'completed');
    expect(problemOf(await fulfil(orderId, 'completed'))).toEqual([409, 'move_not_allowed']);
    expect(problemOf(await fulfil(orderId, 'in_progress'))).toEqual([409, 'move_not_allowed']);
  });
});

describe('POST /admin/orders/:orderNo/cancel', () => {
  test('an unpaid order ends; its customer sees that, and the log says why', async () => {
    const customer = newCustomer();
    const orderNo = await customer.newOrder();
    const slip = await customer.newSlip(orderNo);
    const cancelled = read(await cancel(orderNo), answers.orderAnswer);
    expect(cancelled).toMatchObject({ orderNo, status: 'cancelled', fulfilment: 'unfulfilled', paidFen: 0 });
    expect((await customer.detail(orderNo)).json).toMatchObject({ data: { status: 2 } });
    const { attempts, log } = await history(orderNo);
    expect(attempts).toMatchObject([{ outTradeNo: slip.payment_id, status: 'closed' }]);
    expect(log.at(-1)).toMatchObject({ actor: operator.actor, type: 'order_cancelled', reason: 'closed today' });
  });

  test('an order that is paid, cancelled, or has run out stays what it is', async () => {
    const customer = newCustomer();
    const { orderId: paid } = await customer.paidOrder();
    const [cancelled, expired] = [await customer.newOrder(), await customer.newOrder()];
    await cancel(cancelled);
    shop.pass(ORDER_TTL_MS);
    await shop.cron();
    const before = await allRows();
    for (const orderNo of [paid, cancelled, expired]) {
      expect(problemOf(await cancel(orderNo))).toEqual([409, 'order_not_unpaid']);
    }
    expect(await allRows()).toEqual(before);
  });

  test('the provider is asked first: an order that was paid unheard becomes paid', async () => {
    const customer = newCustomer();
    const orderNo = await customer.newOrder();
    const slip = await customer.newSlip(orderNo);
    payAtAlipay(shop, slip);
    shop.alipay.takeNotifications();
    expect(problemOf(await cancel(orderNo))).toEqual([409, 'order_not_unpaid']);
    const { order, attempts } = await history(orderNo);
    expect(order).toMatchObject({ status: 'paid', paidFen: 19_600 });
    expect(attempts).toMatchObject([{ outTradeNo: slip.payment_id, status: 'paid' }]);
  });

  test('while the provider does not answer, nothing is cancelled', async () => {
    const customer = newCustomer();
    const orderNo = await customer.newOrder();
    await customer.newSlip(orderNo);
    const before = await allRows();
    shop.alipay.faults.plan({ method: 'alipay.trade.query', when: 'before', kind: 'timeout' });
    const refused = await cancel(orderNo);
    expect([...problemOf(refused), refused.headers.get('retry-after')]).toEqual([502, 'provider_unavailable', '5']);
    expect(await allRows()).toEqual(before);
    expect((await cancel(orderNo)).status).toBe(200);
  });
});

describe('POST /admin/payments/:outTradeNo/query', () => {
  test('a payment whose notification was lost is found, and pays its order', async () => {
    const customer = newCustomer();
    const orderNo = await customer.newOrder();
    const slip = await customer.newSlip(orderNo);
    payAtAlipay(shop, slip);
    shop.alipay.takeNotifications();
    const queried = read(await ask(slip.payment_id), answers.queriedAnswer);
    expect(queried).toMatchObject({
      result: 'paid',
      attempt: {
        outTradeNo: slip.payment_id,
        status: 'paid',
        transactionId: shop.alipay.ledger.trade(slip.payment_id)?.transactionId,
      },
    });
    expect(await history(orderNo)).toMatchObject({ order: { status: 'paid' }, attempts: [queried.attempt] });
  });

  test('one that can still be paid stays open; once its time is up, it is over', async () => {
    const customer = newCustomer();
    const { payment_id: outTradeNo } = await customer.newSlip(await customer.newOrder());
    const open = read(await ask(outTradeNo), answers.queriedAnswer);
    expect(open).toMatchObject({ result: 'open', attempt: { outTradeNo, status: 'pending', transactionId: null } });
    shop.pass(120_000);
    const over = read(await ask(outTradeNo), answers.queriedAnswer);
    expect(over).toEqual({ result: 'over', attempt: { ...open.attempt, status: 'closed' } });
  });

  test('without an answer that can be trusted, nothing changes', async () => {
    const customer = newCustomer();
    const { payment_id: outTradeNo } = await customer.newSlip(await customer.newOrder());
    const before = await allRows();
    shop.alipay.faults.plan({ method: 'alipay.trade.query', when: 'after', kind: 'unsigned' });
    const refused = await ask(outTradeNo);
    expect([...problemOf(refused), refused.headers.get('retry-after')]).toEqual([502, 'provider_unavailable', '5']);
    expect(await allRows()).toEqual(before);
  });
});

describe('what is not there', () => {
  test.each([
    ['GET', `/orders/${NO_ORDER}`, 'order_not_found'],
    ['POST', `/orders/${NO_ORDER}/fulfilment`, 'order_not_found', { to: 'in_progress' }],
    ['POST', `/orders/${NO_ORDER}/cancel`, 'order_not_found', { reason: 'closed' }],
    ['POST', `/orders/${NO_ORDER}/refunds`, 'order_not_found', { amountFen: 1, reason: 'late' }],
    ['POST', `/refunds/${NO_ORDER}000101/approve`, 'refund_not_found'],
    ['POST', `/refunds/${NO_ORDER}000101/reject`, 'refund_not_found', { reason: 'no' }],
    ['POST', `/payments/${NO_ORDER}0001/query`, 'attempt_not_found'],
    ['GET', '/catalog/nothing', 'item_not_found'],
    ['GET', '/catalog/nothing/1', 'item_not_found'],
    ['PUT', '/catalog/nothing/1', 'item_not_found', {}],
    ['DELETE', '/catalog/nothing/1', 'item_not_found'],
    ['GET', '/catalog/__proto__', 'item_not_found'],
    ['PUT', '/catalog/constructor/1', 'item_not_found', {}],
    ['GET', '/catalog/technicians/99', 'item_not_found'],
    ['DELETE', '/catalog/technicians/99', 'item_not_found'],
    ['POST', '/notifications/999999999/redeliver', 'notification_not_found'],
    ['POST', '/notifications/0/redeliver', 'notification_not_found'],
    ['POST', '/notifications/1.5/redeliver', 'notification_not_found'],
  ])('%s /admin%s is 404', async (method, path, reason, body?: unknown) => {
    const before = await allRows();
    expect(problemOf(await operator.send(path, { method, body }))).toEqual([404, reason]);
    expect(await allRows()).toEqual(before);
  });
});
