/** Somebody else's order at the medical companion answers exactly like one that does not exist, on every call. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CompanionCustomer, companionCustomer, type PlacedOrder } from '../harness/companion.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { customerOf } from './customer.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { completeOrder, decideOnRefund } from './operator-desk.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

/** An id that no order has. */
const NOBODYS_ORDER = 987_654_321;
const NOT_FOUND = refusal(404, '订单不存在');

let shop: Shop;
let owner: CompanionCustomer;
let stranger: CompanionCustomer;
let operator: CompanionCustomer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  owner = await newCustomer(shop);
  stranger = await newCustomer(shop);
  operator = companionCustomer(shop, { ...owner, userId: 9001 }, 'operator');
  shop.wechatPay.refunds.setCourse('at_once');
});

/** All that a stranger can see of an answer; the request's own number differs with every request. */
function everything({ status, text, headers }: Received) {
  const { 'x-request-id': _requestId, 'x-d1-bookmark': _bookmark, ...rest } = Object.fromEntries(headers);
  return { status, text, headers: rest };
}

/** One order in each state that an order can be in. */
const STATES: Readonly<Record<string, () => Promise<PlacedOrder>>> = {
  new: () => owner.newOrder(),
  'with a payment open': async () => {
    const order = await owner.newOrder();
    await owner.newTicket(order.orderId);
    return order;
  },
  paid: () => owner.newPaidOrder(),
  completed: async () => {
    const order = await owner.newPaidOrder();
    await completeOrder(order.orderNo);
    return order;
  },
  'with a refund that was asked for': async () => {
    const order = await owner.newPaidOrder();
    await owner.newRefund(order.orderId, 1);
    return order;
  },
  refunded: async () => {
    const order = await owner.newPaidOrder();
    await owner.newRefund(order.orderId, 299);
    await decideOnRefund(order.orderNo, 'approve');
    return order;
  },
  cancelled: async () => {
    const order = await owner.newOrder();
    await owner.cancel(order.orderId);
    return order;
  },
  'run out': async () => {
    const order = await owner.newOrder();
    shop.pass(1_800_000);
    return order;
  },
};

const CALLS: Readonly<Record<string, (customer: CompanionCustomer, orderId: number | string) => Promise<Received>>> = {
  'GET /api/order/detail/:id': (customer, orderId) => customer.detail(orderId),
  'POST /api/order/pay/:id at WeChat': (customer, orderId) => customer.pay(orderId),
  'POST /api/order/pay/:id at Alipay': (customer, orderId) => customer.payByAlipay(orderId),
  'POST /api/order/cancel/:id': (customer, orderId) => customer.cancel(orderId, { reason: 'x' }),
  'POST /api/order/refund/:id': (customer, orderId) => customer.refund(orderId, 1),
};

describe.each(Object.entries(STATES))("somebody else's order, %s", (_state, make) => {
  test.each(Object.entries(CALLS))('%s tells nothing and changes nothing', async (_call, call) => {
    const { orderId } = await make();
    // A stranger must not learn of it from the gate's memory either.
    await owner.pay(orderId);
    const before = [await rowCounts(), everything(await owner.detail(orderId))];
    const foreign = await call(stranger, orderId);
    expect(seen(foreign)).toEqual(NOT_FOUND);
    expect(everything(foreign)).toEqual(everything(await call(stranger, NOBODYS_ORDER)));
    expect([await rowCounts(), everything(await owner.detail(orderId))]).toEqual(before);
  });
});

test('a bad body is refused before anybody looks for the order', async () => {
  const { orderId } = await owner.newOrder();
  for (const call of ['pay', 'refund', 'cancel']) {
    const [foreign, missing] = await Promise.all(
      [orderId, NOBODYS_ORDER].map((id) => stranger.send(`/${call}/${id}`, { body: { nonsense: 1 } })),
    );
    expect(foreign?.status).toBe(400);
    expect(foreign?.text).toBe(missing?.text);
  }
});

test("a stranger's list holds none of it", async () => {
  await owner.newOrder();
  expect((await stranger.list()).json).toMatchObject({ data: { list: [], total: 0 } });
});

test('a customer who calls themselves operator in the request is none', async () => {
  const { orderId } = await owner.newOrder();
  const claims = [
    { path: `/detail/${orderId}?role=operator&userId=${owner.userId}` },
    { path: `/detail/${orderId}`, headers: { 'x-role': 'operator', 'x-user-id': String(owner.userId) } },
  ];
  for (const { path, headers = {} } of claims) {
    expect(seen(await stranger.send(path, { headers }))).toEqual(NOT_FOUND);
  }
});

/** The id of an order of any dialect. */
async function idOf(orderNo: string): Promise<number> {
  const row = await env.DB.prepare('SELECT id FROM orders WHERE order_no = ?1').bind(orderNo).first<{ id: number }>();
  return row?.id ?? 0;
}

describe('an order of another dialect', () => {
  test.each(Object.entries(CALLS))(
    'is none of this one: %s, not even for its owner or an operator',
    async (_call, call) => {
      const neighbour = customerOf(shop, String(owner.userId));
      const id = await idOf(await neighbour.newOrder());
      const before = await rowCounts();
      for (const customer of [owner, operator]) {
        expect(everything(await call(customer, id))).toEqual(everything(await call(customer, NOBODYS_ORDER)));
      }
      expect(await rowCounts()).toEqual(before);
    },
  );

  test('and the other way round', async () => {
    const { orderId, orderNo } = await owner.newOrder();
    const neighbour = customerOf(shop, String(owner.userId));
    expect((await neighbour.detail(orderNo)).json).toMatchObject({ data: null });
    expect((await neighbour.pay(orderNo)).status).toBe(404);
    expect((await neighbour.remove(orderNo)).status).toBe(404);
    expect(await owner.statusOf(orderId)).toBe('pending_pay');
  });
});

test('an order that never was, and what is no id at all, are the same', async () => {
  const { orderNo } = await owner.newOrder();
  const nothing = everything(await owner.detail(NOBODYS_ORDER));
  for (const id of ['0', '-1', '1.5', 'x', orderNo, '9007199254740993', '%00', '01']) {
    expect([id, everything(await owner.detail(id))]).toEqual([id, nothing]);
  }
});

test('an operator sees, pays for, cancels and refunds the orders of all', async () => {
  const { orderId } = await owner.newOrder();
  expect((await operator.detail(orderId)).json).toMatchObject({ data: { id: orderId, userId: owner.userId } });
  expect((await operator.pay(orderId)).status).toBe(200);
  expect((await operator.cancel(orderId)).status).toBe(200);
  const paid = await owner.newPaidOrder();
  expect((await operator.refund(paid.orderId, 1)).status).toBe(200);
});

test('a token whose user is no number is for other dialects', async () => {
  for (const userId of ['1fba29cd8cc72f1ad', '-1', '1.5', '99999999999999999', '１', ' 1']) {
    const received = await shop.send('/api/order/list?userId=1', { token: await shop.token(userId) });
    expect(seen(received)).toEqual(refusal(401, '未登录或登录已失效'));
  }
});
