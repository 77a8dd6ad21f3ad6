/** What operators see of recharge at their desk: the timeline with its facts, details in plain, and the catalogue. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import {
  HALVES,
  newOrderAt,
  newPaidOrder,
  ofQuantity,
  type PlacedOrder,
  type RechargeCaller,
  rechargeOperator,
} from '../harness/recharge.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { newCustomer } from './recharge-people.ts';
import { DONE, refusal } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowsAsText } from './row-counts.ts';

let shop: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
let desk: Operator;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  operator = rechargeOperator(shop);
  desk = operatorOf(shop);
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const history = z.looseObject({
  order: z.looseObject({ status: z.string(), fulfilment: z.string(), dialect: z.string(), userId: z.string() }),
  attempts: z.array(z.looseObject({ outTradeNo: z.string(), provider: z.string(), kind: z.string() })),
  refunds: z.array(z.looseObject({ amountFen: z.int(), status: z.string(), reason: z.string().nullable() })),
  log: z.array(
    z.strictObject({
      seq: z.int(),
      at: z.string(),
      actor: z.string(),
      type: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      reason: z.string().nullable(),
      facts: z.record(z.string(), z.json()).optional(),
    }),
  ),
  commission: z.null(),
  details: z.record(z.string(), z.json()),
});

async function shown({ orderNo }: { orderNo: string }) {
  const received = await desk.get(`/orders/${orderNo}`);
  if (received.status !== 200) throw new Error(received.text);
  return history.parse(received.json);
}

async function orderNoOf(id: number): Promise<string> {
  const { json } = await customer.detail(id);
  return z.object({ data: z.object({ order_number: z.string() }) }).parse(json).data.order_number;
}

/** The last line of an order's timeline. */
const last = async (order: PlacedOrder) => (await shown(order)).log.at(-1);

describe('the timeline', () => {
  test('says what the supplier calls it, who said so, and why', async () => {
    const order = await newOrderAt(shop, customer, 'pending_recharge');
    const numbers = { api_order_number: '订单-1 α', api_trade_num: 'T'.repeat(64) };
    expect(seen(await operator.recharge(order.id, { ...numbers, remark: '第一次充值' }))).toEqual(DONE);
    expect(await last(order)).toEqual({
      seq: expect.any(Number),
      at: new Date().toISOString(),
      actor: desk.actor,
      type: 'fulfilment_advanced',
      from: 'unfulfilled',
      to: 'in_progress',
      reason: '第一次充值',
      facts: { apiId: 123, apiOrderNumber: '订单-1 α', apiTradeNum: 'T'.repeat(64) },
    });
  });

  test('keeps each try of a supplier', async () => {
    const order = await newOrderAt(shop, customer, 'pending_recharge');
    for (const nth of [1, 2]) {
      await operator.recharge(order.id, { api_order_number: `API-${nth}`, api_trade_num: `TRADE-${nth}` });
      await operator.fail(order.id, `没有成功 ${nth}`);
      await operator.putStatus(order.id, 'pending_recharge', `再试 ${nth}`);
    }
    const steps = (await shown(order)).log.filter(({ type }) => type === 'fulfilment_advanced');
    expect(steps.map(({ to, reason, facts }) => [to, reason, facts?.['apiOrderNumber']])).toEqual([
      ['in_progress', null, 'API-1'],
      ['failed', '没有成功 1', undefined],
      ['unfulfilled', '再试 1', undefined],
      ['in_progress', null, 'API-2'],
      ['failed', '没有成功 2', undefined],
      ['unfulfilled', '再试 2', undefined],
    ]);
  });

  test('says how much was recharged', async () => {
    const { id, orderNo } = await newPaidOrder(shop, customer, ofQuantity(5));
    await operator.recharge(id);
    await operator.partial(id, 2, 3, { remark: '部分充值备注' });
    expect(await last({ id, orderNo })).toMatchObject({
      from: 'in_progress',
      to: 'partially_fulfilled',
      reason: '部分充值备注',
      facts: { rechargedQuantity: 2, remainingQuantity: 3 },
    });
  });

  test('says under which number a payment was made elsewhere', async () => {
    const order = await customer.newOrder();
    await operator.payment(order.id, 'PAY123456', { remark: '支付备注' });
    expect(await last(order)).toMatchObject({
      actor: desk.actor,
      type: 'order_paid',
      reason: '支付备注',
      facts: { outTradeNo: `${order.orderNo}0001`, transactionId: 'PAY123456' },
    });
    expect((await shown(order)).attempts).toMatchObject([
      { outTradeNo: `${order.orderNo}0001`, provider: 'by-hand', kind: 'by_hand', transactionId: 'PAY123456' },
    ]);
  });

  test('says into which orders one was split, and of which one each is a part', async () => {
    const order = await newOrderAt(shop, customer, 'pending_recharge');
    const ids = await operator.newParts(order.id, HALVES);
    const numbers = await Promise.all(ids.map(orderNoOf));
    expect(await last(order)).toMatchObject({ type: 'order_split', to: 'split', facts: { parts: numbers } });
    for (const [nth, id] of ids.entries()) {
      const part = await shown({ orderNo: numbers[nth] ?? '' });
      expect(part.order).toMatchObject({ dialect: 'recharge', status: 'paid', userId: String(customer.userId) });
      expect(part.log).toMatchObject([
        { type: 'order_split_off', facts: { parentNo: order.orderNo, amountFen: 10_000 } },
      ]);
      expect(part.details).toMatchObject({ quantity: 1, parentNo: order.orderNo });
      expect(id).toBeGreaterThan(order.id);
    }
  });

  test('gives reasons and remarks in the words of those who wrote them, and nobody reads them without the key', async () => {
    const words = ['理由-13912345678', '备注-13912345678'];
    const [refund_reason = '', remark = ''] = words;
    const order = await newOrderAt(shop, customer, 'failed');
    await operator.refund(order.id, 1, { refund_reason, remark });
    const cancelled = await customer.newOrder();
    await customer.cancel(cancelled.id, refund_reason, { remark });
    await operator.cancel((await customer.newOrder()).id, refund_reason, { remark: ' ' });
    expect((await shown(order)).refunds).toMatchObject([
      { amountFen: 100, status: 'succeeded', reason: `${refund_reason}\n${remark}` },
    ]);
    expect(await last(cancelled)).toMatchObject({
      type: 'order_cancelled',
      actor: `user:${customer.userId}`,
      reason: `${refund_reason}\n${remark}`,
    });
    const other = await newOrderAt(shop, customer, 'pending_recharge');
    await operator.split(other.id, HALVES, { remark });
    expect(await last(other)).toMatchObject({ reason: remark });
    expect((await rowsAsText()).filter((row) => words.some((one) => row.includes(one)))).toEqual([]);
  });

  test('is no customer’s to see', async () => {
    const order = await newOrderAt(shop, customer, 'partial');
    for (const { text } of [await customer.detail(order.id), await customer.list()]) {
      expect(text).not.toMatch(/API123456|TRADE123456|apiId|facts|parent/i);
    }
  });
});

