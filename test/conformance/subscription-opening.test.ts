/** What a paid order opens: a period by Shanghai's calendar, the end of what it replaces, a credit, and a share. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { compose, prepare } from '../../src/compose.ts';
import { submit } from '../../src/core/order/submit.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { STATUS, type SubscriptionCustomer } from '../harness/subscription.ts';
import { operatorOf } from './admin-operator.ts';
import { accountOf, newCoupon, newCustomer, newPlan } from './subscription-people.ts';
import { NOT_PAYABLE, NOT_PENDING, said, UNFINISHED } from './subscription-refusal.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

let shop: Shop;
let customer: SubscriptionCustomer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
});
beforeEach(async () => {
  customer = await newCustomer(shop);
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const periodRow = z.object({ starts_at_ms: z.int(), ends_at_ms: z.int().nullable() });

/** The time that an order was opened for, in Shanghai, to the second; `null` where it was opened for none. */
async function periodOf(tradeNo: string): Promise<[startsAt: string, endsAt: string | null] | null> {
  const row = await env.DB.prepare('SELECT starts_at_ms, ends_at_ms FROM subscription_periods WHERE order_no = ?1')
    .bind(tradeNo)
    .first();
  if (row === null) return null;
  const { starts_at_ms: startsAtMs, ends_at_ms: endsAtMs } = periodRow.parse(row);
  return [inShanghai(startsAtMs), endsAtMs === null ? null : inShanghai(endsAtMs)];
}

/** As a clock on a wall there shows it. */
function inShanghai(ms: number): string {
  return new Intl.DateTimeFormat('sv-SE', {
    timeZone: 'Asia/Shanghai',
    dateStyle: 'short',
    timeStyle: 'medium',
  }).format(ms);
}

/** Sets the clock to a later moment. */
function passTo(at: string): void {
  const ms = Date.parse(at) - Date.now();
  if (ms < 0) throw new Error(`${at} has passed`);
  shop.pass(ms);
}

/** A plan that is sold by every cycle. */
const ALL_PRICES = {
  monthPriceFen: 3100,
  quarterPriceFen: 100,
  halfYearPriceFen: 100,
  yearPriceFen: 36_500,
  twoYearPriceFen: 100,
  threeYearPriceFen: 100,
  onetimePriceFen: 100,
  resetPriceFen: 100,
};

