/** How the medical companion says no, for every reason that there is, and to whom it speaks at all. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Reason, REASONS } from '../../src/core/errors.ts';
import { renderRefusal } from '../../src/dialects/medical-companion/errors.ts';
import { type CompanionCustomer, companionCustomer, orderFor } from '../harness/companion.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

let shop: Shop;
let busyShop: Shop;
let brokenShop: Shop;
let customer: CompanionCustomer;
let orderId: number;
let unwantedOrderId: number;
let paidOrderId: number;
beforeAll(async () => {
  const NONE_LEFT: RateLimit = { limit: () => Promise.resolve({ success: false }) };
  busyShop = await openShop({ vars: { RATE_LIMITER: NONE_LEFT } });
  brokenShop = await openShop({ vars: { MEDICAL_COMMISSION_BPS: '5%' } });
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  ({ orderId } = await customer.newOrder());
  ({ orderId: unwantedOrderId } = await customer.newOrder());
  ({ orderId: paidOrderId } = await customer.newPaidOrder());
});

/** The contract's statuses: 409 is for what a state does not allow, 404 for what is not there. */
const STATUSES: Readonly<Record<Reason, number>> = {
  unauthenticated: 401,
  forbidden: 403,
  invalid_input: 400,
  payload_too_large: 413,
  route_not_found: 404,
  rate_limited: 429,
  idempotency_key_reused: 422,
  item_not_found: 404,
  price_invalid: 409,
  item_not_for_sale: 409,
  coupon_unusable: 409,
  order_not_found: 404,
  order_expired: 409,
  order_cancelled: 409,
  order_already_paid: 409,
  order_not_paid: 409,
  order_not_unpaid: 409,
  order_unfinished: 409,
  move_not_allowed: 409,
  attempt_open: 409,
  attempt_unsettled: 409,
  attempt_not_found: 404,
  attempts_exhausted: 409,
  amount_differs: 409,
  payment_recorded_before: 409,
  provider_not_offered: 400,
  provider_refused: 502,
  provider_unavailable: 502,
  refund_already_requested: 409,
  refund_already_decided: 409,
  refund_exceeds_paid: 400,
  refund_not_found: 404,
  notification_not_found: 404,
  busy: 503,
  misconfigured: 503,
};

test.each(REASONS)('%s has its status, twice its words, and no data', (reason) => {
  const { status, body } = renderRefusal({ reason });
  expect(status).toBe(STATUSES[reason]);
  expect(Object.keys(body)).toEqual(['code', 'message', 'errorMsg', 'data']);
  const message: unknown = 'message' in body ? body.message : null;
  expect(message).toMatch(/[\u4e00-\u9fff]/);
  expect(body).toEqual({ code: status, message, errorMsg: message, data: null });
});

const CALLS: Readonly<Record<string, (who: CompanionCustomer) => Promise<Received>>> = {
  'POST /api/order/submit': (who) => who.submit(),
  'POST /api/order/pay/:id': (who) => who.pay(orderId),
  'POST /api/order/cancel/:id': (who) => who.cancel(unwantedOrderId),
  'POST /api/order/refund/:id': (who) => who.refund(paidOrderId, 1),
  'GET /api/order/list': (who) => who.list(),
  'GET /api/order/detail/:id': (who) => who.detail(orderId),
  'a path that is no call': (who) => who.send('/no/such/path'),
};

describe.each(Object.entries(CALLS))('%s', (_call, ask) => {
  test('is for nobody without a token', async () => {
    const before = await rowCounts();
    for (const token of [
      null,
      'nonsense',
      await shop.token(String(customer.userId), { expiresAtMs: Date.now() - 1 }),
    ]) {
      const send: Shop['send'] = (path, sent) => shop.send(path, { ...sent, token });
      const stranger = companionCustomer({ ...shop, send }, customer);
      const received = await ask(stranger);
      expect(seen(received)).toEqual(refusal(401, '未登录或登录已失效'));
      expect(received.headers.get('www-authenticate')).toBe('Bearer');
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('is refused to whoever asks too often', async () => {
    const before = await rowCounts();
    expect(seen(await ask(companionCustomer(busyShop, customer)))).toEqual(
      refusal(429, '请求过于频繁，请稍后再试', 60),
    );
    expect(await rowCounts()).toEqual(before);
  });

  test('says what is wrong with the configuration, by its name and not by its value', async () => {
    const received = await ask(companionCustomer(brokenShop, customer));
    expect([received.status, received.text]).toEqual([503, expect.stringContaining('MEDICAL_COMMISSION_BPS')]);
    expect(received.text).not.toContain('5%');
    expect(received.json).toMatchObject({ code: 503, data: null });
  });
});

const fail = () => Promise.reject(new Error('D1_ERROR: Network connection lost.'));
const silent: { heal: () => void } = { heal: () => undefined };

function silence(statement: D1PreparedStatement): D1PreparedStatement {
  const bind = statement.bind.bind(statement);
  return Object.assign(statement, {
    bind: (...values: unknown[]) => silence(bind(...values)),
    all: fail,
    run: fail,
    raw: fail,
    first: fail,
  });
}

/** Every statement and every batch fails from now on, the gates' own among them. */
function silenceDatabase(): void {
  const open = env.DB.withSession.bind(env.DB);
  const spy = vi.spyOn(env.DB, 'withSession').mockImplementation((constraint) => {
    const session = open(constraint);
    const prepare = session.prepare.bind(session);
    session.prepare = (query) => silence(prepare(query));
    session.batch = fail;
    return session;
  });
  silent.heal = () => spy.mockRestore();
}

describe('while the database does not answer', () => {
  afterEach(() => {
    silent.heal();
  });

  const ASKING = Object.entries(CALLS).filter(([call]) => call.includes('/api/order'));
  test.each(ASKING)('%s is busy, and goes through once the database is back', async (_call, ask) => {
    silenceDatabase();
    expect(seen(await ask(customer))).toEqual(refusal(503, '系统繁忙，请稍后重试', 1));
    silent.heal();
    expect((await ask(customer)).status).toBe(200);
  });
});

test('an answer in the shape of a refusal never holds what was sent', async () => {
  const secret = 'CANARY-13912345678';
  const sent = [
    customer.send('/submit', { body: orderFor(customer, { appointmentTime: `${secret}${secret}` }) }),
    customer.send('/submit', { body: orderFor(customer, { formData: secret }) }),
    customer.pay(orderId, { openId: `${secret} ` }),
    customer.cancel(orderId, { reason: `${secret}\u0000` }),
    customer.refund(paidOrderId, secret),
  ];
  for (const received of await Promise.all(sent)) {
    expect(received.status).toBe(400);
    expect(received.text).not.toContain(secret);
  }
});
