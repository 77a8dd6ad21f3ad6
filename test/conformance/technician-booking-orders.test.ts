/** Technician booking's rules of placing, listing, showing, running out and deleting. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './booking-answers.ts';
import { type Customer, customerOf, payAtAlipay } from './customer.ts';
import { cancelOrder, changeItem, completeOrder, decideOnRefund, removeItem } from './operator-desk.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});

const newCustomer = (): Customer => customerOf(shop);

async function shown(customer: Customer, orderId: string) {
  return answers.detailAnswer.parse((await customer.detail(orderId)).json).data;
}

async function page(customer: Customer, query: string) {
  return answers.listAnswer.parse((await customer.list(query)).json).data;
}

/** The numbers of the orders of one type, newest first. */
async function listed(customer: Customer, orderType: number): Promise<string[]> {
  return (await page(customer, `?order_type=${orderType}`)).data.map(({ order_id }) => order_id);
}

describe('placing', () => {
  test.each([
    ['one hour', { order_duration: 1 }, 9800],
    ['ten hours, the most', { order_duration: 10 }, 98_000],
    ['the other service', { service_id: 3, order_duration: 3 }, 30_000],
    ['numbers as text', { service_id: '2', technician_id: '1', order_duration: '4', pay_type: '1' }, 39_200],
  ])('%s costs the price of an hour times the hours', async (_what, fields, amountFen) => {
    const placed = answers.placedAnswer.parse((await newCustomer().place(fields)).json);
    expect(placed.data.order_amount).toBe(amountFen);
  });

  test('a form does as well as JSON', async () => {
    const received = await newCustomer().send('/V1/order', {
      body: 'service_id=2&technician_id=2&order_duration=3&pay_type=2',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    });
    expect(received.status).toBe(201);
    expect(answers.placedAnswer.parse(received.json).data).toMatchObject({ order_amount: 29_400, pay_type: 2 });
  });

  test.each([
    ['service', { service_id: 1 }],
    ['service, which is a technician all the same', { service_id: 1, technician_id: 1 }],
    ['technician', { technician_id: 3 }],
    ['technician of the highest number', { technician_id: Number.MAX_SAFE_INTEGER }],
  ])('an unknown %s is refused, and nothing is written', async (_what, fields) => {
    const before = await rowCounts();
    expect(seen(await newCustomer().place(fields))).toEqual(refusal(400, '数据不存在'));
    expect(await rowCounts()).toEqual(before);
  });

  test('a new price counts from the moment it is set; a price of nothing sells nothing', async () => {
    const customer = newCustomer();
    const service = { kind: 'booking-services', id: '3' };
    try {
      await changeItem(service, { tourPriceFen: 12_345 });
      expect(answers.placedAnswer.parse((await customer.place({ service_id: 3 })).json).data.order_amount).toBe(24_690);
      await changeItem(service, { tourPriceFen: 0 });
      const before = await rowCounts();
      expect(seen(await customer.place({ service_id: 3 }))).toEqual(refusal(400, '服务价格设置错误'));
      expect(await rowCounts()).toEqual(before);
    } finally {
      await changeItem(service, { tourPriceFen: 10_000 });
    }
  });

  test('a service that was taken out of sale is refused, and its orders still show it', async () => {
    const customer = newCustomer();
    const service = { kind: 'booking-services', id: '3' };
    const orderId = await customer.newOrder({ service_id: 3 });
    const before = (await shown(customer, orderId))?.service_item;
    await removeItem(service);
    try {
      expect(seen(await customer.place({ service_id: 3 }))).toEqual(refusal(400, '数据不存在'));
      expect((await shown(customer, orderId))?.service_item).toEqual(before);
    } finally {
      await changeItem(service, {});
    }
  });

  test('numbers are the day in Shanghai and fourteen digits that nobody can guess', async () => {
    const customer = newCustomer();
    const numbers = await Promise.all(Array.from({ length: 20 }, () => customer.newOrder()));
    expect(new Set(numbers.map((number) => number.slice(8))).size).toBe(20);
    expect(new Set(numbers.map((number) => number.slice(0, 8)))).toEqual(new Set(['20221122']));
    const toMidnightMs = Date.parse('2022-11-22T16:00:00Z') - Date.now();
    shop.pass(toMidnightMs - 1);
    expect(await customer.newOrder()).toMatch(/^20221122/);
    shop.pass(1);
    expect(await customer.newOrder()).toMatch(/^20221123/);
  });

  test('the row holds the amount in fen, the moment, and the end of the time to pay', async () => {
    const orderId = await newCustomer().newOrder();
    const row = await env.DB.prepare(
      'SELECT status, amount_fen, expires_at_ms - created_at_ms AS ttl_ms FROM orders WHERE order_no = ?1',
    )
      .bind(orderId)
      .first();
    expect(row).toEqual({ status: 'pending_payment', amount_fen: 19_600, ttl_ms: ORDER_TTL_MS });
  });
});

