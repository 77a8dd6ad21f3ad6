/** How subscriptions say no, for every reason that there is and in both languages, and to whom they speak at all. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { type Reason, REASONS, type Refusal } from '../../src/core/errors.ts';
import { renderRefusal } from '../../src/dialects/subscription/errors.ts';
import { type Rule, RULES } from '../../src/dialects/subscription/rules.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { METHODS, type SubscriptionCustomer, subscriptionCustomer } from '../harness/subscription.ts';
import { rowCounts } from './row-counts.ts';
import { newCustomer } from './subscription-people.ts';
import { IN_ENGLISH, type Language, refusal, said, UNKNOWN_CALLER } from './subscription-refusal.ts';

/** The contract's statuses: whatever the panel's rules do not allow is a 400. */
const STATUSES: Readonly<Record<Reason, number>> = {
  unauthenticated: 403,
  forbidden: 403,
  invalid_input: 422,
  payload_too_large: 413,
  route_not_found: 404,
  rate_limited: 429,
  idempotency_key_reused: 422,
  item_not_found: 400,
  price_invalid: 400,
  item_not_for_sale: 400,
  coupon_unusable: 400,
  order_not_found: 400,
  order_expired: 400,
  order_cancelled: 400,
  order_already_paid: 400,
  order_not_paid: 400,
  order_not_unpaid: 400,
  order_unfinished: 400,
  move_not_allowed: 400,
  attempt_open: 400,
  attempt_unsettled: 400,
  attempt_not_found: 400,
  attempts_exhausted: 400,
  amount_differs: 400,
  payment_recorded_before: 400,
  provider_not_offered: 400,
  provider_refused: 502,
  provider_unavailable: 502,
  refund_already_requested: 400,
  refund_already_decided: 400,
  refund_exceeds_paid: 400,
  refund_not_found: 400,
  notification_not_found: 400,
  busy: 503,
  misconfigured: 503,
};

/** The words of the contract, and of the panel in its other language. */
const WORDS: Partial<Record<Reason, readonly [chinese: string, english: string]>> = {
  unauthenticated: ['未登录或登陆已过期', 'Not logged in, or the login has expired'],
  item_not_found: ['订阅计划不存在', 'Subscription plan does not exist'],
  order_not_found: ['订单不存在', 'Order does not exist'],
  order_expired: ['订单不存在或已支付', 'Order does not exist or has been paid'],
  order_cancelled: ['订单不存在或已支付', 'Order does not exist or has been paid'],
  order_already_paid: ['订单不存在或已支付', 'Order does not exist or has been paid'],
  order_not_unpaid: ['只可以取消待支付订单', 'You can only cancel pending orders'],
  order_unfinished: [
    '您有未付款或开通中的订单，请稍后再试或将其取消',
    'You have an unpaid or pending order, please try again later or cancel it',
  ],
  provider_not_offered: ['支付方式不可用', 'Payment method is not available'],
  provider_unavailable: [
    '支付渠道暂时不可用，请稍后重试',
    'The payment gateway is not available, please try again later',
  ],
};

/** The panel's own rules, each under the reason that it is one of. */
const OF_RULE: Readonly<Record<Rule, readonly [reason: Reason, chinese: string, english: string]>> = {
  sold_out: [
    'item_not_for_sale',
    '该订阅已售罄，请更换其它订阅',
    'This subscription has been sold out, please choose another subscription',
  ],
  not_renewable: [
    'item_not_for_sale',
    '该订阅无法续费，请更换其它订阅',
    'This subscription cannot be renewed, please change to another subscription',
  ],
  no_price: [
    'item_not_for_sale',
    '该订阅周期无法进行购买，请选择其它周期',
    'This payment cycle cannot be purchased, please choose another cycle',
  ],
  nothing_to_reset: [
    'item_not_for_sale',
    '订阅已过期或无有效订阅，无法购买重置包',
    'Subscription has expired or no active subscription, unable to purchase Data Reset Package',
  ],
  invalid: ['coupon_unusable', '优惠券无效', 'Invalid coupon'],
  not_begun: ['coupon_unusable', '优惠券还未到可用时间', 'This coupon has not yet started'],
  ended: ['coupon_unusable', '优惠券已过期', 'This coupon has expired'],
  used_up: ['coupon_unusable', '优惠券已无可用次数', 'This coupon is no longer available'],
  used_up_by_user: ['coupon_unusable', '该优惠券每人只能用 3 次', 'The coupon can only be used 3 per person'],
  other_plan: ['coupon_unusable', '该订阅无法使用此优惠码', 'The coupon code cannot be used for this subscription'],
  not_payable: ['order_not_found', '订单不存在或已支付', 'Order does not exist or has been paid'],
};

const message = z.strictObject({ message: z.string() });

function rendered(what: Refusal, language: Language | null) {
  const headers: Record<string, string> = language === null ? {} : { 'content-language': language };
  const { status, body, language: spoken } = renderRefusal(what, new Request('https://orders.example', { headers }));
  return { status, language: spoken, message: message.parse(body).message };
}

describe.each(REASONS)('%s', (reason) => {
  test('has its status and its words, in Chinese unless English is asked for', () => {
    const [chinese, english] = [rendered({ reason }, null), rendered({ reason }, 'en-US')];
    expect([chinese.status, english.status]).toEqual([STATUSES[reason], STATUSES[reason]]);
    expect([chinese.language, english.language]).toEqual(['zh-CN', 'en-US']);
    expect(chinese.message).toMatch(/\p{Script=Han}/u);
    expect(english.message).toMatch(/^[A-Z][\x20-\x7e]+$/);
    expect(rendered({ reason }, 'zh-CN')).toEqual(chinese);
    const [wanted = chinese.message, inEnglish = english.message] = WORDS[reason] ?? [];
    expect([chinese.message, english.message]).toEqual([wanted, inEnglish]);
  });
});

