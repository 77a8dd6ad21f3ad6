/** Paths of recharge that name no order, or no call at all: unknown, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { HALVES, type RechargeCaller, rechargeOperator } from '../harness/recharge.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { newCustomer } from './recharge-people.ts';
import { NO_ORDER, refusal, UNKNOWN_CALLER } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';
import { STRANGE_IDS } from './strange-ids.ts';

const NO_ROUTE = refusal(404, '接口不存在');

let shop: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
let orderId: number;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  operator = rechargeOperator(shop);
  ({ id: orderId } = await customer.newOrder());
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

test.each(STRANGE_IDS.map((one) => [...one] as const))('%s names no order', async (_what, write) => {
  const id = write(orderId);
  for (const who of [customer, operator]) {
    expect(seen(await who.detail(id))).toEqual(NO_ORDER);
    expect(seen(await who.pay(id))).toEqual(NO_ORDER);
    expect(seen(await who.payment(id, 'PAY123456'))).toEqual(NO_ORDER);
    expect(seen(await who.cancel(id))).toEqual(NO_ORDER);
  }
  expect(seen(await operator.putStatus(id, 'recharging'))).toEqual(NO_ORDER);
  expect(seen(await operator.putStatus(id, 'refunded'))).toEqual(NO_ORDER);
  expect(seen(await operator.recharge(id))).toEqual(NO_ORDER);
  // Who is to recharge an order that is not there is nobody's concern.
  expect(seen(await operator.recharge(id, { api_id: 999_999 }))).toEqual(NO_ORDER);
  expect(seen(await operator.success(id))).toEqual(NO_ORDER);
  expect(seen(await operator.fail(id))).toEqual(NO_ORDER);
  expect(seen(await operator.refund(id, 1))).toEqual(NO_ORDER);
  expect(seen(await operator.split(id, HALVES))).toEqual(NO_ORDER);
  expect(seen(await operator.partial(id, 1, 1))).toEqual(NO_ORDER);
  expect(await rowCounts()).toEqual(before);
});

describe('no call', () => {
  test.each([
    ['GET', ''],
    ['POST', ''],
    ['PUT', '/create'],
    ['DELETE', '/create'],
    ['POST', '/list'],
    ['POST', '/1'],
    ['DELETE', '/1'],
    ['GET', '/1/status'],
    ['POST', '/1/status'],
    ['PATCH', '/1/status'],
    ['GET', '/1/pay'],
    ['PUT', '/1/payment'],
    ['GET', '/1/recharge'],
    ['GET', '/1/success'],
    ['GET', '/1/refund'],
    ['POST', '/pay'],
    ['POST', '/1/refunded'],
    ['POST', '/1/refund/2'],
    ['GET', '/1/2'],
    ['OPTIONS', '/list'],
    ['GET', '//list'],
    ['POST', '/Create'],
    ['GET', `/${'a/'.repeat(3000)}`],
  ])('%s /api/v1/order%s answers in the dialect’s shape', async (method, path) => {
    for (const who of [customer, operator]) expect(seen(await who.send(path, { method }))).toEqual(NO_ROUTE);
    expect(await rowCounts()).toEqual(before);
  });

  test('and only to who may ask', async () => {
    expect(seen(await customer.send('/no/such/path', { token: null }))).toEqual(UNKNOWN_CALLER);
  });

  test.each([
    '/API/v1/order/list',
    '/api/V1/order/list',
    '/api/v1/orders/list',
    '/api/v1/orderlist',
    '/api/v2/order/list',
  ])('%s belongs to somebody else, or to nobody', async (path) => {
    const received = await shop.send(path, { token: await shop.token(String(customer.userId)) });
    expect(received.status).toBe(404);
    expect(seen(received)).not.toEqual(NO_ROUTE);
  });
});

test('a trailing slash changes nothing', async () => {
  const calls = [
    { path: '/list', query: '?page_size=1' },
    { path: `/${orderId}` },
    { path: `/${orderId}/pay`, body: { scene: 'x' } },
    { path: `/${orderId}/success`, method: 'POST' },
    { path: `/${orderId}/status`, method: 'PUT', body: { status: 'split' } },
  ];
  for (const { path, query = '', ...sent } of calls) {
    const [without, withSlash] = [
      await operator.send(path + query, sent),
      await operator.send(`${path}/${query}`, sent),
    ];
    expect(seen(withSlash)).toEqual(seen(without));
  }
  const body = {
    product_id: 123,
    customer_id: customer.userId,
    quantity: 1,
    total_amount: 100,
    payment_method: 'alipay',
  };
  expect((await customer.send('/create/', { body })).status).toBe(200);
});