describe('order_type', () => {
  test('an unpaid order is to be paid, and from its last millisecond on run out, with or without the cron', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const types = async () => Promise.all([1, 2, 3, 4, 5].map(async (type) => (await listed(customer, type)).length));
    expect(await types()).toEqual([1, 1, 0, 0, 0]);
    shop.pass(ORDER_TTL_MS - 1);
    await shop.cron();
    expect(await types()).toEqual([1, 1, 0, 0, 0]);
    shop.pass(1);
    expect(await types()).toEqual([1, 0, 0, 0, 1]);
    const before = await shown(customer, orderId);
    await shop.cron();
    expect(await types()).toEqual([1, 0, 0, 0, 1]);
    // The cron moves the order, and its owner sees no more of that than when it happened.
    expect(await shown(customer, orderId)).toEqual({ ...before, status: 0, updated_at: before?.expire_at });
  });

  test('each state is in the lists that it belongs to', async () => {
    const customer = newCustomer();
    const unpaid = await customer.newOrder();
    const cancelled = await customer.newOrder();
    await cancelOrder(cancelled);
    const { orderId: paid } = await customer.paidOrder();
    const { orderId: refunded } = await customer.paidOrder();
    await customer.refund(refunded);
    await decideOnRefund(refunded, 'approve');
    const { orderId: completed } = await customer.paidOrder();
    await completeOrder(completed);
    const deleted = await customer.newOrder();
    await customer.remove(deleted);

    const all = (await page(customer, '?order_type=1')).data.map(({ order_id, status }) => [order_id, status]);
    expect(all).toEqual([
      [completed, 4],
      [refunded, 3],
      [paid, 1],
      [cancelled, 2],
      [unpaid, 0],
    ]);
    expect(await listed(customer, 2)).toEqual([unpaid]);
    expect(await listed(customer, 3)).toEqual([paid]);
    expect(await listed(customer, 4)).toEqual([completed]);
    expect(await listed(customer, 5)).toEqual([]);
    shop.pass(ORDER_TTL_MS);
    expect(await listed(customer, 2)).toEqual([]);
    expect(await listed(customer, 5)).toEqual([unpaid]);
  });

  test.each(['', '?page=1', '?order_type='])('missing as in "%s", it is refused by name', async (query) => {
    const received = await newCustomer().list(query);
    expect([received.status, received.text]).toEqual([400, expect.stringContaining('"message":"order_type ')]);
  });
});

describe('paging', () => {
  test('ten a page, newest first, with the addresses of the pages beside it', async () => {
    const customer = newCustomer();
    const placed: string[] = [];
    for (let nth = 0; nth < 21; nth++) placed.unshift(await customer.newOrder());
    const url = 'https://orders.example/V1/order?page=';
    const pages = [
      { from: 1, to: 10, prev: null, next: `${url}2`, orders: placed.slice(0, 10) },
      { from: 11, to: 20, prev: `${url}1`, next: `${url}3`, orders: placed.slice(10, 20) },
      { from: 21, to: 21, prev: `${url}2`, next: null, orders: placed.slice(20) },
      { from: null, to: null, prev: `${url}3`, next: null, orders: [] },
    ];
    for (const [index, { from, to, prev, next, orders }] of pages.entries()) {
      const { data, ...rest } = await page(customer, `/?order_type=1&page=${index + 1}`);
      expect(data.map(({ order_id }) => order_id)).toEqual(orders);
      expect(rest).toMatchObject({ current_page: index + 1, from, to, prev_page_url: prev, next_page_url: next });
    }
  });

  test('exactly ten orders are one page, with and without its number', async () => {
    const customer = newCustomer();
    for (let nth = 0; nth < 10; nth++) await customer.newOrder();
    expect(await page(customer, '?order_type=2')).toMatchObject({ from: 1, to: 10, next_page_url: null });
    expect(await page(customer, '?order_type=2')).toEqual(await page(customer, '?page=1&order_type=2'));
  });
});

describe('showing', () => {
  test.each(['2022112200000000000000', 'nope', 'pay', '0', '%00', 'ORD2022112200000000000000'])(
    'an order that is not there is no data, and no error: %s',
    async (orderId) => {
      const received = await newCustomer().detail(orderId);
      expect([received.status, received.text]).toEqual([200, '{"data":null,"code":0,"message":""}']);
    },
  );
});

