/** Somebody else's subscription order answers exactly like one that does not exist, on every call. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { METHODS, STATUS, type SubscriptionCustomer, subscriptionCustomer } from '../harness/subscription.ts';
import { operatorOf } from './admin-operator.ts';
import { customerOf } from './customer.ts';
import { rowCounts } from './row-counts.ts';
import { accountOf, newCoupon, newCustomer, newPlan } from './subscription-people.ts';
import { NO_ORDER, NOT_PAYABLE, refusal, said, UNKNOWN_CALLER } from './subscription-refusal.ts';

/** A number that no order has. */
const NOBODYS_ORDER = '2022112205568384235292';

let shop: Shop;
let stranger: SubscriptionCustomer;
let operator: SubscriptionCustomer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  stranger = await newCustomer(shop, { balanceFen: 50 });
  operator = subscriptionCustomer(shop, 9001, { role: 'operator' });
  shop.wechatPay.refunds.setCourse('at_once');
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** All that a stranger can see of an answer; the request's own number differs with every request. */
function everything({ status, text, headers }: Received) {
  const { 'x-request-id': _requestId, 'x-d1-bookmark': _bookmark, ...rest } = Object.fromEntries(headers);
  return { status, text, headers: rest };
}

/** One order in each state that an order can be in. */
const STATES: Readonly<Record<string, (owner: SubscriptionCustomer) => Promise<string>>> = {
  new: (owner) => owner.newOrder(),
  'with a payment open': async (owner) => {
    const tradeNo = await owner.newOrder();
    await owner.newCode(tradeNo);
    return tradeNo;
  },
  'that costs nothing more': async (owner) => owner.newOrder({ plan_id: await newPlan(shop, { monthPriceFen: 0 }) }),
  opened: (owner) => owner.newOpenedOrder(),
  absorbed: async (owner) => {
    const tradeNo = await owner.newOpenedOrder();
    await owner.newOpenedOrder({ plan_id: 2 });
    return tradeNo;
  },
  refunded: async (owner) => {
    const tradeNo = await owner.newOpenedOrder();
    await operatorOf(shop).post(`/orders/${tradeNo}/refunds`, { amountFen: 10, reason: 'x' });
    return tradeNo;
  },
  cancelled: async (owner) => {
    const tradeNo = await owner.newOrder();
    await owner.cancel(tradeNo);
    return tradeNo;
  },
  'run out': async (owner) => {
    const tradeNo = await owner.newOrder();
    shop.pass(1_800_000);
    return tradeNo;
  },
};

const CALLS: Readonly<Record<string, (customer: SubscriptionCustomer, tradeNo: string) => Promise<Received>>> = {
  'GET /user/order/check': (customer, tradeNo) => customer.check(tradeNo),
  'GET /user/order/details': (customer, tradeNo) => customer.details(tradeNo),
  'POST /user/order/checkout by a code': (customer, tradeNo) => customer.checkout(tradeNo),
  'POST /user/order/checkout by a link': (customer, tradeNo) => customer.checkout(tradeNo, METHODS.alipayPage),
  'POST /user/order/checkout by nothing': (customer, tradeNo) => customer.checkout(tradeNo, undefined),
  'POST /user/order/cancel': (customer, tradeNo) => customer.cancel(tradeNo),
};

describe.each(Object.entries(STATES))("somebody else's order, %s", (_state, make) => {
  test.each(Object.entries(CALLS))('%s tells nothing and changes nothing', async (name, call) => {
    const owner = await newCustomer(shop);
    const tradeNo = await make(owner);
    // A stranger must not learn of it from the gate's memory either.
    await owner.details(tradeNo);
    const before = [await rowCounts(), everything(await owner.details(tradeNo))];
    const foreign = await call(stranger, tradeNo);
    expect(said(foreign)).toEqual(name.includes('checkout') ? NOT_PAYABLE : NO_ORDER);
    expect(everything(foreign)).toEqual(everything(await call(stranger, NOBODYS_ORDER)));
    expect([await rowCounts(), everything(await owner.details(tradeNo))]).toEqual(before);
  });
});

test('a bad body is refused before anybody looks for the order', async () => {
  const owner = await newCustomer(shop);
  const tradeNo = await owner.newOrder();
  for (const call of ['checkout', 'cancel']) {
    const [foreign, missing] = await Promise.all(
      [tradeNo, NOBODYS_ORDER].map((one) => stranger.send(`/${call}`, { body: { trade_no: one, nonsense: 1 } })),
    );
    expect(foreign?.status).toBe(422);
    expect(foreign?.text).toBe(missing?.text);
  }
});

test("a stranger's list holds none of it, whatever they ask for", async () => {
  const owner = await newCustomer(shop);
  await owner.newOpenedOrder();
  await owner.newOrder();
  for (const query of ['', '?status=0', '?status=3', `?user_id=${owner.userId}`, `?userId=${owner.userId}`]) {
    expect((await stranger.fetch(query)).json).toEqual({ data: [] });
  }
});

