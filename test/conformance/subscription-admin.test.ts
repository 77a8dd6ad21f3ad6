/** What operators see of subscriptions, and keep: orders with their shares, plans, coupons, and payment methods. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { METHODS, STATUS, type SubscriptionCustomer, subscriptionCustomer } from '../harness/subscription.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { rowsAsText } from './row-counts.ts';
import { accountOf, newCoupon, newCustomer, newPlan, put } from './subscription-people.ts';
import { refusal, said } from './subscription-refusal.ts';

const DAY_MS = 86_400_000;

/** Two isolates over one database: what one of them remembers, the other one knows nothing of. */
let shop: Shop;
let operator: Operator;
let operatorElsewhere: Operator;
beforeAll(async () => {
  operatorElsewhere = operatorOf(await openShop({ limits: 'off' }), '9002');
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
});
beforeEach(() => {
  shop.wechatPay.refunds.setCourse('at_once');
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const actor = z.string().regex(/^(?:user:\d+|operator:\d+|provider:[\w-]+|system)$/);
const time = z.iso.datetime({ precision: 3 });
const history = z.strictObject({
  order: z.looseObject({ status: z.string(), fulfilment: z.string(), amountFen: z.int(), paidFen: z.int() }),
  attempts: z.array(z.looseObject({ outTradeNo: z.string(), provider: z.string(), kind: z.string() })),
  refunds: z.array(z.looseObject({ refundNo: z.string() })),
  log: z.array(
    z.strictObject({
      seq: z.int(),
      at: time,
      actor,
      type: z.string(),
      from: z.string().nullable(),
      to: z.string(),
      reason: z.string().nullable(),
      facts: z.record(z.string(), z.json()).optional(),
    }),
  ),
  commission: z
    .strictObject({
      referrerId: z.string(),
      amountFen: z.int().positive(),
      status: z.enum(['accrued', 'payable', 'paid', 'reversed']),
      reversedFen: z.int().nonnegative(),
      payableFen: z.int().nonnegative(),
    })
    .nullable(),
  details: z.record(z.string(), z.json()),
});

async function shown(orderNo: string) {
  const received = await operator.get(`/orders/${orderNo}`);
  if (received.status !== 200) throw new Error(received.text);
  return history.parse(received.json);
}

/** Two new users, the second one invited by the first one. */
async function newPair(terms: Record<string, unknown> = {}, inviterTerms: Record<string, unknown> = {}) {
  const inviter = await newCustomer(shop, inviterTerms);
  const customer = await newCustomer(shop, { inviterId: String(inviter.userId), ...terms });
  return { inviter, customer };
}

describe('an order', () => {
  test('shows what was agreed on, what was done, and whose share it is', async () => {
    const { inviter, customer } = await newPair({ balanceFen: 300, discountPercent: 5 });
    const plan_id = await newPlan(shop);
    const { code, id: couponId } = await newCoupon(shop);
    const orderNo = await customer.newOrder({ plan_id, coupon_code: code });
    expect((await shown(orderNo)).commission).toBeNull();
    await customer.settle(orderNo);
    const { order, attempts, log, commission, details } = await shown(orderNo);
    expect(order).toMatchObject({
      dialect: 'subscription',
      userId: String(customer.userId),
      status: 'completed',
      fulfilment: 'fulfilled',
      amountFen: 1400,
      paidFen: 1400,
    });
    expect(attempts).toMatchObject([{ provider: 'wechat-pay', kind: 'qr_code' }]);
    expect(log.map(({ type, actor: by }) => [type, by])).toEqual([
      ['order_placed', `user:${customer.userId}`],
      ['attempt_opened', `user:${customer.userId}`],
      ['attempt_ready', 'system'],
      ['order_paid', 'provider:wechat-pay'],
      ['fulfilment_advanced', 'system'],
      ['order_completed', 'system'],
    ]);
    const startsAtMs = Date.now();
    expect(log.at(-1)?.facts).toEqual({
      planId: String(plan_id),
      effect: 'begin',
      startsAtMs,
      // From 22 November to 22 December.
      endsAtMs: startsAtMs + 30 * DAY_MS,
    });
    expect(commission).toEqual({
      referrerId: String(inviter.userId),
      amountFen: 170,
      status: 'payable',
      reversedFen: 0,
      payableFen: 170,
    });
    expect(details).toMatchObject({
      cycle: 'month_price',
      planId: String(plan_id),
      couponId: String(couponId),
      balanceFen: 300,
      effect: 'begin',
      months: 1,
      surplusFen: 0,
      creditFen: 0,
    });
  });

  test('has its share paid to the inviter’s balance after three days, by the cron, and once', async () => {
    const { inviter, customer } = await newPair();
    const orderNo = await customer.newOpenedOrder({ plan_id: await newPlan(shop) });
    shop.pass(3 * DAY_MS - 1);
    await shop.cron();
    expect((await shown(orderNo)).commission).toMatchObject({ status: 'payable', payableFen: 200 });
    shop.pass(1);
    await shop.cron();
    await shop.cron();
    expect((await shown(orderNo)).commission).toMatchObject({
      status: 'paid',
      amountFen: 200,
      reversedFen: 0,
      payableFen: 0,
    });
    const { log } = await shown(orderNo);
    expect(log.at(-1)).toMatchObject({ type: 'commission_paid', actor: 'system', from: 'payable', to: 'paid' });
    expect(log.at(-1)?.facts).toEqual({ to: String(inviter.userId), amountFen: 200 });
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 200, ledger: ['commission 200'] });
  });

  test('that another one absorbs says by which, and is found by its status', async () => {
    const customer = await newCustomer(shop);
    const first = await customer.newOpenedOrder({ plan_id: await newPlan(shop) });
    const second = await customer.newOpenedOrder({ plan_id: await newPlan(shop, { monthPriceFen: 5000 }) });
    const { order, log } = await shown(first);
    expect(order).toMatchObject({ status: 'absorbed', fulfilment: 'fulfilled', paidFen: 2000, refundedFen: 0 });
    expect(log.at(-1)).toMatchObject({ type: 'order_absorbed', from: 'completed', to: 'absorbed', reason: second });
    expect((await shown(second)).details).toMatchObject({ effect: 'replace', surplusFen: 2000, creditFen: 0 });
    const found = await operator.get(`/orders?dialect=subscription&status=absorbed&userId=${customer.userId}`);
    expect(found.json).toMatchObject({ items: [{ orderNo: first }], nextCursor: null });
  });

  test.each(['in_progress', 'fulfilled', 'completed', 'failed'])(
    'is opened by itself: nobody moves it to %s',
    async (to) => {
      const customer = await newCustomer(shop);
      const orderNo = await customer.newOrder();
      const move = () => operator.post(`/orders/${orderNo}/fulfilment`, { to });
      expect(problemOf(await move())).toEqual([409, 'move_not_allowed']);
      await customer.settle(orderNo);
      expect(problemOf(await move())).toEqual([409, 'move_not_allowed']);
      expect(await customer.statusOf(orderNo)).toBe(STATUS.completed);
    },
  );

  test('that an operator cancels gives back what the balance paid, and the coupon', async () => {
    const customer = await newCustomer(shop, { balanceFen: 300 });
    const { code } = await newCoupon(shop, { limitUse: 1 });
    const orderNo = await customer.newOrder({ plan_id: await newPlan(shop), coupon_code: code });
    await customer.newCode(orderNo);
    expect((await operator.post(`/orders/${orderNo}/cancel`, { reason: '库存不足' })).status).toBe(200);
    expect(await customer.statusOf(orderNo)).toBe(STATUS.cancelled);
    expect(await accountOf(shop, customer.userId)).toEqual({
      balanceFen: 300,
      ledger: ['set 300', 'spent -300', 'returned 300'],
    });
    const again = await operator.post(`/orders/${orderNo}/cancel`, { reason: 'x' });
    expect(problemOf(again)).toEqual([409, 'order_not_unpaid']);
    expect((await customer.save({ coupon_code: code })).status).toBe(200);
  });
});

