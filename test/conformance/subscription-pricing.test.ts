/** What an order comes to: each step by a table, and all of them through the calls. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type PriceBasis, priceOrder } from '../../src/dialects/subscription/pricing.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import type { SubscriptionCustomer } from '../harness/subscription.ts';
import { accountOf, newCoupon, newCustomer, newPlan, put } from './subscription-people.ts';

const DAY_MS = 86_400_000;
const MAX_FEN = 10_000_000_000;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** A price of 2,000 fen, and nothing that changes it. */
const BASIS: PriceBasis = {
  priceFen: 2000,
  coupon: null,
  userPercent: 0,
  unusedFen: 0,
  balanceFen: 0,
  commissionBps: 0,
};

const fixed = (valueFen: number) => ({ coupon: { type: 'fixed', valueFen } }) as const;
const percent = (of: number) => ({ coupon: { type: 'percent', percent: of } }) as const;

describe('the discount', () => {
  test.each<[what: string, basis: Partial<PriceBasis>, discountFen: number | null]>([
    ['none', {}, null],
    ['an amount', fixed(300), 300],
    ['an amount of nothing is one', fixed(0), 0],
    ['an amount that is the price', fixed(2000), 2000],
    ['an amount beyond the price', fixed(2001), 2000],
    ['a percentage', percent(10), 200],
    ['no percent is one', percent(0), 0],
    ['all of it', percent(100), 2000],
    ['a percentage, rounded down', { ...percent(33), priceFen: 10 }, 3],
    ['a percentage that rounds to nothing', { ...percent(10), priceFen: 9 }, 0],
    ['the user’s own', { userPercent: 5 }, 100],
    ['the user’s own, rounded down', { userPercent: 99, priceFen: 1 }, 0],
    ['both: each of the whole price', { ...percent(10), userPercent: 10 }, 400],
    ['both, each rounded by itself', { ...percent(15), userPercent: 15, priceFen: 10 }, 2],
    ['both, an amount first', { ...fixed(1900), userPercent: 5 }, 2000],
    ['both, beyond the price', { ...percent(60), userPercent: 60 }, 2000],
    ['of a price of nothing', { ...percent(10), priceFen: 0 }, 0],
    ['an amount of a price of nothing', { ...fixed(5), priceFen: 0 }, 0],
    ['of the largest price', { ...percent(99), priceFen: MAX_FEN }, 9_900_000_000],
    ['of a price that no float of its hundredth holds', { ...percent(29), priceFen: 1_115 }, 323],
  ])('%s', (_what, basis, discountFen) => {
    const priced = priceOrder({ ...BASIS, ...basis });
    expect(priced.discountFen).toBe(discountFen);
    expect(priced.amountFen).toBe((basis.priceFen ?? 2000) - (discountFen ?? 0));
  });
});

describe('what is unused of another plan, and the balance', () => {
  test.each<[what: string, basis: Partial<PriceBasis>, wanted: [credit: number, balance: number, amount: number]]>([
    ['nothing', {}, [0, 0, 2000]],
    ['something is unused', { unusedFen: 1 }, [0, 0, 1999]],
    ['as much as it costs', { unusedFen: 2000 }, [0, 0, 0]],
    ['more than it costs', { unusedFen: 2001 }, [1, 0, 0]],
    ['far more than it costs', { unusedFen: MAX_FEN }, [MAX_FEN - 2000, 0, 0]],
    ['all of it, where it costs nothing', { unusedFen: 7, priceFen: 0 }, [7, 0, 0]],
    ['all of it, where the discount is everything', { unusedFen: 7, ...percent(100) }, [7, 0, 0]],
    ['what the discount leaves', { unusedFen: 1900, ...percent(10) }, [100, 0, 0]],
    ['some balance', { balanceFen: 1 }, [0, 1, 1999]],
    ['all the balance that it takes', { balanceFen: 2000 }, [0, 2000, 0]],
    ['not more than it costs', { balanceFen: 2001 }, [0, 2000, 0]],
    ['no balance for nothing', { balanceFen: 5, priceFen: 0 }, [0, 0, 0]],
    ['the unused before the balance', { unusedFen: 1500, balanceFen: 700 }, [0, 500, 0]],
    ['both, and money', { unusedFen: 1500, balanceFen: 100 }, [0, 100, 400]],
    ['no balance beside a credit', { unusedFen: 2500, balanceFen: 700 }, [500, 0, 0]],
    ['all three', { unusedFen: 800, balanceFen: 100, ...fixed(50), userPercent: 10 }, [0, 100, 850]],
  ])('%s', (_what, basis, wanted) => {
    const { creditFen, balanceFen, amountFen } = priceOrder({ ...BASIS, ...basis });
    expect([creditFen, balanceFen, amountFen]).toEqual(wanted);
  });
});

