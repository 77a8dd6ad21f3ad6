/** Placing an order: who may order what, why not, in which order that is said, and what the order then says of itself. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { type SubscriptionCustomer, subscriptionCustomer } from '../harness/subscription.ts';
import { operatorOf } from './admin-operator.ts';
import { accountOf, newCoupon, newCustomer, newPlan, put } from './subscription-people.ts';
import { IN_ENGLISH, invalid, refusal, said, UNFINISHED } from './subscription-refusal.ts';

const DAY_MS = 86_400_000;
const ORDER_TTL_MS = 1_800_000;

/** What is said, in both languages. */
const WORDS = {
  unfinished: [
    '您有未付款或开通中的订单，请稍后再试或将其取消',
    'You have an unpaid or pending order, please try again later or cancel it',
  ],
  noPlan: ['订阅计划不存在', 'Subscription plan does not exist'],
  soldOut: ['该订阅已售罄，请更换其它订阅', 'This subscription has been sold out, please choose another subscription'],
  notRenewable: [
    '该订阅无法续费，请更换其它订阅',
    'This subscription cannot be renewed, please change to another subscription',
  ],
  noPrice: [
    '该订阅周期无法进行购买，请选择其它周期',
    'This payment cycle cannot be purchased, please choose another cycle',
  ],
  nothingToReset: [
    '订阅已过期或无有效订阅，无法购买重置包',
    'Subscription has expired or no active subscription, unable to purchase Data Reset Package',
  ],
  invalidCoupon: ['优惠券无效', 'Invalid coupon'],
  notBegun: ['优惠券还未到可用时间', 'This coupon has not yet started'],
  ended: ['优惠券已过期', 'This coupon has expired'],
  usedUp: ['优惠券已无可用次数', 'This coupon is no longer available'],
  usedUpByUser: ['该优惠券每人只能用 2 次', 'The coupon can only be used 2 per person'],
  otherPlan: ['该订阅无法使用此优惠码', 'The coupon code cannot be used for this subscription'],
} as const;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** What an order is refused with, in both languages, and whether anything was placed. */
async function tried(customer: SubscriptionCustomer, fields: Record<string, unknown>) {
  const before = (await customer.fetch()).text;
  const answers = [await customer.save(fields), await customer.save(fields, IN_ENGLISH)];
  return { said: answers.map(said), placed: (await customer.fetch()).text !== before };
}

/** What {@link tried} gives where these words are said. */
function refused([chinese, english]: readonly [string, string]): Awaited<ReturnType<typeof tried>> {
  return { said: [refusal(400, chinese), refusal(400, english, { language: 'en-US' })], placed: false };
}

const plan = (fields: Record<string, unknown> = {}) => newPlan(shop, fields);
const iso = (offsetMs: number) => new Date(Date.now() + offsetMs).toISOString();

/** A customer who has the plan, for a month from now. */
async function subscriberOf(plan_id: number): Promise<SubscriptionCustomer> {
  const customer = await newCustomer(shop);
  await customer.newOpenedOrder({ plan_id });
  return customer;
}