test.each(RULES)('the rule %s has its words in both languages', (rule) => {
  const [reason, chinese, english] = OF_RULE[rule];
  const what: Refusal = { reason, rule, ...(rule === 'used_up_by_user' ? { message: '3' } : {}) };
  expect(rendered(what, 'zh-CN')).toEqual({ status: 400, language: 'zh-CN', message: chinese });
  expect(rendered(what, 'en-US')).toEqual({ status: 400, language: 'en-US', message: english });
});

let shop: Shop;
let busyShop: Shop;
let brokenShop: Shop;
/** Three who have nothing to do with each other: one is about to order, one to pay, one to cancel. */
let buyer: SubscriptionCustomer;
let payer: SubscriptionCustomer;
let leaver: SubscriptionCustomer;
let toPay: string;
let toCancel: string;
beforeAll(async () => {
  const NONE_LEFT: RateLimit = { limit: () => Promise.resolve({ success: false }) };
  busyShop = await openShop({ vars: { RATE_LIMITER: NONE_LEFT } });
  brokenShop = await openShop({ vars: { SUBSCRIPTION_COMMISSION_BPS: '10%' } });
  shop = await openShop({ limits: 'off' });
  [buyer, payer, leaver] = [await newCustomer(shop), await newCustomer(shop), await newCustomer(shop)];
  [toPay, toCancel] = [await payer.newOrder(), await leaver.newOrder()];
});

/** Each call at a shop, which may be one in front of this one's. */
type Ask = (at: Shop, headers?: Record<string, string>) => Promise<Received>;
const by = (at: Shop, { userId }: SubscriptionCustomer) => subscriptionCustomer(at, userId);
const CALLS: Readonly<Record<string, Ask>> = {
  'POST /user/order/save': (at, headers = {}) => by(at, buyer).save({}, headers),
  'POST /user/order/checkout': (at, headers = {}) =>
    by(at, payer).send('/checkout', { body: { trade_no: toPay, method: METHODS.wechatCode }, headers }),
  'POST /user/order/cancel': (at, headers = {}) =>
    by(at, leaver).send('/cancel', { body: { trade_no: toCancel }, headers }),
  'GET /user/order/check': (at, headers = {}) => by(at, payer).send(`/check?trade_no=${toPay}`, { headers }),
  'GET /user/order/details': (at, headers = {}) => by(at, payer).send(`/details?trade_no=${toPay}`, { headers }),
  'GET /user/order/fetch': (at, headers = {}) => by(at, payer).send('/fetch', { headers }),
  'GET /user/order/getPaymentMethod': (at, headers = {}) => by(at, payer).send('/getPaymentMethod', { headers }),
  'a path that is no call': (at, headers = {}) => by(at, payer).send('/no/such/path', { headers }),
};

describe.each(Object.entries(CALLS))('%s', (_call, ask) => {
  test('is for nobody without a token', async () => {
    const before = await rowCounts();
    for (const token of [null, 'nonsense', await shop.token('2057', { expiresAtMs: Date.now() - 1 })]) {
      const send: Shop['send'] = (path, sent) => shop.send(path, { ...sent, token });
      const received = await ask({ ...shop, send });
      expect(said(received)).toEqual(UNKNOWN_CALLER);
      expect(received.headers.get('www-authenticate')).toBeNull();
      expect(said(await ask({ ...shop, send }, IN_ENGLISH))).toEqual(
        refusal(403, 'Not logged in, or the login has expired', { language: 'en-US' }),
      );
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('is refused to whoever asks too often', async () => {
    const before = await rowCounts();
    expect(said(await ask(busyShop))).toEqual(refusal(429, '请求过于频繁，请稍后再试', { retryAfterSeconds: 60 }));
    expect(said(await ask(busyShop, IN_ENGLISH))).toEqual(
      refusal(429, 'Too many requests, please try again later', { retryAfterSeconds: 60, language: 'en-US' }),
    );
    expect(await rowCounts()).toEqual(before);
  });

  test('says what is wrong with the configuration, by its name and not by its value', async () => {
    const received = await ask(brokenShop);
    expect([received.status, message.parse(received.json).message]).toEqual([
      503,
      expect.stringMatching(/^服务配置错误: SUBSCRIPTION_COMMISSION_BPS /),
    ]);
    expect(received.text).not.toContain('10%');
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

  const ASKING = Object.entries(CALLS).filter(([call]) => call.includes('/user/order'));
  test.each(ASKING)('%s is busy, and goes through once the database is back', async (_call, ask) => {
    silenceDatabase();
    expect(said(await ask(shop))).toEqual(refusal(503, '系统繁忙，请稍后重试', { retryAfterSeconds: 1 }));
    expect(said(await ask(shop, IN_ENGLISH))).toEqual(
      refusal(503, 'The service is busy, please try again later', { retryAfterSeconds: 1, language: 'en-US' }),
    );
    silent.heal();
    expect((await ask(shop)).status).toBe(200);
  });
});

test('an answer in the shape of a refusal never holds what was sent', async () => {
  const secret = 'CANARY-13912345678';
  const sent = [
    buyer.save({ cycle: secret }),
    buyer.save({ plan_id: secret }),
    buyer.save({ coupon_code: [secret] }),
    payer.checkout(secret),
    payer.checkout(toPay, secret),
    payer.checkout(toPay, { [secret]: secret }),
    payer.cancel(secret),
    payer.check(secret),
    payer.details(secret),
    payer.fetch(`?status=${secret}`),
  ];
  for (const received of await Promise.all(sent)) {
    expect([400, 422]).toContain(received.status);
    expect(received.text).not.toContain(secret);
  }
});