describe('deleting', () => {
  test('an unpaid order is gone for its owner, for good; its rows stay', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    expect((await customer.remove(orderId)).text).toBe('{"data":[],"code":0,"message":"删除成功"}');
    expect((await customer.detail(orderId)).text).toBe('{"data":null,"code":0,"message":""}');
    expect(await listed(customer, 1)).toEqual([]);
    expect(seen(await customer.remove(orderId))).toEqual(refusal(404, '订单不存在'));
    expect(seen(await customer.pay(orderId))).toEqual(refusal(404, '该订单不存在'));
    expect(seen(await customer.refund(orderId))).toEqual(refusal(404, '该订单不存在或未支付'));
    const { results } = await env.DB.prepare('SELECT type FROM order_events WHERE order_no = ?1 ORDER BY seq')
      .bind(orderId)
      .all();
    expect(results).toEqual([{ type: 'order_placed' }, { type: 'order_deleted' }]);
  });

  test('an order that has run out can be deleted, with and without the cron', async () => {
    const customer = newCustomer();
    const [swept, unswept] = [await customer.newOrder(), await customer.newOrder()];
    shop.pass(ORDER_TTL_MS);
    expect((await customer.remove(unswept)).status).toBe(200);
    await shop.cron();
    expect((await customer.remove(swept)).status).toBe(200);
    expect(await listed(customer, 5)).toEqual([]);
  });

  test('an order that was ever paid, or that an operator cancelled, stays', async () => {
    const customer = newCustomer();
    const { orderId: paid } = await customer.paidOrder();
    expect(seen(await customer.remove(paid))).toEqual(refusal(404, '只有未支付可以删除'));
    await completeOrder(paid);
    expect(seen(await customer.remove(paid))).toEqual(refusal(404, '只有未支付可以删除'));
    await customer.refund(paid);
    await decideOnRefund(paid, 'approve');
    expect(seen(await customer.remove(paid))).toEqual(refusal(404, '只有未支付可以删除'));
    const cancelled = await customer.newOrder();
    await cancelOrder(cancelled);
    expect(seen(await customer.remove(cancelled))).toEqual(refusal(404, '只有未支付可以删除'));
    expect(await listed(customer, 1)).toEqual([cancelled, paid]);
  });

  test('the provider is asked first: an order that was paid unheard is paid, not deleted', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    payAtAlipay(shop, await customer.newSlip(orderId));
    shop.alipay.takeNotifications();
    expect(seen(await customer.remove(orderId))).toEqual(refusal(404, '只有未支付可以删除'));
    expect(await shown(customer, orderId)).toMatchObject({ status: 1 });
  });

  test('while the provider does not answer, nothing is deleted', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    await customer.newSlip(orderId);
    const before = await rowCounts();
    shop.alipay.faults.plan({ when: 'before', kind: 'timeout' });
    expect(seen(await customer.remove(orderId))).toEqual(refusal(502, '支付渠道暂时不可用，请稍后重试', 5));
    expect(await rowCounts()).toEqual(before);
    expect(await shown(customer, orderId)).toMatchObject({ status: 0 });
    expect((await customer.remove(orderId)).status).toBe(200);
  });

  test.each(['2022112200000000000000', 'nope', '%00', 'a'.repeat(10_240), "'%20OR%201=1--"])(
    'what is no order cannot be deleted: %#',
    async (orderId) => {
      const before = await rowCounts();
      expect(seen(await newCustomer().remove(orderId))).toEqual(refusal(404, '订单不存在'));
      expect(await rowCounts()).toEqual(before);
    },
  );
});

const soldCount = async (customer: Customer, orderId: string) =>
  (await shown(customer, orderId))?.service_item.sold_count;

describe('sold_count', () => {
  test('goes up with each paid order and down with each refunded one, once each', async () => {
    const customer = newCustomer();
    const unpaid = await customer.newOrder({ service_id: 3 });
    const before = (await soldCount(customer, unpaid)) ?? 0;
    const { orderId } = await customer.paidOrder({ service_id: 3 });
    expect(await soldCount(customer, unpaid)).toBe(before + 1);
    await customer.paidOrder({ service_id: 3 });
    expect(await soldCount(customer, unpaid)).toBe(before + 2);
    await customer.refund(orderId);
    expect(await soldCount(customer, unpaid)).toBe(before + 2);
    await decideOnRefund(orderId, 'approve');
    expect(await soldCount(customer, unpaid)).toBe(before + 1);
    await shop.cron();
    expect(await soldCount(customer, unpaid)).toBe(before + 1);
  });
});