describe('a period', () => {
  test.each([
    ['2024-01-30T15:59:59.999Z', 'month_price', '2024-01-30 23:59:59', '2024-02-29 23:59:59'],
    ['2024-01-30T16:00:00.000Z', 'month_price', '2024-01-31 00:00:00', '2024-02-29 00:00:00'],
    ['2024-01-31T10:00:00Z', 'month_price', '2024-01-31 18:00:00', '2024-02-29 18:00:00'],
    ['2024-02-29T10:00:00Z', 'year_price', '2024-02-29 18:00:00', '2025-02-28 18:00:00'],
    ['2024-02-29T10:00:00Z', 'two_year_price', '2024-02-29 18:00:00', '2026-02-28 18:00:00'],
    ['2024-03-31T10:00:00Z', 'month_price', '2024-03-31 18:00:00', '2024-04-30 18:00:00'],
    ['2024-08-31T15:59:59Z', 'half_year_price', '2024-08-31 23:59:59', '2025-02-28 23:59:59'],
    ['2024-11-29T16:00:00Z', 'quarter_price', '2024-11-30 00:00:00', '2025-02-28 00:00:00'],
    ['2024-12-31T15:59:59Z', 'month_price', '2024-12-31 23:59:59', '2025-01-31 23:59:59'],
    ['2025-02-28T10:00:00Z', 'three_year_price', '2025-02-28 18:00:00', '2028-02-28 18:00:00'],
    ['2025-03-01T10:00:00Z', 'onetime_price', '2025-03-01 18:00:00', null],
  ])('from %s by %s: %s to %s', async (at, cycle, startsAt, endsAt) => {
    passTo(at);
    const tradeNo = await customer.newOpenedOrder({ plan_id: await newPlan(shop, ALL_PRICES), cycle });
    expect(await periodOf(tradeNo)).toEqual([startsAt, endsAt]);
  });

  test('of a renewal begins where what runs ends, and of the next one where that ends', async () => {
    passTo('2025-03-02T00:00:00Z');
    const plan_id = await newPlan(shop, ALL_PRICES);
    const orders: string[] = [];
    for (const cycle of ['month_price', 'month_price', 'year_price']) {
      orders.push(await customer.newOpenedOrder({ plan_id, cycle }));
      shop.pass(DAY_MS);
    }
    expect(await Promise.all(orders.map(periodOf))).toEqual([
      ['2025-03-02 08:00:00', '2025-04-02 08:00:00'],
      ['2025-04-02 08:00:00', '2025-05-02 08:00:00'],
      ['2025-05-02 08:00:00', '2026-05-02 08:00:00'],
    ]);
  });

  test('of a renewal that comes too late begins when it is opened', async () => {
    const plan_id = await newPlan(shop, ALL_PRICES);
    await customer.newOpenedOrder({ plan_id });
    shop.pass(60 * DAY_MS);
    const now = inShanghai(Date.now());
    const late = await customer.newOpenedOrder({ plan_id });
    expect((await periodOf(late))?.[0]).toBe(now);
    expect((await customer.shown(late)).type).toBe(1);
  });

  test('is none of a reset', async () => {
    const plan_id = await newPlan(shop, ALL_PRICES);
    await customer.newOpenedOrder({ plan_id });
    const reset = await customer.newOpenedOrder({ plan_id, cycle: 'reset_price' });
    expect(await periodOf(reset)).toBeNull();
    expect(await customer.statusOf(reset)).toBe(STATUS.completed);
  });

  test('of another plan begins at the change, and what it replaces is absorbed', async () => {
    const [one, other] = [await newPlan(shop, ALL_PRICES), await newPlan(shop, ALL_PRICES)];
    const first = await customer.newOpenedOrder({ plan_id: one });
    const renewal = await customer.newOpenedOrder({ plan_id: one });
    const reset = await customer.newOpenedOrder({ plan_id: one, cycle: 'reset_price' });
    shop.pass(5 * DAY_MS);
    const change = await customer.newOrder({ plan_id: other, cycle: 'year_price' });
    expect(await customer.statusOf(first)).toBe(STATUS.completed);
    shop.pass(MINUTE_MS);
    const now = inShanghai(Date.now());
    await customer.settle(change);
    expect((await periodOf(change))?.[0]).toBe(now);
    const statuses = await Promise.all([first, renewal, reset, change].map((tradeNo) => customer.statusOf(tradeNo)));
    expect(statuses).toEqual([STATUS.absorbed, STATUS.absorbed, STATUS.completed, STATUS.completed]);
    for (const tradeNo of [first, renewal]) expect((await customer.fetch('?status=4')).text).toContain(tradeNo);
    expect((await customer.fetch('?status=3')).text).not.toContain(first);
  });

  test('of a change that is not paid is none: what runs goes on', async () => {
    const [one, other] = [await newPlan(shop, ALL_PRICES), await newPlan(shop, ALL_PRICES)];
    const first = await customer.newOpenedOrder({ plan_id: one });
    const change = await customer.newOrder({ plan_id: other });
    await customer.cancel(change);
    expect(await customer.statusOf(first)).toBe(STATUS.completed);
    expect((await customer.shown(await customer.newOrder({ plan_id: one }))).type).toBe(2);
  });
});

/** Pays an order that costs nothing, by one step of the core alone: nobody opens it. */
async function payUnopened(tradeNo: string): Promise<void> {
  const prepared = await prepare(shop.bindings);
  if (!prepared.ok) throw new Error(prepared.problems.join('; '));
  const context = createExecutionContext();
  const { services } = compose(shop.bindings, prepared.isolate, context, 'first-primary');
  const command = { type: 'pay_nothing' } as const;
  const paid = await submit(services, { orderNo: tradeNo, scope: 'everything', actor: 'user:1', command });
  await waitOnExecutionContext(context);
  if (!paid.ok) throw new Error(paid.refusal.reason);
}