test('the details of an order are all that was asked for, in plain', async () => {
  const order = await customer.newOrder({ ...ofQuantity(3), payment_method: 'wechat', remark: '备注 😀' });
  const { details, order: terms, commission } = await shown(order);
  expect(details).toEqual({ productId: 123, quantity: 3, paymentMethod: 'wechat', remark: '备注 😀' });
  expect(terms).toMatchObject({ dialect: 'recharge', userId: String(customer.userId), amountFen: 30_000 });
  expect(commission).toBeNull();
});

const advance = ({ orderNo }: PlacedOrder, to: string, remark?: string) =>
  desk.post(`/orders/${orderNo}/fulfilment`, { to, remark });

describe('the work', () => {
  test('goes by the same table: in_progress is recharging, completed is success, failed is failed', async () => {
    const order = await newOrderAt(shop, customer, 'pending_recharge');
    expect((await advance(order, 'in_progress')).status).toBe(200);
    expect(await customer.statusOf(order.id)).toBe('recharging');
    expect((await advance(order, 'failed', '失败原因')).status).toBe(200);
    expect(await customer.statusOf(order.id)).toBe('failed');
    const other = await newOrderAt(shop, customer, 'partial');
    expect((await advance(other, 'completed')).status).toBe(200);
    expect(await customer.statusOf(other.id)).toBe('success');
  });

  test.each([
    ['pending_payment', ['in_progress', 'completed', 'failed', 'fulfilled']],
    ['pending_recharge', ['completed', 'fulfilled']],
    ['recharging', ['in_progress', 'fulfilled']],
    ['partial', ['fulfilled']],
    ['failed', ['in_progress', 'completed', 'failed', 'fulfilled']],
    ['success', ['in_progress', 'completed', 'failed', 'fulfilled']],
    ['refunded', ['in_progress', 'completed', 'failed', 'fulfilled']],
    ['cancelled', ['in_progress', 'completed', 'failed', 'fulfilled']],
    ['split', ['in_progress', 'completed', 'failed', 'fulfilled']],
  ])('of an order that is %s does not go to %j', async (station, targets) => {
    const order = await newOrderAt(shop, customer, station);
    for (const to of targets) expect(problemOf(await advance(order, to))).toEqual([409, 'move_not_allowed']);
    expect(await customer.statusOf(order.id)).toBe(station);
  });

  test('of what is left of an order is refunded there, too, and no more than that', async () => {
    const order = await newOrderAt(shop, customer, 'partial');
    const refund = (amountFen: number) => desk.post(`/orders/${order.orderNo}/refunds`, { amountFen, reason: 'x' });
    expect(problemOf(await refund(10_001))).toEqual([409, 'refund_exceeds_paid']);
    expect((await refund(10_000)).status).toBe(200);
    expect(await customer.statusOf(order.id)).toBe('refunded');
    const recharging = await newOrderAt(shop, customer, 'recharging');
    const early = await desk.post(`/orders/${recharging.orderNo}/refunds`, { amountFen: 1, reason: 'x' });
    expect(problemOf(early)).toEqual([409, 'move_not_allowed']);
  });
});