describe('an order that is not finished stands in the way', () => {
  test('one to be paid, until it is cancelled', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await customer.newOrder();
    expect(await tried(customer, {})).toEqual(refused(WORDS.unfinished));
    expect(await tried(customer, { plan_id: 999_999 })).toEqual(refused(WORDS.unfinished));
    expect(await customer.statusOf(tradeNo)).toBe(0);
    await customer.cancel(tradeNo);
    expect((await customer.save()).status).toBe(200);
  });

  test('for this user alone', async () => {
    const [one, other] = [await newCustomer(shop), await newCustomer(shop)];
    await one.newOrder();
    expect((await other.save()).status).toBe(200);
  });

  test('not once its time is over: it is cancelled by the next one, and its balance is there for it', async () => {
    const customer = await newCustomer(shop, { balanceFen: 1500 });
    const plan_id = await plan();
    const overdue = await customer.newOrder({ plan_id });
    shop.pass(ORDER_TTL_MS - 1);
    expect(said(await customer.save({ plan_id }))).toEqual(UNFINISHED);
    shop.pass(1);
    const next = await customer.newOrder({ plan_id });
    expect([await customer.statusOf(overdue), await customer.statusOf(next)]).toEqual([2, 0]);
    expect(await customer.shown(next)).toMatchObject({ balance_amount: 1500, total_amount: 500 });
    expect(await accountOf(shop, customer.userId)).toEqual({
      balanceFen: 0,
      ledger: ['set 1500', 'spent -1500', 'returned 1500', 'spent -1500'],
    });
  });

  test('not once its time is over while somebody may be paying it: the provider is asked, and closes it', async () => {
    const customer = await newCustomer(shop);
    const overdue = await customer.newOrder();
    await customer.newCode(overdue);
    shop.pass(ORDER_TTL_MS);
    const next = await customer.newOrder();
    expect([await customer.statusOf(overdue), await customer.statusOf(next)]).toEqual([2, 0]);
    expect(shop.wechatPay.ledger.trade(`${overdue}0001`)?.closedBy).not.toBe('payer');
  });
});

describe('a plan', () => {
  test('that there is none of', async () => {
    const customer = await newCustomer(shop);
    expect(await tried(customer, { plan_id: 999_999 })).toEqual(refused(WORDS.noPlan));
    expect(await tried(customer, { plan_id: Number.MAX_SAFE_INTEGER })).toEqual(refused(WORDS.noPlan));
    const removed = await plan();
    await operatorOf(shop).remove(`/catalog/plans/${removed}`);
    expect(await tried(customer, { plan_id: removed })).toEqual(refused(WORDS.noPlan));
  });

  test('that is not shown is for nobody who does not have it', async () => {
    const hidden = await plan({ show: 0 });
    expect(await tried(await newCustomer(shop), { plan_id: hidden })).toEqual(refused(WORDS.soldOut));
    expect(await tried(await subscriberOf(await plan()), { plan_id: hidden })).toEqual(refused(WORDS.soldOut));
  });

  test('that is no longer shown may be renewed by whoever has it, as long as they have it', async () => {
    const plan_id = await plan();
    const customer = await subscriberOf(plan_id);
    await put(shop, `plans/${plan_id}`, { name: '旧套餐', show: 0, renew: 1 });
    const renewal = await customer.newOrder({ plan_id });
    expect((await customer.shown(renewal)).type).toBe(2);
    await customer.cancel(renewal);
    shop.pass(31 * DAY_MS);
    expect(await tried(customer, { plan_id })).toEqual(refused(WORDS.soldOut));
  });

  test('that is no longer shown, and may not be renewed', async () => {
    const plan_id = await plan({ resetPriceFen: 5 });
    const customer = await subscriberOf(plan_id);
    await put(shop, `plans/${plan_id}`, { name: '旧套餐', show: 0, renew: 0 });
    expect(await tried(customer, { plan_id })).toEqual(refused(WORDS.soldOut));
    // What runs may still be reset: that is no renewal.
    expect((await customer.save({ plan_id, cycle: 'reset_price' })).status).toBe(200);
  });

  test('that may not be renewed is for those who do not have it', async () => {
    const plan_id = await plan({ renew: 0, resetPriceFen: 5 });
    const customer = await subscriberOf(plan_id);
    expect(await tried(customer, { plan_id })).toEqual(refused(WORDS.notRenewable));
    const reset = await customer.newOrder({ plan_id, cycle: 'reset_price' });
    await customer.cancel(reset);
    shop.pass(31 * DAY_MS);
    expect((await customer.save({ plan_id })).status).toBe(200);
  });

  test('that has no price for the cycle', async () => {
    const customer = await newCustomer(shop);
    const plan_id = await plan();
    for (const cycle of ['quarter_price', 'half_year_price', 'year_price', 'two_year_price']) {
      expect(await tried(customer, { plan_id, cycle })).toEqual(refused(WORDS.noPrice));
    }
    for (const cycle of ['three_year_price', 'onetime_price', 'reset_price']) {
      expect(await tried(customer, { plan_id, cycle })).toEqual(refused(WORDS.noPrice));
    }
    await put(shop, `plans/${plan_id}`, { name: '没有月付', monthPriceFen: null });
    expect(await tried(customer, { plan_id })).toEqual(refused(WORDS.noPrice));
  });

  test('that costs nothing: 0 is a price', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await customer.newOpenedOrder({ plan_id: await plan({ monthPriceFen: 0 }) });
    expect(await customer.shown(tradeNo)).toMatchObject({ total_amount: 0, discount_amount: null, status: 3 });
  });

  test('is reset only while it runs', async () => {
    const [plan_id, other] = [await plan({ resetPriceFen: 5 }), await plan({ resetPriceFen: 5 })];
    const cycle = 'reset_price';
    expect(await tried(await newCustomer(shop), { plan_id, cycle })).toEqual(refused(WORDS.nothingToReset));
    const customer = await subscriberOf(plan_id);
    expect(await tried(customer, { plan_id: other, cycle })).toEqual(refused(WORDS.nothingToReset));
    const reset = await customer.newOrder({ plan_id, cycle });
    expect(await customer.shown(reset)).toMatchObject({ type: 4, total_amount: 5, surplus_amount: null });
    await customer.cancel(reset);
    shop.pass(31 * DAY_MS);
    expect(await tried(customer, { plan_id, cycle })).toEqual(refused(WORDS.nothingToReset));
  });
});