describe('an order that is paid and not opened', () => {
  test('says so, stands in the way, and is opened by the next run of the cron', async () => {
    customer = await newCustomer(shop, { balanceFen: 100 });
    const plan_id = await newPlan(shop, ALL_PRICES);
    const tradeNo = await customer.newOrder({ plan_id, cycle: 'quarter_price' });
    await payUnopened(tradeNo);
    expect(await customer.shown(tradeNo)).toMatchObject({ status: STATUS.opening, callback_no: tradeNo });
    expect((await customer.fetch('?status=1')).text).toContain(tradeNo);
    expect(said(await customer.save({ plan_id }))).toEqual(UNFINISHED);
    expect(said(await customer.checkout(tradeNo))).toEqual(NOT_PAYABLE);
    expect(said(await customer.cancel(tradeNo))).toEqual(NOT_PENDING);
    // Not even its own end stands in the way: it is paid.
    shop.pass(DAY_MS);
    expect(said(await customer.save({ plan_id }))).toEqual(UNFINISHED);
    await Promise.all([shop.cron(), shop.cron()]);
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.completed);
    expect((await periodOf(tradeNo))?.[0]).toBe(inShanghai(Date.now()));
    expect((await customer.fetch('?status=1')).text).toBe('{"data":[]}');
  });

  test('gives its credit once', async () => {
    const [one, other] = [await newPlan(shop, ALL_PRICES), await newPlan(shop, ALL_PRICES)];
    await customer.newOpenedOrder({ plan_id: one, cycle: 'year_price' });
    const change = await customer.newOrder({ plan_id: other, cycle: 'quarter_price' });
    const { refund_amount } = await customer.shown(change);
    await payUnopened(change);
    expect((await accountOf(shop, customer.userId)).ledger).toEqual([]);
    await Promise.all([shop.cron(), shop.cron(), shop.cron()]);
    await shop.cron();
    expect(await accountOf(shop, customer.userId)).toEqual({
      balanceFen: refund_amount,
      ledger: [`credited ${refund_amount}`],
    });
  });
});

/** A customer who was invited, and who did it. */
async function invited(): Promise<[customer: SubscriptionCustomer, inviter: SubscriptionCustomer]> {
  const inviter = await newCustomer(shop);
  return [await newCustomer(shop, { inviterId: String(inviter.userId) }), inviter];
}

/** What an order says of its share: where it stands, and how much it is. */
async function shareOf(tradeNo: string): Promise<[status: number, fen: number]> {
  const { commission_status, commission_balance } = await customer.shown(tradeNo);
  return [commission_status, commission_balance];
}

