/** Paths of the medical companion that name no order, or no call at all: unknown, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type CompanionCustomer, orderFor } from '../harness/companion.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';
import { STRANGE_IDS } from './strange-ids.ts';

const NO_ORDER = refusal(404, '订单不存在');
const NO_ROUTE = refusal(404, '接口不存在');

let shop: Shop;
let customer: CompanionCustomer;
let orderId: number;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  ({ orderId } = await customer.newOrder());
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

test.each(STRANGE_IDS.map((one) => [...one] as const))('%s names no order', async (_what, write) => {
  const id = write(orderId);
  expect(seen(await customer.detail(id))).toEqual(NO_ORDER);
  expect(seen(await customer.pay(id))).toEqual(NO_ORDER);
  expect(seen(await customer.cancel(id))).toEqual(NO_ORDER);
  expect(seen(await customer.refund(id, 1))).toEqual(NO_ORDER);
  expect(await rowCounts()).toEqual(before);
});

describe('no call', () => {
  test.each([
    ['GET', ''],
    ['POST', ''],
    ['GET', '/submit'],
    ['PUT', '/submit'],
    ['DELETE', '/submit'],
    ['POST', '/list'],
    ['POST', '/detail/1'],
    ['GET', '/pay/1'],
    ['GET', '/cancel/1'],
    ['GET', '/refund/1'],
    ['POST', '/pay'],
    ['POST', '/cancel'],
    ['POST', '/refund'],
    ['GET', '/detail'],
    ['GET', '/detail/1/2'],
    ['GET', '/1'],
    ['DELETE', '/detail/1'],
    ['PATCH', '/cancel/1'],
    ['OPTIONS', '/list'],
    ['GET', '//list'],
    ['GET', '/List'],
    ['POST', '/Submit'],
    ['GET', `/${'a/'.repeat(3000)}`],
  ])('%s /api/order%s answers in the dialect’s shape', async (method, path) => {
    expect(seen(await customer.send(path, { method }))).toEqual(NO_ROUTE);
    expect(await rowCounts()).toEqual(before);
  });

  test('and only to who may ask', async () => {
    expect(seen(await customer.send('/no/such/path', { token: null }))).toEqual(refusal(401, '未登录或登录已失效'));
  });

  test.each(['/API/order/list', '/Api/order/list', '/api/orders/list', '/api/orderlist', '/api//order/list'])(
    '%s belongs to somebody else, or to nobody',
    async (path) => {
      const received = await shop.send(`${path}?userId=1`, { token: await shop.token('1') });
      expect(received.status).toBe(404);
      expect(seen(received)).not.toEqual(NO_ROUTE);
    },
  );
});

test('a trailing slash changes nothing', async () => {
  const { userId } = customer;
  const calls = [
    { path: '/list', query: `?userId=${userId}` },
    { path: `/detail/${orderId}` },
    { path: `/pay/${orderId}`, body: { paymentMethod: 'paypal' } },
    { path: `/refund/${orderId}`, body: { reason: 'x', refundAmount: 1 } },
    { path: '/cancel/0', method: 'POST' },
  ];
  for (const { path, query = '', ...sent } of calls) {
    const [without, withSlash] = [
      await customer.send(path + query, sent),
      await customer.send(`${path}/${query}`, sent),
    ];
    expect(seen(withSlash)).toEqual(seen(without));
  }
  expect((await customer.send('/submit/', { body: orderFor(customer) })).status).toBe(200);
});