describe('a coupon', () => {
  test.each([
    ['that there is none of', () => ({}), WORDS.invalidCoupon],
    ['that is switched off', () => ({ enabled: false }), WORDS.invalidCoupon],
    ['that has not begun', () => ({ startsAt: iso(1) }), WORDS.notBegun],
    ['that has ended', () => ({ endsAt: iso(0) }), WORDS.ended],
    ['for other plans', () => ({ planIds: [1, 2] }), WORDS.otherPlan],
  ])('%s', async (what, terms, words) => {
    const customer = await newCustomer(shop);
    const { code } = await newCoupon(shop, terms());
    const coupon_code = what === 'that there is none of' ? `${code}X` : code;
    expect(await tried(customer, { plan_id: await plan(), coupon_code })).toEqual(refused(words));
  });

  test('that begins, or is still good for a millisecond, at this very moment', async () => {
    for (const terms of [{ startsAt: iso(0) }, { endsAt: iso(1) }, { startsAt: iso(0), endsAt: iso(1) }]) {
      const customer = await newCustomer(shop);
      const { code, id } = await newCoupon(shop, terms);
      const tradeNo = await customer.newOrder({ coupon_code: code });
      expect((await customer.shown(tradeNo)).coupon_id).toBe(id);
    }
  });

  test('that all have used up: a cancelled order has used nothing, one that ran out has not either', async () => {
    const plan_id = await plan();
    const { code: coupon_code } = await newCoupon(shop, { limitUse: 1 });
    const [one, other] = [await newCustomer(shop), await newCustomer(shop)];
    const first = await one.newOrder({ plan_id, coupon_code });
    expect(await tried(other, { plan_id, coupon_code })).toEqual(refused(WORDS.usedUp));
    await one.cancel(first);
    const second = await other.newOrder({ plan_id, coupon_code });
    expect(await tried(one, { plan_id, coupon_code })).toEqual(refused(WORDS.usedUp));
    shop.pass(ORDER_TTL_MS);
    await shop.cron();
    expect(await other.statusOf(second)).toBe(2);
    await one.newOpenedOrder({ plan_id, coupon_code });
    expect(await tried(other, { plan_id, coupon_code })).toEqual(refused(WORDS.usedUp));
  });

  test('that one user has used as often as anybody may', async () => {
    const plan_id = await plan();
    const { code: coupon_code } = await newCoupon(shop, { limitUsePerUser: 2 });
    const [one, other] = [await newCustomer(shop), await newCustomer(shop)];
    await one.newOpenedOrder({ plan_id, coupon_code });
    await one.newOpenedOrder({ plan_id, coupon_code });
    expect(await tried(one, { plan_id, coupon_code })).toEqual(refused(WORDS.usedUpByUser));
    expect((await other.save({ plan_id, coupon_code })).status).toBe(200);
  });

  test('for this plan among others', async () => {
    const plan_id = await plan();
    const { code: coupon_code } = await newCoupon(shop, { planIds: [1, plan_id] });
    expect((await (await newCustomer(shop)).save({ plan_id, coupon_code })).status).toBe(200);
  });

  test('is found by its code to the letter', async () => {
    const customer = await newCustomer(shop);
    const { code } = await newCoupon(shop);
    for (const coupon_code of [
      code.toLowerCase(),
      ` ${code}`,
      `${code} `,
      '%',
      'x'.repeat(10_000),
      '\u0000',
      '\ud800',
    ]) {
      expect(await tried(customer, { coupon_code })).toEqual(refused(WORDS.invalidCoupon));
    }
    expect((await customer.save({ coupon_code: code })).status).toBe(200);
  });
});