/** A row of each kind with all its fields, and as it is shown again where that is not the same. */
const ROWS: Readonly<Record<string, { id: string; body: Record<string, unknown>; shown?: Record<string, unknown> }>> = {
  plans: {
    id: '6001',
    body: {
      groupId: 1,
      transferEnable: 100,
      name: '旗舰套餐',
      show: true,
      sort: 3,
      renew: 0,
      content: '一行\n又一行',
      monthPriceFen: 0,
      quarterPriceFen: 1,
      halfYearPriceFen: 2,
      yearPriceFen: 3,
      twoYearPriceFen: 4,
      threeYearPriceFen: 5,
      onetimePriceFen: 6,
      resetPriceFen: 10_000_000_000,
      resetTrafficMethod: 0,
    },
    shown: { show: 1 },
  },
  coupons: {
    id: '6001',
    body: {
      code: '新年-2023',
      name: '新年优惠',
      type: 'fixed',
      valueFen: 100,
      percent: 0,
      limitUse: 1000,
      limitUsePerUser: 1,
      planIds: [1, 2],
      startsAt: '2023-01-01T00:00:00+08:00',
      endsAt: 1_675_180_800,
      enabled: false,
    },
    shown: { startsAt: '2022-12-31T16:00:00.000Z', endsAt: '2023-01-31T16:00:00.000Z' },
  },
  'payment-methods': { id: '6001', body: { name: '扫码付款', payment: 'WechatPayNative', enabled: false } },
  users: {
    id: '6001',
    body: { name: '郑小西', inviterId: '2057', discountPercent: 100, commissionBps: 10_000, referrerId: '2' },
    shown: { balanceFen: 0, ledger: [] },
  },
};

