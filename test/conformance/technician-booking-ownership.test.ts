/** Somebody else's booking answers exactly like one that does not exist, on every call; operators see all of them. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { detailAnswer, listAnswer } from './booking-answers.ts';
import { type Customer, customerOf } from './customer.ts';
import { completeOrder, decideOnRefund } from './operator-desk.ts';
import { rowCounts } from './row-counts.ts';

/** Well-formed, of the same day, and nobody's. */
const NOBODYS_ORDER = '2022112200000000000000';

let shop: Shop;
let owner: Customer;
let stranger: Customer;

beforeAll(async () => {
  shop = await openShop();
  owner = customerOf(shop);
  stranger = customerOf(shop);
});

/** All that a stranger can see of an answer; the request's own number differs with every request. */
function everything({ status, text, headers }: Received) {
  const { 'x-request-id': _requestId, 'x-d1-bookmark': _bookmark, ...rest } = Object.fromEntries(headers);
  return { status, text, headers: rest };
}

/** One order in each state that an order can be in. */
const STATES: Readonly<Record<string, () => Promise<string>>> = {
  new: () => owner.newOrder(),
  'with an open slip': async () => {
    const orderId = await owner.newOrder();
    await owner.newSlip(orderId);
    return orderId;
  },
  paid: async () => (await owner.paidOrder()).orderId,
  completed: async () => {
    const { orderId } = await owner.paidOrder();
    await completeOrder(orderId);
    return orderId;
  },
  'with a refund that was asked for': async () => {
    const { orderId } = await owner.paidOrder();
    await owner.refund(orderId);
    return orderId;
  },
  refunded: async () => {
    const { orderId } = await owner.paidOrder();
    await owner.refund(orderId);
    await decideOnRefund(orderId, 'approve');
    return orderId;
  },
  deleted: async () => {
    const orderId = await owner.newOrder();
    await owner.remove(orderId);
    return orderId;
  },
  'run out': async () => {
    const orderId = await owner.newOrder();
    shop.pass(1_800_000);
    return orderId;
  },
};

const CALLS: Readonly<Record<string, (customer: Customer, orderId: string) => Promise<Received>>> = {
  'GET /V1/order/{order_id}': (customer, orderId) => customer.detail(orderId),
  'DELETE /V1/order/{order_id}': (customer, orderId) => customer.remove(orderId),
  'POST /V1/order/pay': (customer, orderId) => customer.pay(orderId),
  'DELETE /V1/order/pay/{payment_id}': (customer, orderId) => customer.cancelPayment(`${orderId}0001`),
  'POST /V1/order/pay/refund': (customer, orderId) => customer.refund(orderId),
};

describe.each(Object.entries(STATES))("somebody else's order, %s", (_state, make) => {
  test.each(Object.entries(CALLS))('%s tells nothing and changes nothing', async (_call, call) => {
    const orderId = await make();
    // A stranger must not learn of it from the gate's memory either.
    await owner.pay(orderId);
    const before = [await rowCounts(), everything(await owner.detail(orderId))];
    const foreign = everything(await call(stranger, orderId));
    expect(foreign).toEqual(everything(await call(stranger, NOBODYS_ORDER)));
    expect([await rowCounts(), everything(await owner.detail(orderId))]).toEqual(before);
  });
});

test("a stranger's list holds none of it", async () => {
  const { data } = listAnswer.parse((await stranger.list('?order_type=1')).json);
  expect(data).toMatchObject({ data: [], from: null, to: null, next_page_url: null });
});

test('a customer who calls themselves operator in the request is none', async () => {
  const orderId = await owner.newOrder();
  const claims = [
    { path: `/V1/order/${orderId}?role=operator&user_id=${owner.userId}` },
    { path: `/V1/order/${orderId}`, headers: { 'x-role': 'operator', 'x-user-id': owner.userId } },
  ];
  for (const { path, headers = {} } of claims) {
    expect((await stranger.send(path, { headers })).text).toBe('{"data":null,"code":0,"message":""}');
  }
});

test('an order of another dialect is none of this one, not even for its owner or an operator', async () => {
  const orderId = '2022112299999999999999';
  await env.DB.prepare(
    `INSERT INTO orders (order_no, dialect, user_id, amount_fen, subject, details, items, created_at_ms, updated_at_ms, expires_at_ms)
     VALUES (?1, 'print-shop', ?2, 100, 'print', '{}', '[]', ?3, ?3, ?3 + 1800000)`,
  )
    .bind(orderId, owner.userId, Date.now())
    .run();
  for (const customer of [owner, customerOf(shop, '9001', 'operator')]) {
    for (const call of Object.values(CALLS)) {
      expect(everything(await call(customer, orderId))).toEqual(everything(await call(customer, NOBODYS_ORDER)));
    }
    expect((await customer.list('?order_type=1')).text).not.toContain(orderId);
  }
});

describe('an operator', () => {
  test('sees the orders of all', async () => {
    const operator = customerOf(shop, '9001', 'operator');
    const [one, another] = [await owner.newOrder(), await stranger.newOrder()];
    const { data } = listAnswer.parse((await operator.list('?order_type=2')).json);
    const found = data.data.map(({ order_id, user_id }) => [order_id, String(user_id)]);
    expect(found.slice(0, 2)).toEqual([
      [another, stranger.userId],
      [one, owner.userId],
    ]);
    expect(detailAnswer.parse((await operator.detail(one)).json).data?.user_id).toBe(Number(owner.userId));
  });
});