describe('of several reasons, the first one is said', () => {
  test('what is wrong with the request stands before all', async () => {
    const customer = await newCustomer(shop);
    await customer.newOrder();
    expect(said(await customer.save({ cycle: 'weekly' }))).toEqual(invalid({ cycle: ['套餐周期参数有误'] }));
  });

  test('of a plan', async () => {
    const customer = await newCustomer(shop);
    const coupon_code = 'NONE';
    expect(await tried(customer, { plan_id: 999_999, cycle: 'reset_price', coupon_code })).toEqual(
      refused(WORDS.noPlan),
    );
    const hidden = await plan({ show: 0, monthPriceFen: null });
    expect(await tried(customer, { plan_id: hidden, coupon_code })).toEqual(refused(WORDS.soldOut));
    expect(await tried(customer, { plan_id: hidden, cycle: 'reset_price', coupon_code })).toEqual(
      refused(WORDS.soldOut),
    );
    const running = await plan({ renew: 0 });
    const subscriber = await subscriberOf(running);
    expect(await tried(subscriber, { plan_id: running, cycle: 'year_price', coupon_code })).toEqual(
      refused(WORDS.notRenewable),
    );
    expect(await tried(customer, { plan_id: running, cycle: 'reset_price', coupon_code })).toEqual(
      refused(WORDS.noPrice),
    );
    const resettable = await plan({ resetPriceFen: 0 });
    expect(await tried(customer, { plan_id: resettable, cycle: 'reset_price', coupon_code })).toEqual(
      refused(WORDS.nothingToReset),
    );
  });

  test('of a coupon', async () => {
    const plan_id = await plan();
    const { id, code: coupon_code } = await newCoupon(shop, { limitUse: 1, limitUsePerUser: 2 });
    const customer = await newCustomer(shop);
    await customer.newOpenedOrder({ plan_id, coupon_code });
    const row = { code: coupon_code, name: '优惠券', type: 'percent', percent: 10 };
    const change = (fields: Record<string, unknown>) => put(shop, `coupons/${id}`, { ...row, ...fields });
    await change({ enabled: false, startsAt: iso(1), endsAt: iso(2), planIds: [1] });
    expect(await tried(customer, { plan_id, coupon_code })).toEqual(refused(WORDS.invalidCoupon));
    await change({ enabled: true });
    expect(await tried(customer, { plan_id, coupon_code })).toEqual(refused(WORDS.notBegun));
    shop.pass(2);
    expect(await tried(customer, { plan_id, coupon_code })).toEqual(refused(WORDS.ended));
    await change({ startsAt: null, endsAt: null });
    expect(await tried(customer, { plan_id, coupon_code })).toEqual(refused(WORDS.usedUp));
    await change({ limitUse: null });
    expect(await tried(customer, { plan_id, coupon_code })).toEqual(refused(WORDS.otherPlan));
    await change({ planIds: null });
    await customer.newOpenedOrder({ plan_id, coupon_code });
    await change({ planIds: [1] });
    expect(await tried(customer, { plan_id, coupon_code })).toEqual(refused(WORDS.otherPlan));
    await change({ planIds: null });
    expect(await tried(customer, { plan_id, coupon_code })).toEqual(refused(WORDS.usedUpByUser));
  });
});

