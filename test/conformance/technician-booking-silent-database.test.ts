/** While the database does not answer, technician booking says so in its own shape, and promises nothing. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { type Customer, customerOf } from './customer.ts';
import { refusal, seen } from './refusal.ts';

const SILENT = 'D1_ERROR: Network connection lost.';

let shop: Shop;
let customer: Customer;
let orderId: string;
let unwantedOrderId: string;
let paidOrderId: string;
let paymentId: string;
beforeAll(async () => {
  shop = await openShop();
  customer = customerOf(shop);
  [orderId, unwantedOrderId] = [await customer.newOrder(), await customer.newOrder()];
  ({ orderId: paidOrderId } = await customer.paidOrder());
  ({ payment_id: paymentId } = await customer.newSlip(await customer.newOrder()));
});

function fail(): Promise<never> {
  return Promise.reject(new Error(SILENT));
}

/** Every statement and every batch fails from now on, the gates' own among them. */
function silenceDatabase(): { heal(): void } {
  const open = env.DB.withSession.bind(env.DB);
  const silence = (statement: D1PreparedStatement): D1PreparedStatement => {
    const bind = statement.bind.bind(statement);
    return Object.assign(statement, {
      bind: (...values: unknown[]) => silence(bind(...values)),
      all: fail,
      run: fail,
      raw: fail,
      first: fail,
    });
  };
  const spy = vi.spyOn(env.DB, 'withSession').mockImplementation((constraint) => {
    const session = open(constraint);
    const prepare = session.prepare.bind(session);
    session.prepare = (query) => silence(prepare(query));
    session.batch = fail;
    return session;
  });
  return { heal: () => spy.mockRestore() };
}

let database: { heal(): void } = { heal: () => undefined };
afterEach(() => {
  database.heal();
});

const CALLS: Readonly<Record<string, () => Promise<Received>>> = {
  'POST /V1/order': () => customer.place(),
  'GET /V1/order': () => customer.list('?order_type=1'),
  'GET /V1/order/{order_id}': () => customer.detail(orderId),
  'DELETE /V1/order/{order_id}': () => customer.remove(unwantedOrderId),
  'POST /V1/order/pay': () => customer.pay(orderId),
  'POST /V1/order/pay/refund': () => customer.refund(paidOrderId),
};

test.each(Object.entries(CALLS))('%s is busy, and goes through once the database is back', async (_call, ask) => {
  database = silenceDatabase();
  expect(seen(await ask())).toEqual(refusal(503, '系统繁忙，请稍后重试', 1));
  database.heal();
  expect((await ask()).status).toBeLessThan(300);
});

test('DELETE /V1/order/pay/{payment_id} is 200 all the same, and the slip stays', async () => {
  database = silenceDatabase();
  const { status, text } = await customer.cancelPayment(paymentId);
  expect([status, text]).toEqual([200, '{"message":"取消成功","code":0,"data":[]}']);
  database.heal();
  expect((await customer.pay(paymentId.slice(0, -4))).status).toBe(429);
});

test('a notification is not acknowledged, and is taken when it comes again', async () => {
  const slip = await customer.newSlip(await customer.newOrder());
  shop.alipay.pay(slip.order_str);
  const [notification] = shop.alipay.takeNotifications();
  const deliver = () =>
    shop.send('/callback/alipay', { method: 'POST', token: null, ...notification, body: notification?.body ?? '' });
  database = silenceDatabase();
  const refused = await deliver();
  expect([refused.status >= 500, refused.text === 'success']).toEqual([true, false]);
  database.heal();
  expect((await deliver()).text).toBe('success');
});