describe('the catalogue', () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['products', '71', { name: '流量包 10GB', priceFen: 0 }],
    ['suppliers', '72', { name: '供应商乙' }],
  ])('of %s takes a row, shows it, lists it, and gives it up', async (kind, id, body) => {
    const path = `/catalog/${kind}/${id}`;
    expect((await desk.put(path, body)).json).toEqual({ id, ...body });
    expect((await desk.get(path)).json).toEqual({ id, ...body });
    const listed = z.object({ items: z.array(z.looseObject({ id: z.string() })) });
    const { items } = listed.parse((await desk.get(`/catalog/${kind}?limit=100`)).json);
    expect(items.find((item) => item.id === id)).toEqual({ id, ...body });
    expect((await desk.remove(path)).status).toBe(204);
    expect(problemOf(await desk.get(path))).toEqual([404, 'item_not_found']);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['products', { name: 'x', priceFen: -1 }, 'priceFen'],
    ['products', { name: 'x', priceFen: 1.5 }, 'priceFen'],
    ['products', { name: 'x', priceFen: '100' }, 'priceFen'],
    ['products', { name: 'x', priceFen: 10_000_000_001 }, 'priceFen'],
    ['products', { name: 'x' }, 'priceFen'],
    ['products', { name: '', priceFen: 1 }, 'name'],
    ['products', { name: 'a\nb', priceFen: 1 }, 'name'],
    ['products', { name: 'x'.repeat(257), priceFen: 1 }, 'name'],
    ['products', { priceFen: 1 }, 'name'],
    ['products', { name: 'x', priceFen: 1, price: 1 }, 'price'],
    ['suppliers', {}, 'name'],
    ['suppliers', { name: 'a\u202eb' }, 'name'],
    ['suppliers', { name: 'x', secret: 'x' }, 'secret'],
  ])('%s with %j', async (kind, body, field) => {
    const before = await rowsAsText();
    expect(problemOf(await desk.put(`/catalog/${kind}/73`, body))).toEqual([400, 'invalid_input', field]);
    expect(await rowsAsText()).toEqual(before);
  });

  test.each(['products', 'suppliers'])('%s have whole numbers for ids', async (kind) => {
    for (const id of ['0', '-1', '01', '1.5', 'x', '1'.repeat(16)]) {
      const body = { name: 'x', ...(kind === 'products' ? { priceFen: 1 } : {}) };
      expect(problemOf(await desk.put(`/catalog/${kind}/${id}`, body))).toEqual([400, 'invalid_input', 'id']);
    }
  });

  test('a supplier that is taken out recharges nothing more, and stays on the timelines', async () => {
    await desk.put('/catalog/suppliers/74', { name: '供应商丙' });
    const [first, second] = [
      await newOrderAt(shop, customer, 'pending_recharge'),
      await newOrderAt(shop, customer, 'pending_recharge'),
    ];
    expect(seen(await operator.recharge(first.id, { api_id: 74 }))).toEqual(DONE);
    await desk.remove('/catalog/suppliers/74');
    expect(seen(await operator.recharge(second.id, { api_id: 74 }))).toEqual(refusal(1002, '供应商不存在'));
    expect(await last(first)).toMatchObject({ facts: { apiId: 74 } });
  });

  test('the demo rows are what the contract names', async () => {
    const rows = ['products/123', 'suppliers/123', 'users/456'];
    expect(await Promise.all(rows.map(async (row) => (await desk.get(`/catalog/${row}`)).json))).toEqual([
      { id: '123', name: '话费充值100元', priceFen: 10_000 },
      { id: '123', name: '演示供应商' },
      expect.objectContaining({ id: '456' }),
    ]);
  });
});