describe('what an order says of itself', () => {
  test.each([
    'month_price',
    'quarter_price',
    'half_year_price',
    'year_price',
    'two_year_price',
    'three_year_price',
    'onetime_price',
  ])('%s: its own price, and its name', async (cycle) => {
    const prices = {
      monthPriceFen: 1,
      quarterPriceFen: 2,
      halfYearPriceFen: 3,
      yearPriceFen: 4,
      twoYearPriceFen: 5,
      threeYearPriceFen: 6,
      onetimePriceFen: 7,
      resetPriceFen: 8,
    };
    const wanted = Object.keys(prices).findIndex((field) => field.toLowerCase() === `${cycle.replaceAll('_', '')}fen`);
    const customer = await newCustomer(shop);
    const tradeNo = await customer.newOrder({ plan_id: await plan(prices), cycle });
    expect(await customer.shown(tradeNo)).toMatchObject({ cycle, type: 1, total_amount: wanted + 1 });
  });

  test('new, renewed, changed and reset; and new again once nothing runs', async () => {
    const [one, other] = [await plan({ resetPriceFen: 5 }), await plan()];
    const customer = await newCustomer(shop);
    const typeOf = async (fields: Record<string, unknown>) => {
      const { type, surplus_order_ids, id } = await customer.shown(await customer.newOpenedOrder(fields));
      return { type, surplus_order_ids, id };
    };
    const first = await typeOf({ plan_id: one });
    const second = await typeOf({ plan_id: one });
    const reset = await typeOf({ plan_id: one, cycle: 'reset_price' });
    const change = await typeOf({ plan_id: other });
    expect([first, second, reset].map(({ type }) => type)).toEqual([1, 2, 4]);
    // What was renewed counts with its renewal; what was reset is none of it.
    expect(change).toMatchObject({ type: 3, surplus_order_ids: [first.id, second.id] });
    shop.pass(31 * DAY_MS);
    expect(await typeOf({ plan_id: one })).toMatchObject({ type: 1, surplus_order_ids: null });
  });

  test('its plan is shown as it is now, also once it is gone', async () => {
    const plan_id = await plan({ content: '第一版' });
    const customer = await newCustomer(shop);
    const tradeNo = await customer.newOrder({ plan_id });
    shop.pass(5000);
    await put(shop, `plans/${plan_id}`, { name: '新名字', content: '第二版', monthPriceFen: 3000 });
    await operatorOf(shop).remove(`/catalog/plans/${plan_id}`);
    expect(await customer.shown(tradeNo)).toMatchObject({
      total_amount: 2000,
      plan: { id: plan_id, name: '新名字', content: '第二版', month_price: 3000 },
    });
  });
});

describe('a user without a row', () => {
  test.each([
    [39_001, '/getPaymentMethod'],
    [39_002, '/fetch'],
    [39_003, '/check?trade_no=1'],
    [39_004, '/nowhere'],
  ])('%i gets one by %s', async (userId, path) => {
    const before = await operatorOf(shop).get(`/catalog/users/${userId}`);
    expect(before.status).toBe(404);
    await subscriptionCustomer(shop, userId).send(path);
    expect(await accountOf(shop, userId)).toEqual({ balanceFen: 0, ledger: [] });
  });

  test('can order at once', async () => {
    const customer = subscriptionCustomer(shop, 39_999);
    const tradeNo = await customer.newOrder();
    expect(await customer.shown(tradeNo)).toMatchObject({ user_id: 39_999, total_amount: 10, invite_user_id: null });
  });
});