describe.each(Object.entries(ROWS))('the catalogue of %s', (kind, { id, body, shown: differently = {} }) => {
  const path = `/catalog/${kind}/${id}`;
  const whole = { id, ...body, ...differently };

  test('takes a row, shows it, lists it, and gives it up', async () => {
    expect((await operator.put(path, body)).json).toEqual(whole);
    expect((await operator.get(path)).json).toEqual(whole);
    const { ledger: _ledger, ...listed } = { ledger: null, ...whole };
    expect((await operator.get(`/catalog/${kind}?limit=100`)).json).toMatchObject({
      items: expect.arrayContaining([listed]),
    });
    expect((await operator.remove(path)).status).toBe(204);
    expect(problemOf(await operator.get(path))).toEqual([404, 'item_not_found']);
    expect((await operator.put(path, body)).json).toEqual(whole);
  });

  test('refuses fields that it does not know, by name', async () => {
    for (const field of ['id', 'amount', 'price', 'month_price', 'balance', 'sealed', '__proto__', 'constructor']) {
      const text = JSON.stringify(body).replace('{', `{${JSON.stringify(field)}:1,`);
      const sent = { method: 'PUT', body: text, headers: { 'content-type': 'application/json' } };
      expect(problemOf(await operator.send(path, sent))).toEqual([400, 'invalid_input', field]);
    }
  });

  test.each(['[]', 'null', '1', '"x"', '{', ''])('refuses %j', async (text) => {
    const sent = { method: 'PUT', body: text, headers: { 'content-type': 'application/json' } };
    expect(problemOf(await operator.send(path, sent))).toEqual([400, 'invalid_input', 'body']);
  });
});

describe('a catalogue row that cannot be', () => {
  test.each(['plans', 'coupons', 'payment-methods'])('%s have positive whole numbers for ids', async (kind) => {
    for (const id of ['0', '-1', '01', '1.5', 'x', '1'.repeat(16), '%EF%BC%91']) {
      const answer = await operator.put(`/catalog/${kind}/${id}`, ROWS[kind]?.body);
      expect(problemOf(answer)).toEqual([400, 'invalid_input', 'id']);
    }
  });

  test.each<[string, Record<string, unknown>, string]>([
    ['plans', { name: undefined }, 'name'],
    ['plans', { name: '' }, 'name'],
    ['plans', { name: 'a\nb' }, 'name'],
    ['plans', { name: 'x'.repeat(257) }, 'name'],
    ['plans', { show: 2 }, 'show'],
    ['plans', { show: '1' }, 'show'],
    ['plans', { renew: null }, 'renew'],
    ['plans', { sort: -1 }, 'sort'],
    ['plans', { groupId: 1.5 }, 'groupId'],
    ['plans', { transferEnable: '100' }, 'transferEnable'],
    ['plans', { content: 'a\u0000b' }, 'content'],
    ['plans', { monthPriceFen: -1 }, 'monthPriceFen'],
    ['plans', { yearPriceFen: 0.5 }, 'yearPriceFen'],
    ['plans', { resetPriceFen: '5' }, 'resetPriceFen'],
    ['plans', { onetimePriceFen: 10_000_000_001 }, 'onetimePriceFen'],
    ['coupons', { code: undefined }, 'code'],
    ['coupons', { code: '' }, 'code'],
    ['coupons', { code: 'A B' }, 'code'],
    ['coupons', { code: 'x'.repeat(65) }, 'code'],
    ['coupons', { code: 10 }, 'code'],
    ['coupons', { name: undefined }, 'name'],
    ['coupons', { type: 'free' }, 'type'],
    ['coupons', { type: 'fixed', valueFen: null }, 'valueFen'],
    ['coupons', { type: 'percent', percent: undefined }, 'percent'],
    ['coupons', { valueFen: -1 }, 'valueFen'],
    ['coupons', { percent: 101 }, 'percent'],
    ['coupons', { percent: 12.5 }, 'percent'],
    ['coupons', { limitUse: 0 }, 'limitUse'],
    ['coupons', { limitUsePerUser: -1 }, 'limitUsePerUser'],
    ['coupons', { planIds: [] }, 'planIds'],
    ['coupons', { planIds: 1 }, 'planIds'],
    ['coupons', { planIds: [1, '2'] }, 'planIds.1'],
    ['coupons', { startsAt: '2023-01-01' }, 'startsAt'],
    ['coupons', { startsAt: '2023-01-01T00:00:00' }, 'startsAt'],
    ['coupons', { endsAt: '2023-02-30T00:00:00Z' }, 'endsAt'],
    ['coupons', { endsAt: 1_675_180_800_000 }, 'endsAt'],
    ['coupons', { endsAt: -1 }, 'endsAt'],
    ['coupons', { startsAt: 1_675_180_800, endsAt: '2023-01-31T16:00:00Z' }, 'endsAt'],
    ['coupons', { enabled: 1 }, 'enabled'],
    ['payment-methods', { name: undefined }, 'name'],
    ['payment-methods', { payment: 'PayPal' }, 'payment'],
    ['payment-methods', { payment: 'alipayf2f' }, 'payment'],
    ['payment-methods', { enabled: 'true' }, 'enabled'],
    ['users', { inviterId: 'abc' }, 'inviterId'],
    ['users', { inviterId: '0' }, 'inviterId'],
    ['users', { discountPercent: 101 }, 'discountPercent'],
    ['users', { discountPercent: 0.5 }, 'discountPercent'],
    ['users', { commissionBps: 10_001 }, 'commissionBps'],
    ['users', { commissionBps: '10' }, 'commissionBps'],
  ])('%s with %j', async (kind, fields, field) => {
    const before = await rowsAsText();
    const sent = await operator.put(`/catalog/${kind}/6002`, { ...ROWS[kind]?.body, ...fields });
    expect(problemOf(sent)).toEqual([400, 'invalid_input', field]);
    expect(await rowsAsText()).toEqual(before);
  });
});

