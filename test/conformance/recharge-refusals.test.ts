/** How recharge says no, for every reason that there is, and to whom it speaks at all. */
import { env } from 'cloudflare:workers';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Reason, REASONS } from '../../src/core/errors.ts';
import { renderRefusal } from '../../src/dialects/recharge/errors.ts';
import { checkBooks } from '../harness/check-books.ts';
import { HALVES, newOrderAt, type RechargeCaller, rechargeCaller, rechargeOperator } from '../harness/recharge.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './recharge-people.ts';
import { refusal, UNKNOWN_CALLER } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

let shop: Shop;
let busyShop: Shop;
let brokenShop: Shop;
let customer: RechargeCaller;
const orders: Record<string, number> = {};
beforeAll(async () => {
  const NONE_LEFT: RateLimit = { limit: () => Promise.resolve({ success: false }) };
  busyShop = await openShop({ vars: { RATE_LIMITER: NONE_LEFT } });
  brokenShop = await openShop({ vars: { ORDER_TTL_SECONDS: 'an hour' } });
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  for (const call of ['detail', 'pay', 'payment', 'cancel']) orders[call] = (await customer.newOrder()).id;
  for (const call of ['recharge', 'split', 'fail', 'refund', 'status']) {
    orders[call] = (await newOrderAt(shop, customer, 'pending_recharge')).id;
  }
  for (const call of ['success', 'partial']) orders[call] = (await newOrderAt(shop, customer, 'recharging')).id;
});
afterAll(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});
const idOf = (call: string): number => orders[call] ?? 0;

/** The document's codes, and those beside it, each with its status. */
const CODES: Readonly<Record<Reason, [status: number, code: number]>> = {
  unauthenticated: [401, 1004],
  forbidden: [403, 1004],
  invalid_input: [400, 1001],
  payload_too_large: [413, 413],
  route_not_found: [404, 404],
  rate_limited: [429, 429],
  idempotency_key_reused: [422, 422],
  item_not_found: [404, 1002],
  price_invalid: [400, 1001],
  item_not_for_sale: [400, 1001],
  coupon_unusable: [400, 1001],
  order_not_found: [404, 1002],
  order_expired: [409, 1003],
  order_cancelled: [409, 1003],
  order_already_paid: [409, 1003],
  order_not_paid: [409, 1003],
  order_not_unpaid: [409, 1003],
  order_unfinished: [409, 1003],
  move_not_allowed: [409, 1003],
  attempt_open: [409, 1003],
  attempt_unsettled: [409, 1003],
  attempt_not_found: [404, 1002],
  attempts_exhausted: [409, 1003],
  amount_differs: [400, 1001],
  payment_recorded_before: [409, 1003],
  provider_not_offered: [400, 1001],
  provider_refused: [502, 502],
  provider_unavailable: [502, 502],
  refund_already_requested: [409, 1003],
  refund_already_decided: [409, 1003],
  refund_exceeds_paid: [400, 1001],
  refund_not_found: [404, 1002],
  notification_not_found: [404, 1002],
  busy: [500, 1005],
  misconfigured: [503, 1005],
};

test.each(REASONS)('%s has its status, its code, words, and no data', (reason) => {
  const { status, body } = renderRefusal({ reason });
  expect(Object.keys(body)).toEqual(['code', 'message', 'data']);
  const message: unknown = 'message' in body ? body.message : null;
  expect(message).toMatch(/[\u4e00-\u9fff]/);
  expect([status, body]).toEqual([CODES[reason][0], { code: CODES[reason][1], message, data: null }]);
});

test('the core’s own words for a state, which are for nobody here, are not said', () => {
  const { body } = renderRefusal({ reason: 'move_not_allowed', message: 'paid/failed cannot become completed' });
  expect(body).toEqual({ code: 1003, message: '订单状态错误', data: null });
});

