/** Methods and paths: what is a route, what is not, and who answers for it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE_ORDER } from '../harness/booking.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { type Customer, customerOf } from './customer.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const NO_ROUTE = refusal(404, '接口不存在');
const NO_ORDER = '{"data":null,"code":0,"message":""}';

let shop: Shop;
let customer: Customer;
beforeAll(async () => {
  shop = await openShop();
  customer = customerOf(shop);
});

describe('a trailing slash changes nothing', () => {
  test('on any call', async () => {
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    const body = { order_id: orderId };
    const calls = [
      { path: '/V1/order', method: 'GET', query: '?order_type=1', status: 200 },
      { path: `/V1/order/${orderId}`, method: 'GET', status: 200 },
      { path: '/V1/order/pay', method: 'POST', body, status: 429 },
      { path: '/V1/order/pay/refund', method: 'POST', body, status: 404 },
      { path: `/V1/order/pay/${slip.payment_id}`, method: 'DELETE', status: 200 },
      { path: '/V1/order/2022112200000000000000', method: 'DELETE', status: 404 },
    ];
    for (const { path, query = '', status, ...sent } of calls) {
      const [without, withSlash] = [
        await customer.send(path + query, sent),
        await customer.send(`${path}/${query}`, sent),
      ];
      expect(seen(withSlash)).toEqual(seen(without));
      expect(without.status).toBe(status);
    }
    expect((await customer.send('/V1/order/', { body: EXAMPLE_ORDER })).status).toBe(201);
  });
});

describe('a path below the base that is no route answers in the shape of its dialect', () => {
  test.each([
    '/V1/order/2022112200000000000000/pay',
    '/V1/order/no/such/path',
    '/V1/order/pay/refund/again',
    '/V1/order/pay/refund',
    '/V1/order//',
    '/V1/order//pay',
    '/V1/order/pay//',
    '/V1/order/2022112200000000000000//',
    `/V1/order/${'a/'.repeat(5000)}`,
    `/V1/order/x/${'a'.repeat(10_240)}`,
  ])('%#', async (path) => {
    expect(seen(await customer.send(path))).toEqual(NO_ROUTE);
  });

  test('and only to who may ask', async () => {
    expect(seen(await customer.send('/V1/order/no/such/path', { token: null }))).toEqual(
      refusal(401, 'Unauthenticated.'),
    );
  });
});

describe('a path that belongs to no dialect', () => {
  test.each([
    '/',
    '/V1',
    '/V1/',
    '/v1/order',
    '/V1/Order',
    '/V1/ORDER/pay',
    '/V1/orders',
    '/V1/orderx',
    '//V1/order',
    '/V1//order',
    '/%00',
    '/V1%2Forder',
  ])('%s is 404, in JSON', async (path) => {
    const received = await customer.send(`${path}?order_type=1`);
    expect([received.status, received.json]).toEqual([404, { error: 'route_not_found' }]);
  });

  test.each(['/V1/order/../order', '/V1/order/./', '/V1/x/../order', '/V1/order/%2e%2e/order', '/V1/order/%2E'])(
    '%s is what a URL makes of it',
    async (path) => {
      expect((await customer.send(`${path}?order_type=1`)).status).toBe(200);
    },
  );
});

describe('a method', () => {
  const PATHS = [
    '/V1/order',
    '/V1/order/pay',
    '/V1/order/pay/refund',
    '/V1/order/2022112200000000000000',
    '/V1/order/pay/20221122000000000000000001',
  ];

  test.each(PATHS.flatMap((path) => ['PUT', 'PATCH', 'OPTIONS', 'TRACE', 'QUERY'].map((method) => ({ path, method }))))(
    '$method $path is no route',
    async ({ path, method }) => {
      const before = await rowCounts();
      const body = method === 'TRACE' ? {} : { body: EXAMPLE_ORDER };
      expect(seen(await customer.send(path, { method, ...body }))).toEqual(NO_ROUTE);
      expect(await rowCounts()).toEqual(before);
    },
  );

  test.each([
    ['DELETE', '/V1/order'],
    ['DELETE', '/V1/order/pay/refund/1'],
    ['POST', '/V1/order/2022112200000000000000'],
    ['GET', '/V1/order/pay/20221122000000000000000001'],
    ['POST', '/V1/order/pay/20221122000000000000000001'],
  ])('%s %s is no route', async (method, path) => {
    expect(seen(await customer.send(path, { method }))).toEqual(NO_ROUTE);
  });

  test.each([
    ['/V1/order?order_type=1', 200],
    ['/V1/order', 400],
    ['/V1/order/2022112200000000000000', 200],
    ['/V1/order/no/such/path', 404],
    ['/health', 200],
  ])('HEAD %s is its GET without the body', async (path, status) => {
    const [head, get] = [await customer.send(path, { method: 'HEAD' }), await customer.send(path)];
    expect([head.status, head.text, head.headers.get('content-type')]).toEqual([
      status,
      '',
      get.headers.get('content-type'),
    ]);
  });

  test('that a header or a parameter pretends is not believed', async () => {
    const orderId = await customer.newOrder();
    const headers = { 'x-http-method-override': 'DELETE', 'x-method-override': 'DELETE' };
    await customer.send(`/V1/order/${orderId}?_method=DELETE`, { headers });
    await customer.send(`/V1/order/${orderId}`, { method: 'POST', body: { _method: 'DELETE' }, headers });
    expect((await customer.detail(orderId)).text).not.toBe(NO_ORDER);
  });
});

test('every answer names its request, and lets no browser guess', async () => {
  for (const path of ['/health', '/V1/order?order_type=1', '/V1/order', '/nowhere']) {
    const { headers } = await customer.send(path, { headers: { 'x-request-id': 'abc-123' } });
    expect([headers.get('x-request-id'), headers.get('x-content-type-options')]).toEqual(['abc-123', 'nosniff']);
  }
});