const couponOf = (code: string) => ({ code, name: '优惠券', type: 'percent', percent: 10 });

describe('a coupon’s code', () => {
  const TAKEN = [400, 'invalid_input', 'code'];
  test('is its own: another coupon’s is refused, when it is made and when it is changed', async () => {
    const [one, other] = [await newCoupon(shop), await newCoupon(shop)];
    const before = await rowsAsText();
    expect(problemOf(await operator.put('/catalog/coupons/6003', couponOf(one.code)))).toEqual(TAKEN);
    expect(problemOf(await operator.put(`/catalog/coupons/${other.id}`, couponOf(one.code)))).toEqual(TAKEN);
    expect(problemOf(await operatorElsewhere.put('/catalog/coupons/6003', couponOf('DEMO10')))).toEqual(TAKEN);
    expect(await rowsAsText()).toEqual(before);
    expect((await operator.put(`/catalog/coupons/${one.id}`, couponOf(one.code))).status).toBe(200);
  });

  test('is free again once its coupon is out of sale, which then cannot come back with it', async () => {
    const { id, code } = await newCoupon(shop);
    await operator.remove(`/catalog/coupons/${id}`);
    expect((await operator.put('/catalog/coupons/6004', couponOf(code))).status).toBe(200);
    expect(problemOf(await operator.put(`/catalog/coupons/${id}`, couponOf(code)))).toEqual(TAKEN);
    expect((await operator.put(`/catalog/coupons/${id}`, couponOf(`${code}-2`))).status).toBe(200);
  });

  test('goes to one of twenty coupons that want it at once', async () => {
    const ids = Array.from({ length: 20 }, (_none, nth) => 6100 + nth);
    const answers = await Promise.all(
      ids.map((id) => operator.put(`/catalog/coupons/${id}`, couponOf('ONE-OF-TWENTY'))),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200)) expect(problemOf(answer)).toEqual(TAKEN);
  });

  test('means nothing in other kinds: two plans may have one name', async () => {
    const [one, other] = [await newPlan(shop, { name: '同名' }), await newPlan(shop, { name: '同名' })];
    expect(one).not.toBe(other);
  });
});

/** What the next order of somebody says; it is cancelled again. */
const next = async (customer: SubscriptionCustomer, fields: Record<string, unknown>) => {
  const tradeNo = await customer.newOrder(fields);
  const order = await customer.shown(tradeNo);
  await customer.cancel(tradeNo);
  return order;
};