describe('the inviter’s share', () => {
  let inviter: SubscriptionCustomer;
  let plan_id: number;
  beforeEach(async () => {
    [customer, inviter] = await invited();
    plan_id = await newPlan(shop, ALL_PRICES);
  });

  test('is due three days after the opening, and then on their balance, once', async () => {
    const tradeNo = await customer.newOrder({ plan_id });
    expect(await shareOf(tradeNo)).toEqual([0, 310]);
    shop.pass(MINUTE_MS);
    await customer.settle(tradeNo);
    shop.pass(3 * DAY_MS - 1);
    await shop.cron();
    expect(await shareOf(tradeNo)).toEqual([0, 310]);
    expect((await accountOf(shop, inviter.userId)).ledger).toEqual([]);
    shop.pass(1);
    expect(await shareOf(tradeNo)).toEqual([1, 310]);
    await Promise.all([shop.cron(), shop.cron()]);
    await shop.cron();
    expect(await shareOf(tradeNo)).toEqual([2, 310]);
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 310, ledger: ['commission 310'] });
  });

  test('of an order that another one absorbed meanwhile is due all the same', async () => {
    const tradeNo = await customer.newOpenedOrder({ plan_id });
    const change = await customer.newOpenedOrder({ plan_id: await newPlan(shop, ALL_PRICES) });
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.absorbed);
    // All of the price was unused value: nothing is left to share.
    expect(await shareOf(change)).toEqual([0, 0]);
    shop.pass(3 * DAY_MS);
    await shop.cron();
    expect(await shareOf(tradeNo)).toEqual([2, 310]);
    expect((await accountOf(shop, inviter.userId)).balanceFen).toBe(310);
  });

  test('of an order that was never paid is void', async () => {
    const cancelled = await customer.newOrder({ plan_id });
    await customer.cancel(cancelled);
    expect(await shareOf(cancelled)).toEqual([3, 310]);
    const overdue = await customer.newOrder({ plan_id });
    shop.pass(DAY_MS);
    expect(await shareOf(overdue)).toEqual([3, 310]);
    await shop.cron();
    expect(await shareOf(overdue)).toEqual([3, 310]);
  });

  test('of an order that is given back is void, in part where a part is; what runs is over with all of it', async () => {
    const part = await customer.newOpenedOrder({ plan_id });
    await refund(part, 1);
    expect(await shareOf(part)).toEqual([0, 309]);
    shop.pass(3 * DAY_MS);
    await shop.cron();
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 309, ledger: ['commission 309'] });

    [customer, inviter] = await invited();
    const whole = await customer.newOpenedOrder({ plan_id });
    await refund(whole, 3100);
    expect(await customer.shown(whole)).toMatchObject({ status: STATUS.cancelled, commission_status: 3 });
    shop.pass(3 * DAY_MS);
    await shop.cron();
    expect((await accountOf(shop, inviter.userId)).ledger).toEqual([]);
    expect((await customer.shown(await customer.newOrder({ plan_id }))).type).toBe(1);
  });

  test('of which a refund leaves nothing is void', async () => {
    const small = await newPlan(shop, { monthPriceFen: 10 });
    const tradeNo = await customer.newOpenedOrder({ plan_id: small });
    expect(await shareOf(tradeNo)).toEqual([0, 1]);
    await refund(tradeNo, 1);
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.completed);
    expect(await shareOf(tradeNo)).toEqual([3, 0]);
    shop.pass(3 * DAY_MS);
    await shop.cron();
    expect((await accountOf(shop, inviter.userId)).ledger).toEqual([]);
  });

  test('of nobody is none, whatever becomes of the order', async () => {
    customer = await newCustomer(shop);
    const tradeNo = await customer.newOpenedOrder({ plan_id });
    shop.pass(3 * DAY_MS);
    await shop.cron();
    expect(await shareOf(tradeNo)).toEqual([0, 0]);
    const cancelled = await customer.newOrder({ plan_id });
    await customer.cancel(cancelled);
    expect(await shareOf(cancelled)).toEqual([0, 0]);
  });
});

/** An operator gives money back, and the provider has done it. */
async function refund(tradeNo: string, amountFen: number): Promise<void> {
  const asked = await operatorOf(shop).post(`/orders/${tradeNo}/refunds`, { amountFen, reason: '用户要求' });
  if (asked.status !== 200) throw new Error(asked.text);
  shop.pass(MINUTE_MS);
  await shop.cron();
  await shop.deliverNotifications();
  await shop.cron();
}

describe('money back', () => {
  test('is not worth anything any more to the plan that comes after', async () => {
    passTo('2027-01-01T00:00:00Z');
    const [one, other] = [await newPlan(shop, ALL_PRICES), await newPlan(shop, ALL_PRICES)];
    const tradeNo = await customer.newOpenedOrder({ plan_id: one });
    await refund(tradeNo, 3000);
    const change = await customer.newOrder({ plan_id: other });
    // A hundred is left of it, for a month of which minutes have passed.
    expect(await customer.shown(change)).toMatchObject({ surplus_amount: 99, total_amount: 3001 });
  });

  test('is none of an order whose value another one counts on', async () => {
    const [one, other] = [await newPlan(shop, ALL_PRICES), await newPlan(shop, ALL_PRICES)];
    const { code: coupon_code } = await newCoupon(shop, { valueFen: 100 });
    const tradeNo = await customer.newOpenedOrder({ plan_id: one, coupon_code });
    const change = await customer.newOrder({ plan_id: other, cycle: 'year_price' });
    const asked = { amountFen: 1, reason: '用户要求' };
    expect((await operatorOf(shop).post(`/orders/${tradeNo}/refunds`, asked)).status).toBe(409);
    await customer.settle(change);
    expect((await operatorOf(shop).post(`/orders/${tradeNo}/refunds`, asked)).status).toBe(409);
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.absorbed);
  });
});