describe('the inviter’s share', () => {
  test.each<[what: string, basis: Partial<PriceBasis>, commissionFen: number]>([
    ['nobody’s', {}, 0],
    ['of the price', { commissionBps: 1000 }, 200],
    ['rounded down', { commissionBps: 1000, priceFen: 19 }, 1],
    ['of the smallest price', { commissionBps: 9999, priceFen: 1 }, 0],
    ['of all of it', { commissionBps: 10_000 }, 2000],
    ['of what the discount leaves', { commissionBps: 1000, ...percent(10) }, 180],
    ['of what the unused leaves', { commissionBps: 1000, unusedFen: 500 }, 150],
    ['of what the balance pays, too', { commissionBps: 1000, balanceFen: 2000 }, 200],
    ['of nothing', { commissionBps: 1000, unusedFen: 3000 }, 0],
    ['of the largest price', { commissionBps: 3333, priceFen: MAX_FEN }, 3_333_000_000],
  ])('%s', (_what, basis, commissionFen) => {
    expect(priceOrder({ ...BASIS, ...basis }).commissionFen).toBe(commissionFen);
  });
});

/** The amounts of an order on the wire, by their names. */
async function amountsOf(customer: SubscriptionCustomer, tradeNo: string) {
  const { total_amount, discount_amount, surplus_amount, refund_amount, balance_amount } =
    await customer.shown(tradeNo);
  return { total_amount, discount_amount, surplus_amount, refund_amount, balance_amount };
}

const NO_AMOUNTS = { discount_amount: null, surplus_amount: null, refund_amount: null, balance_amount: null };

describe('through the calls', () => {
  test('a price, and nothing else', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await customer.newOrder({ plan_id: await newPlan(shop) });
    expect(await amountsOf(customer, tradeNo)).toEqual({ ...NO_AMOUNTS, total_amount: 2000 });
  });

  test('a coupon, the user’s own percentage, and the balance', async () => {
    const customer = await newCustomer(shop, { balanceFen: 300, discountPercent: 5 });
    const { code } = await newCoupon(shop, { valueFen: 150 });
    const plan_id = await newPlan(shop);
    const tradeNo = await customer.newOrder({ plan_id, coupon_code: code });
    const wanted = { ...NO_AMOUNTS, discount_amount: 250, balance_amount: 300, total_amount: 1450 };
    expect(await amountsOf(customer, tradeNo)).toEqual(wanted);
    expect(await accountOf(shop, customer.userId)).toEqual({ balanceFen: 0, ledger: ['set 300', 'spent -300'] });
  });

  test('a discount that comes to nothing is one', async () => {
    const customer = await newCustomer(shop);
    const { code } = await newCoupon(shop, { percent: 1 });
    const tradeNo = await customer.newOrder({ coupon_code: code });
    expect(await amountsOf(customer, tradeNo)).toEqual({ ...NO_AMOUNTS, discount_amount: 0, total_amount: 10 });
  });

  test('a percentage of nothing that a user always gets is none', async () => {
    const customer = await newCustomer(shop, { discountPercent: 0 });
    expect((await amountsOf(customer, await customer.newOrder())).discount_amount).toBeNull();
  });

  test('a cheaper plan: the rest of the unused goes to the balance, once it is opened', async () => {
    const customer = await newCustomer(shop);
    const [dear, cheap] = [await newPlan(shop, { monthPriceFen: 3100 }), await newPlan(shop, { monthPriceFen: 50 })];
    // A month of 31 days.
    shop.pass(Date.parse('2024-01-01T04:00:00Z') - Date.now());
    await customer.newOpenedOrder({ plan_id: dear });
    shop.pass(DAY_MS);
    const tradeNo = await customer.newOrder({ plan_id: cheap });
    const wanted = { ...NO_AMOUNTS, surplus_amount: 3000, refund_amount: 2950, total_amount: 0 };
    expect(await amountsOf(customer, tradeNo)).toEqual(wanted);
    expect((await accountOf(shop, customer.userId)).balanceFen).toBe(0);
    await customer.settle(tradeNo);
    expect(await accountOf(shop, customer.userId)).toEqual({ balanceFen: 2950, ledger: ['credited 2950'] });
    // What counted was worth 50 of it: the 2,950 came back.
    shop.pass(DAY_MS);
    const back = await customer.newOrder({ plan_id: dear });
    const worth = { ...NO_AMOUNTS, surplus_amount: 48, balance_amount: 2950, total_amount: 102 };
    expect(await amountsOf(customer, back)).toEqual(worth);
  });

  test('what was paid counts, discount and resets do not', async () => {
    const customer = await newCustomer(shop, { balanceFen: 500 });
    const { code } = await newCoupon(shop, { valueFen: 1000 });
    const [one, other] = [
      await newPlan(shop, { monthPriceFen: 3000, resetPriceFen: 700 }),
      await newPlan(shop, { monthPriceFen: 9000 }),
    ];
    await customer.newOpenedOrder({ plan_id: one, coupon_code: code });
    await customer.newOpenedOrder({ plan_id: one, cycle: 'reset_price' });
    const tradeNo = await customer.newOrder({ plan_id: other });
    // 1,500 of money and 500 of balance, all of it unused; the reset's 700 are gone.
    expect(await amountsOf(customer, tradeNo)).toMatchObject({ surplus_amount: 2000, total_amount: 7000 });
  });

  test('what never ends has no part that is unused', async () => {
    const customer = await newCustomer(shop);
    const once = await newPlan(shop, { onetimePriceFen: 5000 });
    const { id } = await customer.shown(await customer.newOpenedOrder({ plan_id: once, cycle: 'onetime_price' }));
    const tradeNo = await customer.newOrder({ plan_id: await newPlan(shop) });
    expect(await customer.shown(tradeNo)).toMatchObject({
      type: 3,
      surplus_amount: 0,
      surplus_order_ids: [id],
      refund_amount: null,
      total_amount: 2000,
    });
  });
});