describe.each(['this isolate', 'another isolate'])('a change made in %s', (where) => {
  const by = () => (where === 'this isolate' ? operator : operatorElsewhere);
  const change = async (path: string, body: Record<string, unknown>) => {
    expect((await by().put(`/catalog/${path}`, body)).status).toBe(200);
  };
  test('of a price, of a user’s discount, of who invited them, and of the inviter’s share counts at once', async () => {
    const { inviter, customer } = await newPair();
    const plan_id = await newPlan(shop);
    expect(await next(customer, { plan_id })).toMatchObject({ total_amount: 2000, commission_balance: 200 });
    await change(`plans/${plan_id}`, { name: '改价', monthPriceFen: 3000 });
    expect(await next(customer, { plan_id })).toMatchObject({ total_amount: 3000, commission_balance: 300 });
    await change(`users/${customer.userId}`, { discountPercent: 50 });
    expect(await next(customer, { plan_id })).toMatchObject({ total_amount: 1500, commission_balance: 150 });
    await change(`users/${inviter.userId}`, { commissionBps: 2000 });
    expect(await next(customer, { plan_id })).toMatchObject({ total_amount: 1500, commission_balance: 300 });
    await change(`users/${customer.userId}`, { inviterId: null, discountPercent: null });
    expect(await next(customer, { plan_id })).toMatchObject({
      total_amount: 3000,
      discount_amount: null,
      invite_user_id: null,
      commission_balance: 0,
    });
  });

  test('of a coupon, of a plan’s sale, and of a payment method counts at once', async () => {
    const customer = await newCustomer(shop);
    const plan_id = await newPlan(shop);
    const { id, code: coupon_code } = await newCoupon(shop);
    const row = { code: coupon_code, name: '优惠券', type: 'percent', percent: 25 };
    await change(`coupons/${id}`, row);
    expect(await next(customer, { plan_id, coupon_code })).toMatchObject({ discount_amount: 500 });
    await change(`coupons/${id}`, { ...row, enabled: false });
    expect(said(await customer.save({ plan_id, coupon_code }))).toEqual(refusal(400, '优惠券无效'));
    await change(`plans/${plan_id}`, { name: '下架', show: false });
    expect(said(await customer.save({ plan_id }))).toEqual(refusal(400, '该订阅已售罄，请更换其它订阅'));

    const tradeNo = await customer.newOrder();
    await customer.newCode(tradeNo);
    const method = { name: '微信支付', payment: 'WechatPayNative' };
    await change(`payment-methods/${METHODS.wechatCode}`, { ...method, enabled: false });
    expect(said(await customer.checkout(tradeNo))).toEqual(refusal(400, '支付方式不可用'));
    await change(`payment-methods/${METHODS.wechatCode}`, { ...method, enabled: true });
    expect((await customer.checkout(tradeNo)).status).toBe(200);
  });
});

test('the demo rows are what the contract names', async () => {
  const demo = operatorOf(await openShop());
  const rows = ['plans/1', 'plans/2', 'payment-methods/10', 'payment-methods/11', 'payment-methods/12', 'coupons/1'];
  const shownRows = await Promise.all(rows.map(async (row) => (await demo.get(`/catalog/${row}`)).json));
  expect(shownRows).toMatchObject([
    { monthPriceFen: 10, yearPriceFen: 100, resetPriceFen: 5 },
    { monthPriceFen: 2000, yearPriceFen: 20_000 },
    { name: 'pay', payment: 'AlipayF2F' },
    { name: '微信支付', payment: 'WechatPayNative' },
    { name: '支付宝网页', payment: 'AlipayPage' },
    { code: 'DEMO10', type: 'percent', percent: 10 },
  ]);
  const prices = shownRows.map((row) =>
    Object.keys(z.looseObject({}).parse(row)).filter((key) => key.endsWith('PriceFen')),
  );
  expect(prices.slice(0, 2)).toEqual([
    ['monthPriceFen', 'yearPriceFen', 'resetPriceFen'],
    ['monthPriceFen', 'yearPriceFen'],
  ]);
  expect((await demo.get('/catalog/users/2057')).json).toMatchObject({ balanceFen: 0 });
  expect((await demo.get('/catalog/users/2058')).json).toMatchObject({ balanceFen: 300, inviterId: '2057' });
  const other = subscriptionCustomer(shop, 2058);
  await put(shop, 'users/2058', { balanceFen: 4 });
  await openShop();
  expect(await accountOf(shop, other.userId)).toMatchObject({ balanceFen: 300 });
});
