/** Who may do what at recharge: by role, and never to somebody else's order, which answers like one that does not exist. */
import { env } from 'cloudflare:workers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { STATUSES } from '../../src/dialects/recharge/status.ts';
import { checkBooks } from '../harness/check-books.ts';
import {
  HALVES,
  newOrderAt,
  type RechargeCaller,
  rechargeCaller,
  rechargeOperator,
  type StationedOrder,
} from '../harness/recharge.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { customerOf } from './customer.ts';
import { newCustomer } from './recharge-people.ts';
import { DONE, FORBIDDEN, NO_ORDER, UNKNOWN_CALLER } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

/** An id that no order has. */
const NOBODYS_ORDER = 987_654_321;

let shop: Shop;
let owner: RechargeCaller;
let stranger: RechargeCaller;
let operator: RechargeCaller;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  owner = await newCustomer(shop);
  stranger = await newCustomer(shop);
  operator = rechargeOperator(shop);
});
afterAll(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** All that a stranger can see of an answer; the request's own number differs with every request. */
function everything({ status, text, headers }: Received) {
  const { 'x-request-id': _requestId, 'x-d1-bookmark': _bookmark, ...rest } = Object.fromEntries(headers);
  return { status, text, headers: rest };
}

type Call = (who: RechargeCaller, id: number | string, order: StationedOrder) => Promise<Received>;

/** The calls that are a customer's as well as an operator's. */
const SHARED: Readonly<Record<string, Call>> = {
  'GET /api/v1/order/:id': (who, id) => who.detail(id),
  'POST /api/v1/order/:id/pay': (who, id) => who.pay(id),
  'POST /api/v1/order/:id/pay for a code': (who, id) => who.pay(id, { scene: 'qr' }),
  'POST /api/v1/order/:id/payment': (who, id, { orderNo }) => who.payment(id, `${orderNo}0001`),
  'POST /api/v1/order/:id/payment of nobody’s': (who, id) => who.payment(id, 'PAY123456'),
  'POST /api/v1/order/:id/cancel': (who, id) => who.cancel(id),
};

/** The calls that are an operator's. */
const OPERATORS: Readonly<Record<string, Call>> = {
  'PUT /api/v1/order/:id/status': (who, id) => who.putStatus(id, 'recharging'),
  'PUT /api/v1/order/:id/status to cancel': (who, id) => who.putStatus(id, 'cancelled'),
  'PUT /api/v1/order/:id/status to refund': (who, id) => who.putStatus(id, 'refunded'),
  'POST /api/v1/order/:id/recharge': (who, id) => who.recharge(id),
  'POST /api/v1/order/:id/success': (who, id) => who.success(id),
  'POST /api/v1/order/:id/fail': (who, id) => who.fail(id),
  'POST /api/v1/order/:id/refund': (who, id) => who.refund(id, 1),
  'POST /api/v1/order/:id/split': (who, id) => who.split(id, HALVES),
  'POST /api/v1/order/:id/partial': (who, id) => who.partial(id, 1, 1),
};

describe.each(STATUSES)("somebody else's order, %s", (status) => {
  let order: StationedOrder;
  beforeAll(async () => {
    order = await newOrderAt(shop, owner, status);
    // A stranger must not learn of it from the gate's memory either.
    await owner.pay(order.id);
  });

  test.each(Object.entries(SHARED))('%s tells nothing and changes nothing', async (_call, call) => {
    const before = [await rowCounts(), everything(await owner.detail(order.id))];
    const foreign = await call(stranger, order.id, order);
    expect(seen(foreign)).toEqual(NO_ORDER);
    expect(everything(foreign)).toEqual(everything(await call(stranger, NOBODYS_ORDER, order)));
    expect([await rowCounts(), everything(await owner.detail(order.id))]).toEqual(before);
  });

  test.each(Object.entries(OPERATORS))('%s is no more than forbidden', async (_call, call) => {
    const before = [await rowCounts(), everything(await owner.detail(order.id))];
    const foreign = await call(stranger, order.id, order);
    expect(seen(foreign)).toEqual(FORBIDDEN);
    expect(everything(foreign)).toEqual(everything(await call(stranger, NOBODYS_ORDER, order)));
    expect(everything(foreign)).toEqual(everything(await call(owner, order.id, order)));
    expect([await rowCounts(), everything(await owner.detail(order.id))]).toEqual(before);
  });
});

test('what is an operator’s is forbidden before anything is read of the request', async () => {
  const { id } = await newOrderAt(shop, owner, 'pending_recharge');
  for (const path of ['status', 'recharge', 'success', 'fail', 'refund', 'split', 'partial']) {
    const method = path === 'status' ? 'PUT' : 'POST';
    for (const body of [undefined, 'no JSON', '{}', '{"nonsense":1}']) {
      expect(seen(await owner.send(`/${id}/${path}`, { method, body }))).toEqual(FORBIDDEN);
      expect(seen(await owner.send(`/x/${path}`, { method, body }))).toEqual(FORBIDDEN);
    }
  }
});

test('a bad body is refused before anybody looks for the order', async () => {
  const { id } = await newOrderAt(shop, owner, 'pending_payment');
  for (const call of ['pay', 'payment', 'cancel']) {
    const [foreign, missing] = await Promise.all(
      [id, NOBODYS_ORDER].map((one) => stranger.send(`/${one}/${call}`, { body: { nonsense: 1 } })),
    );
    expect(foreign?.json).toMatchObject({ code: 1001 });
    expect(foreign?.text).toBe(missing?.text);
  }
});

test('an operator sees the orders of all, and pays for, records, cancels and works on them', async () => {
  const order = await newOrderAt(shop, owner, 'pending_payment');
  expect((await operator.detail(order.id)).json).toMatchObject({ data: { customer_id: owner.userId } });
  expect((await operator.pay(order.id)).status).toBe(200);
  expect(seen(await operator.cancel(order.id))).toEqual(DONE);
  const other = await newOrderAt(shop, owner, 'pending_payment');
  expect(seen(await operator.payment(other.id, 'PAY-BY-OPERATOR'))).toEqual(DONE);
  expect(seen(await operator.recharge(other.id))).toEqual(DONE);
});

test('a customer who calls themselves operator in the request is none', async () => {
  const { id } = await newOrderAt(shop, owner, 'pending_recharge');
  const headers = { 'x-role': 'operator', 'x-user-id': '9001' };
  expect(seen(await stranger.send(`/${id}?role=operator&customer_id=${owner.userId}`, { headers }))).toEqual(NO_ORDER);
  expect(seen(await owner.send(`/${id}/success?role=operator`, { method: 'POST', headers }))).toEqual(FORBIDDEN);
  const token = await shop.token(String(owner.userId), { role: 'Operator' });
  expect(seen(await owner.send(`/${id}/success`, { method: 'POST', token }))).toEqual(UNKNOWN_CALLER);
});

test('an operator’s id is no customer’s without the role', async () => {
  const { id } = await newOrderAt(shop, owner, 'pending_recharge');
  const impostor = rechargeCaller(shop, 9001, 'customer');
  expect(seen(await impostor.detail(id))).toEqual(NO_ORDER);
  expect(seen(await impostor.success(id))).toEqual(FORBIDDEN);
});

/** The id of an order of any dialect. */
async function idOf(orderNo: string): Promise<number> {
  const row = await env.DB.prepare('SELECT id FROM orders WHERE order_no = ?1').bind(orderNo).first<{ id: number }>();
  return row?.id ?? 0;
}

describe('an order of another dialect', () => {
  test.each(Object.entries({ ...SHARED, ...OPERATORS }))('is none of this one: %s', async (_call, call) => {
    const neighbour = customerOf(shop, String(owner.userId));
    const { orderId: orderNo } = await neighbour.paidOrder();
    const id = await idOf(orderNo);
    const order = { id, orderNo, paymentId: null };
    const before = await rowCounts();
    for (const caller of [owner, operator]) {
      expect(everything(await call(caller, id, order))).toEqual(everything(await call(caller, NOBODYS_ORDER, order)));
    }
    expect(seen(await call(operator, id, order))).toEqual(NO_ORDER);
    expect(await rowCounts()).toEqual(before);
  });

  test('and the other way round', async () => {
    const { id, orderNo } = await newOrderAt(shop, owner, 'pending_payment');
    const neighbour = customerOf(shop, String(owner.userId));
    expect((await neighbour.detail(orderNo)).json).toMatchObject({ data: null });
    expect((await neighbour.pay(orderNo)).status).toBe(404);
    expect((await neighbour.remove(orderNo)).status).toBe(404);
    expect(await owner.statusOf(id)).toBe('pending_payment');
  });
});

test('a token whose user is no number is for other dialects', async () => {
  for (const userId of ['1fba29cd8cc72f1ad', '-1', '1.5', '99999999999999999', '１', ' 1']) {
    for (const role of ['customer', 'operator']) {
      const received = await shop.send('/api/v1/order/list', { token: await shop.token(userId, { role }) });
      expect(seen(received)).toEqual(UNKNOWN_CALLER);
    }
  }
});