/** What a new order says of its inviter. */
async function share(customer: SubscriptionCustomer, fields: Record<string, unknown> = {}) {
  const tradeNo = await customer.newOrder({ plan_id: await newPlan(shop), ...fields });
  const { invite_user_id, commission_balance, commission_status } = await customer.shown(tradeNo);
  return { invite_user_id, commission_balance, commission_status };
}

describe('who invited somebody', () => {
  test('gets a tenth, of what is paid from the balance too', async () => {
    const inviter = await newCustomer(shop);
    const customer = await newCustomer(shop, { inviterId: String(inviter.userId), balanceFen: 5000 });
    const wanted = { invite_user_id: inviter.userId, commission_balance: 200, commission_status: 0 };
    expect(await share(customer)).toEqual(wanted);
  });

  test('gets what they have agreed on for themself, were it nothing', async () => {
    for (const [commissionBps, wanted] of [
      [2500, 500],
      [0, 0],
    ] as const) {
      const inviter = await newCustomer(shop, { commissionBps });
      const customer = await newCustomer(shop, { inviterId: String(inviter.userId) });
      expect(await share(customer)).toMatchObject({ invite_user_id: inviter.userId, commission_balance: wanted });
    }
  });

  test('gets a share though nobody has written a row for them yet', async () => {
    const customer = await newCustomer(shop, { inviterId: '38999' });
    expect(await share(customer)).toMatchObject({ invite_user_id: 38_999, commission_balance: 200 });
  });

  test('gets nothing of what costs nothing', async () => {
    const inviter = await newCustomer(shop);
    const customer = await newCustomer(shop, { inviterId: String(inviter.userId) });
    const { code } = await newCoupon(shop, { percent: 100 });
    const wanted = { invite_user_id: inviter.userId, commission_balance: 0, commission_status: 0 };
    expect(await share(customer, { coupon_code: code })).toEqual(wanted);
  });

  test('is somebody else', async () => {
    const customer = await newCustomer(shop);
    await put(shop, `users/${customer.userId}`, { inviterId: String(customer.userId) });
    expect(await share(customer)).toEqual({ invite_user_id: null, commission_balance: 0, commission_status: 0 });
  });
});
