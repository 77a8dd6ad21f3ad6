/** Numbers that are no order's, and paths that are no call of subscriptions: unknown, and nothing is written. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openShop, type Shop } from '../harness/shop.ts';
import {
  BASES,
  EXAMPLE_ORDER,
  METHODS,
  type SubscriptionCustomer,
  subscriptionCustomer,
} from '../harness/subscription.ts';
import { rowCounts } from './row-counts.ts';
import { STRANGE_IDS } from './strange-ids.ts';
import { newCustomer } from './subscription-people.ts';
import { NO_ORDER, NOT_PAYABLE, refusal, said, UNKNOWN_CALLER } from './subscription-refusal.ts';

const NO_ROUTE = refusal(404, '接口不存在');

let shop: Shop;
let customer: SubscriptionCustomer;
let tradeNo: string;
let id: number;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  tradeNo = await customer.newOrder();
  ({ id } = await customer.shown(tradeNo));
});

let before: Record<string, number>;
beforeEach(async () => {
  before = await rowCounts();
});

/** What an address says once it is read; what cannot be read says itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An order's number, written so that nobody can mean it. */
const ALMOST: readonly [what: string, write: (tradeNo: string) => string][] = [
  ['its id', () => String(id)],
  ['a blank behind it', (no) => `${no}%20`],
  ['a blank in front of it', (no) => `%20${no}`],
  ['a line end behind it', (no) => `${no}%0A`],
  ['NUL behind it', (no) => `${no}%00`],
  ['a zero in front of it', (no) => `0${no}`],
  ['a digit less', (no) => no.slice(1)],
  ['a digit more', (no) => `${no}0`],
  ['another last digit', (no) => no.slice(0, -1) + ((Number(no.slice(-1)) + 1) % 10)],
  ['the number of its payment', (no) => `${no}0001`],
  ['the number of a recharge', (no) => `ORD${no}`],
  ['a fraction', (no) => `${no}.0`],
  ['two of them', (no) => `${no},${no}`],
  ['SQL', (no) => `${no}%27%20OR%20%271%27=%271`],
  ['a pattern', () => '20%25'],
  [
    'full-width digits',
    (no) => encodeURIComponent(no.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit)))),
  ],
];

describe.each([
  ...STRANGE_IDS.map(([what, write]) => [what, () => write(id)] as const),
  ...ALMOST.map(([what, write]) => [what, () => write(tradeNo)] as const),
])('%s', (_what, write) => {
  test('names no order', async () => {
    expect(said(await customer.check(write()))).toEqual(NO_ORDER);
    expect(said(await customer.details(write()))).toEqual(NO_ORDER);
    expect(said(await customer.cancel(decoded(write())))).toEqual(NO_ORDER);
    for (const method of [METHODS.wechatCode, METHODS.alipayPage, undefined]) {
      expect(said(await customer.checkout(decoded(write()), method))).toEqual(NOT_PAYABLE);
    }
    expect(await rowCounts()).toEqual(before);
  });
});

describe.each(BASES)('no call below %s', (base) => {
  test.each([
    ['GET', ''],
    ['POST', ''],
    ['GET', '/save'],
    ['PUT', '/save'],
    ['GET', '/checkout'],
    ['DELETE', '/checkout'],
    ['GET', '/cancel'],
    ['DELETE', '/cancel'],
    ['PATCH', '/cancel'],
    ['POST', '/fetch'],
    ['POST', '/check'],
    ['POST', '/details'],
    ['POST', '/getPaymentMethod'],
    ['OPTIONS', '/fetch'],
    ['GET', '/getpaymentmethod'],
    ['GET', '/Fetch'],
    ['POST', '/Save'],
    ['GET', '/detail'],
    ['GET', '/fetch/1'],
    ['GET', '/check/2022112205568384235292'],
    ['GET', '//fetch'],
    ['GET', '/plan'],
    ['GET', `/${'a/'.repeat(3000)}`],
  ])('%s %s answers in the dialect’s shape', async (method, path) => {
    const who = subscriptionCustomer(shop, customer.userId, { base });
    expect(said(await who.send(path, { method }))).toEqual(NO_ROUTE);
    expect(await rowCounts()).toEqual(before);
  });

  test('and only to who may ask', async () => {
    const who = subscriptionCustomer(shop, customer.userId, { base });
    expect(said(await who.send('/no/such/path', { token: null }))).toEqual(UNKNOWN_CALLER);
  });
});

test.each([
  '/User/order/fetch',
  '/user/Order/fetch',
  '/user/orders/fetch',
  '/user/orderfetch',
  '/user//order/fetch',
  '/user/fetch',
  '/api/v1/user/orders/fetch',
  '/api/v1/User/order/fetch',
  '/API/v1/user/order/fetch',
  '/api/v2/user/order/fetch',
  '/api/user/order/fetch',
])('%s belongs to somebody else, or to nobody', async (path) => {
  const received = await shop.send(path, { token: await shop.token(String(customer.userId)) });
  expect(received.status).toBe(404);
  expect(received.text).not.toBe(NO_ROUTE.text);
});

test('what is below the newer base is no recharge, and the other way round', async () => {
  const token = await shop.token(String(customer.userId));
  const recharge = await shop.send('/api/v1/order/no/such/path', { token });
  expect(recharge.json).toMatchObject({ code: expect.any(Number) });
  expect(said(await shop.send('/api/v1/user/order/create', { token, body: {} }))).toEqual(NO_ROUTE);
});

test('a trailing slash changes nothing', async () => {
  const calls = [
    { path: '/fetch' },
    { path: '/fetch', query: '?status=0' },
    { path: '/getPaymentMethod' },
    { path: '/check', query: `?trade_no=${tradeNo}` },
    { path: '/details', query: `?trade_no=${tradeNo}` },
    { path: '/checkout', body: { trade_no: tradeNo, method: METHODS.wechatCode } },
    { path: '/cancel', body: { trade_no: 'x' } },
    { path: '/save', body: EXAMPLE_ORDER },
  ];
  for (const { path, query = '', ...sent } of calls) {
    const without = await customer.send(path + query, sent);
    expect(said(await customer.send(`${path}/${query}`, sent))).toEqual(said(without));
  }
});