test('a customer who calls themselves operator, or somebody else, in the request is neither', async () => {
  const owner = await newCustomer(shop);
  const tradeNo = await owner.newOrder();
  const query = `?trade_no=${tradeNo}`;
  const claims = [
    { path: `/details${query}&role=operator&user_id=${owner.userId}` },
    { path: `/details${query}`, headers: { 'x-role': 'operator', 'x-user-id': String(owner.userId) } },
    // The header counts, and not the parameter beside it.
    { path: `/details${query}&auth_data=${await shop.token(String(owner.userId))}` },
  ];
  for (const { path, headers = {} } of claims) {
    expect(said(await stranger.send(path, { headers }))).toEqual(NO_ORDER);
  }
  const received = await stranger.send('/cancel', {
    body: { trade_no: tradeNo, auth_data: await shop.token(String(owner.userId)) },
  });
  expect(said(received)).toEqual(NO_ORDER);
  expect(await owner.statusOf(tradeNo)).toBe(STATUS.pending);
});

test('one user’s order, balance and coupon are nothing to another’s', async () => {
  const owner = await newCustomer(shop, { balanceFen: 300, discountPercent: 50 });
  const { code } = await newCoupon(shop, { limitUsePerUser: 1 });
  const plan_id = await newPlan(shop);
  await owner.newOpenedOrder({ plan_id, coupon_code: code });
  await owner.newOrder();
  const other = await newCustomer(shop);
  const { type, total_amount, balance_amount, discount_amount } = await other.shown(
    await other.newOrder({ plan_id, coupon_code: code }),
  );
  expect({ type, total_amount, balance_amount, discount_amount }).toEqual({
    type: 1,
    total_amount: 1800,
    balance_amount: null,
    discount_amount: 200,
  });
  expect(await accountOf(shop, owner.userId)).toMatchObject({ ledger: ['set 300', 'spent -300'] });
});

describe('an order of another dialect', () => {
  test.each(Object.entries(CALLS))(
    'is none of this one: %s, not even for its owner or an operator',
    async (_call, call) => {
      const owner = await newCustomer(shop);
      const bookingNo = await customerOf(shop, String(owner.userId)).newOrder();
      const before = await rowCounts();
      for (const customer of [owner, operator]) {
        expect(everything(await call(customer, bookingNo))).toEqual(everything(await call(customer, NOBODYS_ORDER)));
      }
      expect(await rowCounts()).toEqual({ ...before, catalog_items: expect.any(Number) });
    },
  );

  test('and the other way round', async () => {
    const owner = await newCustomer(shop);
    const tradeNo = await owner.newOrder();
    const neighbour = customerOf(shop, String(owner.userId));
    expect((await neighbour.detail(tradeNo)).json).toMatchObject({ data: null });
    expect((await neighbour.pay(tradeNo)).status).toBe(404);
    expect((await neighbour.remove(tradeNo)).status).toBe(404);
    expect(await owner.statusOf(tradeNo)).toBe(STATUS.pending);
  });

  test('does not stand in the way of a subscription', async () => {
    const owner = await newCustomer(shop);
    await customerOf(shop, String(owner.userId)).newOrder();
    expect((await owner.save()).status).toBe(200);
  });
});

test('an operator sees, checks out and cancels the orders of all, and lists their own', async () => {
  const owner = await newCustomer(shop, { balanceFen: 4 });
  const tradeNo = await owner.newOrder();
  expect(await operator.shown(tradeNo)).toMatchObject({ user_id: owner.userId, balance_amount: 4 });
  expect(await operator.statusOf(tradeNo)).toBe(STATUS.pending);
  expect((await operator.checkout(tradeNo)).status).toBe(200);
  expect((await operator.fetch()).json).toEqual({ data: [] });
  expect((await operator.cancel(tradeNo)).status).toBe(200);
  expect(await owner.statusOf(tradeNo)).toBe(STATUS.cancelled);
  expect(await accountOf(shop, owner.userId)).toEqual({
    balanceFen: 4,
    ledger: ['set 4', 'spent -4', 'returned 4'],
  });
});

test('an operator orders for themself, like anybody', async () => {
  const clerk = subscriptionCustomer(shop, 9107, { role: 'operator' });
  expect(await clerk.shown(await clerk.newOrder())).toMatchObject({ user_id: 9107 });
  expect(said(await clerk.save({ user_id: stranger.userId }))).toMatchObject({ status: 422 });
});

test('a token whose user is no number is for other dialects', async () => {
  const before = await rowCounts();
  for (const userId of ['1fba29cd8cc72f1ad', '-1', '1.5', '99999999999999999', '１', ' 1', '1 ', '0x1', '1e3']) {
    for (const path of ['/fetch', '/getPaymentMethod', '/no/such/path']) {
      const received = await shop.send(`/user/order${path}`, { token: await shop.token(userId) });
      expect(said(received)).toEqual(UNKNOWN_CALLER);
    }
  }
  expect(await rowCounts()).toEqual(before);
});

test('a plan that somebody has running is renewable for them alone', async () => {
  const plan_id = await newPlan(shop);
  const owner = await newCustomer(shop);
  await owner.newOpenedOrder({ plan_id });
  await operatorOf(shop).put(`/catalog/plans/${plan_id}`, { name: '下架', show: 0 });
  expect(said(await stranger.save({ plan_id }))).toEqual(refusal(400, '该订阅已售罄，请更换其它订阅'));
  expect((await owner.save({ plan_id })).status).toBe(200);
});