const CALLS: Readonly<Record<string, (customers: RechargeCaller, operators: RechargeCaller) => Promise<Received>>> = {
  'POST /api/v1/order/create': (who) => who.create(),
  'GET /api/v1/order/list': (who) => who.list(),
  'GET /api/v1/order/:id': (who) => who.detail(idOf('detail')),
  'POST /api/v1/order/:id/pay': (who) => who.pay(idOf('pay')),
  'POST /api/v1/order/:id/cancel': (who) => who.cancel(idOf('cancel')),
  'POST /api/v1/order/:id/payment': (_who, operator) => operator.payment(idOf('payment'), 'PAY123456'),
  'PUT /api/v1/order/:id/status': (_who, operator) => operator.putStatus(idOf('status'), 'recharging'),
  'POST /api/v1/order/:id/recharge': (_who, operator) => operator.recharge(idOf('recharge')),
  'POST /api/v1/order/:id/success': (_who, operator) => operator.success(idOf('success')),
  'POST /api/v1/order/:id/fail': (_who, operator) => operator.fail(idOf('fail')),
  'POST /api/v1/order/:id/refund': (_who, operator) => operator.refund(idOf('refund'), 1),
  'POST /api/v1/order/:id/split': (_who, operator) => operator.split(idOf('split'), HALVES),
  'POST /api/v1/order/:id/partial': (_who, operator) => operator.partial(idOf('partial'), 1, 1),
  'a path that is no call': (who) => who.send('/no/such/path'),
};

/** Both callers, at another shop. */
const at = (other: Shop) => [rechargeCaller(other, customer.userId), rechargeOperator(other)] as const;

describe.each(Object.entries(CALLS))('%s', (_call, ask) => {
  test('is for nobody without a token', async () => {
    const before = await rowCounts();
    for (const token of [
      null,
      'nonsense',
      await shop.token(String(customer.userId), { role: 'operator', expiresAtMs: Date.now() - 1 }),
    ]) {
      const send: Shop['send'] = (path, sent) => shop.send(path, { ...sent, token });
      const received = await ask(...at({ ...shop, send }));
      expect(seen(received)).toEqual(UNKNOWN_CALLER);
      expect(received.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('is refused to whoever asks too often', async () => {
    const before = await rowCounts();
    expect(seen(await ask(...at(busyShop)))).toEqual(refusal(429, '请求过于频繁，请稍后再试', 60));
    expect(await rowCounts()).toEqual(before);
  });

  test('says what is wrong with the configuration, by its name and not by its value', async () => {
    const received = await ask(...at(brokenShop));
    expect([received.status, received.text]).toEqual([503, expect.stringContaining('ORDER_TTL_SECONDS')]);
    expect(received.text).not.toContain('an hour');
    expect(received.json).toMatchObject({ code: 1005, data: null });
  });
});

const silent: { heal: () => void } = { heal: () => undefined };

const lost = () => {
  throw new Error('D1_ERROR: Network connection lost.');
};

/** No session gets a word out of the database from now on, the gates' own among them. */
function silenceDatabase(): void {
  const open = env.DB.withSession.bind(env.DB);
  const spy = vi.spyOn(env.DB, 'withSession');
  spy.mockImplementation((from) => Object.assign(open(from), { prepare: lost, batch: lost }));
  silent.heal = () => spy.mockRestore();
}

describe('while the database does not answer', () => {
  afterEach(() => {
    silent.heal();
  });

  const ASKING = Object.entries(CALLS).filter(([call]) => call.includes('/api/v1/order'));
  test.each(ASKING)('%s is busy, and goes through once the database is back', async (_call, ask) => {
    silenceDatabase();
    expect(seen(await ask(...at(shop)))).toEqual(refusal(1005, '系统繁忙，请稍后重试', 1));
    silent.heal();
    expect((await ask(...at(shop))).json).toMatchObject({ code: 0 });
  });
});

test('an answer in the shape of a refusal never holds what was sent', async () => {
  const secret = 'CANARY-13912345678';
  const long = secret.repeat(30);
  const operator = rechargeOperator(shop);
  const id = idOf('detail');
  const sent = [
    customer.create({ remark: long }),
    customer.create({ payment_method: secret }),
    customer.cancel(id, `${secret}\u0000`),
    customer.list(`?status=${secret}`),
    customer.list(`?start_time=${secret}`),
    operator.payment(id, `${secret} `),
    operator.recharge(id, { api_trade_num: long }),
    operator.refund(id, secret),
    operator.putStatus(id, secret),
    operator.split(id, secret),
  ];
  for (const received of await Promise.all(sent)) {
    expect(received.json).toMatchObject({ code: 1001 });
    expect(received.text).not.toContain(secret);
  }
});
