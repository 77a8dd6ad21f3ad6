/** Money back for subscriptions, by an operator: in parts, exact to the fen, and never of what counts for another order. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { METHODS, payAtAlipay, STATUS, type SubscriptionCustomer } from '../harness/subscription.ts';
import { type Operator, operatorOf } from './admin-operator.ts';
import { problemOf } from './admin-problem.ts';
import { rowsAsText } from './row-counts.ts';
import { accountOf, newCustomer, newPlan } from './subscription-people.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const ORDER_TTL_MS = 30 * MINUTE_MS;
const MONTH_DAYS = 30;
const REFUSED = [409, 'move_not_allowed'];

let shop: Shop;
let operator: Operator;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  operator = operatorOf(shop);
});
beforeEach(() => {
  shop.wechatPay.refunds.setCourse('at_once');
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.wechatPay.refunds.setCourse('at_once');
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const refund = z.looseObject({ refundNo: z.string(), status: z.string(), amountFen: z.int() });

const giveBack = (tradeNo: string, amountFen: number): Promise<Received> =>
  operator.post(`/orders/${tradeNo}/refunds`, { amountFen, reason: '服务中断补偿' });

/** Gives money back that there is to give. */
async function newRefund(tradeNo: string, amountFen: number): Promise<z.output<typeof refund>> {
  const received = await giveBack(tradeNo, amountFen);
  if (received.status !== 200) throw new Error(received.text);
  return refund.parse(received.json);
}

/** What the provider has given back of an order that its first attempt paid. */
const refundedFen = (tradeNo: string): number => shop.wechatPay.ledger.refundedFen(`${tradeNo}0001`);

/** An order of plan 2, 2,000 fen a month, that is paid and opened. */
const newMonth = (customer: SubscriptionCustomer): Promise<string> => customer.newOpenedOrder({ plan_id: 2 });

describe('a refund', () => {
  test('in parts is exact, and all of it ends the order and what it had opened', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    for (const [nth, amountFen] of [1, 699, 299, 1000].entries()) {
      expect(await customer.statusOf(tradeNo)).toBe(STATUS.completed);
      expect(await newRefund(tradeNo, amountFen)).toMatchObject({ amountFen, refundNo: `${tradeNo}00010${nth + 1}` });
      expect(refundedFen(tradeNo)).toBe([1, 700, 999, 1999][nth]);
      if (nth === 2) break;
    }
    expect(problemOf(await giveBack(tradeNo, 1002))).toEqual([409, 'refund_exceeds_paid']);
    await newRefund(tradeNo, 1001);
    expect(refundedFen(tradeNo)).toBe(2000);
    expect(await customer.shown(tradeNo)).toMatchObject({ status: STATUS.cancelled, total_amount: 2000 });
    expect((await customer.fetch('?status=2')).text).toContain(tradeNo);
    // Nothing runs any more: the next order is a new one, also of another plan.
    const next = await customer.newOrder({ plan_id: 1 });
    expect(await customer.shown(next)).toMatchObject({ type: 1, surplus_amount: null, total_amount: 10 });
  });

  test('of money that came by Alipay goes back there', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await customer.newOrder({ plan_id: 2 });
    payAtAlipay(shop, await customer.newCode(tradeNo, METHODS.alipayCode));
    await shop.deliverNotifications();
    await newRefund(tradeNo, 2000);
    expect(shop.alipay.ledger.refundedFen(`${tradeNo}0001`)).toBe(2000);
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.cancelled);
  });

  test('is of money alone: what the balance paid stays spent', async () => {
    const customer = await newCustomer(shop, { balanceFen: 300 });
    const tradeNo = await newMonth(customer);
    expect(problemOf(await giveBack(tradeNo, 1701))).toEqual([409, 'refund_exceeds_paid']);
    await newRefund(tradeNo, 1700);
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.cancelled);
    expect(await accountOf(shop, customer.userId)).toEqual({ balanceFen: 0, ledger: ['set 300', 'spent -300'] });
  });

  test('of what cost no money is none', async () => {
    const customer = await newCustomer(shop, { balanceFen: 10 });
    const tradeNo = await customer.newOpenedOrder();
    const before = await rowsAsText();
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual([409, 'order_not_paid']);
    expect(await rowsAsText()).toEqual(before);
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.completed);
  });

  test('is none of an order that was not paid', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await customer.newOrder();
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual([409, 'order_not_paid']);
    await customer.newCode(tradeNo);
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual([409, 'order_not_paid']);
    await customer.cancel(tradeNo);
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual([409, 'order_not_paid']);
  });

  test('one after the other, never two at once: of twenty at once, one', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    shop.wechatPay.refunds.setCourse('when_told');
    const received = await Promise.all(Array.from({ length: 20 }, (_none, nth) => giveBack(tradeNo, 1 + nth)));
    const [given, ...others] = received.filter(({ status }) => status === 200);
    expect(others).toEqual([]);
    for (const answer of received.filter(({ status }) => status !== 200)) {
      expect(problemOf(answer)).toEqual([409, 'refund_already_requested']);
    }
    const { refundNo, amountFen } = refund.parse(given?.json);
    shop.pass(MINUTE_MS);
    shop.wechatPay.refunds.end(refundNo, 'SUCCESS');
    await shop.deliverNotifications();
    expect(refundedFen(tradeNo)).toBe(amountFen);
    expect((await giveBack(tradeNo, 2000 - amountFen)).status).toBe(200);
  });

  test('that the provider closes was not made: the order goes on, and it may be made again', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    shop.wechatPay.refunds.setCourse('closed');
    await newRefund(tradeNo, 2000);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.completed);
    expect((await customer.shown(await customer.newOrder({ plan_id: 2 }))).type).toBe(2);
    shop.wechatPay.refunds.setCourse('at_once');
    await newRefund(tradeNo, 2000);
    expect([refundedFen(tradeNo), await customer.statusOf(tradeNo)]).toEqual([2000, STATUS.cancelled]);
  });

  test('moves the money once, though the answer was lost', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    shop.wechatPay.faults.plan({ method: 'wechat.refund', when: 'after', kind: 'reset' });
    await newRefund(tradeNo, 2000);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect([refundedFen(tradeNo), await customer.statusOf(tradeNo)]).toEqual([2000, STATUS.cancelled]);
  });

  test('is no customer’s to ask for', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    for (const path of ['/refund', `/refund/${tradeNo}`]) {
      expect((await customer.send(path, { body: { trade_no: tradeNo } })).status).toBe(404);
    }
    const token = await shop.token(String(customer.userId));
    const body = { amountFen: 1, reason: 'x' };
    expect((await shop.send(`/admin/orders/${tradeNo}/refunds`, { body, token })).status).toBe(403);
  });
});

/** An order for another plan, 5,000 fen a month: its number, and what it says of itself. */
const newChange = async (customer: SubscriptionCustomer): Promise<string> =>
  customer.newOrder({ plan_id: await newPlan(shop, { monthPriceFen: 5000 }) });
const changeOf = async (customer: SubscriptionCustomer) => customer.shown(await newChange(customer));

describe('what a refund has taken is worth nothing', () => {
  test('to a change of plan, also while it is on its way', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    await newRefund(tradeNo, 500);
    shop.wechatPay.refunds.setCourse('when_told');
    const { refundNo } = await newRefund(tradeNo, 300);
    expect(await changeOf(customer)).toMatchObject({ type: 3, surplus_amount: 1200, total_amount: 3800 });
    shop.pass(MINUTE_MS);
    shop.wechatPay.refunds.end(refundNo, 'SUCCESS');
    await shop.deliverNotifications();
    expect(refundedFen(tradeNo)).toBe(800);
  });

  test('in proportion to what is left of the time', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    await newRefund(tradeNo, 1);
    shop.pass((MONTH_DAYS / 2) * DAY_MS);
    // 1999 * 1/2, rounded down.
    expect(await changeOf(customer)).toMatchObject({ surplus_amount: 999, total_amount: 4001 });
  });

  test('of one of two: each is worth its own', async () => {
    const customer = await newCustomer(shop);
    const [first, second] = [await newMonth(customer), await newMonth(customer)];
    await newRefund(first, 2000);
    expect(await changeOf(customer)).toMatchObject({ type: 3, surplus_amount: 2000 });
    expect((await customer.shown(second)).type).toBe(2);
  });
});

describe('what counts for another order', () => {
  test.each<[string, (customer: SubscriptionCustomer, change: string) => Promise<unknown>]>([
    ['is cancelled', (customer, change) => customer.cancel(change)],
    ['has run out, and the cron was there', () => (shop.pass(ORDER_TTL_MS), shop.cron())],
  ])('is not given back while that one is to be paid, and may be once it %s', async (_what, end) => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    const change = await newChange(customer);
    const before = await rowsAsText();
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual(REFUSED);
    expect(problemOf(await giveBack(tradeNo, 2000))).toEqual(REFUSED);
    expect(await rowsAsText()).toEqual(before);
    await end(customer, change);
    await newRefund(tradeNo, 2000);
    expect([refundedFen(tradeNo), await customer.statusOf(tradeNo)]).toEqual([2000, STATUS.cancelled]);
  });

  test('is not given back while nobody has looked at that one, whose time is over', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    await newChange(customer);
    shop.pass(ORDER_TTL_MS);
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual(REFUSED);
  });

  test('is never given back once it is absorbed; of the other one, what it took may be', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    const change = await newChange(customer);
    await customer.settle(change);
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.absorbed);
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual(REFUSED);
    expect(problemOf(await giveBack(change, 3001))).toEqual([409, 'refund_exceeds_paid']);
    await newRefund(change, 3000);
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual(REFUSED);
    expect(await Promise.all([tradeNo, change].map((no) => customer.statusOf(no)))).toEqual([
      STATUS.absorbed,
      STATUS.cancelled,
    ]);
  });

  test('is not given back either when all of it became a balance', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    const change = await customer.newOpenedOrder({ plan_id: 1 });
    expect(await accountOf(shop, customer.userId)).toEqual({ balanceFen: 1990, ledger: ['credited 1990'] });
    expect(problemOf(await giveBack(tradeNo, 1))).toEqual(REFUSED);
    expect(problemOf(await giveBack(change, 1))).toEqual([409, 'order_not_paid']);
    expect(refundedFen(tradeNo)).toBe(0);
  });

  test('a renewal takes over nothing: what runs may be given back', async () => {
    const customer = await newCustomer(shop);
    const tradeNo = await newMonth(customer);
    const renewal = await customer.newOrder({ plan_id: 2 });
    await newRefund(tradeNo, 2000);
    await customer.settle(renewal);
    expect(await customer.statusOf(renewal)).toBe(STATUS.completed);
  });
});

const newPair = async () => {
  const inviter = await newCustomer(shop);
  return { inviter, customer: await newCustomer(shop, { inviterId: String(inviter.userId) }) };
};
const shareOf = async (customer: SubscriptionCustomer, tradeNo: string) => {
  const { commission_balance, commission_status } = await customer.shown(tradeNo);
  return [commission_balance, commission_status];
};
const afterThreeDays = async () => {
  shop.pass(3 * DAY_MS);
  await shop.cron();
};

describe('the inviter’s share', () => {
  test('is void when all is given back, and never paid', async () => {
    const { inviter, customer } = await newPair();
    const tradeNo = await newMonth(customer);
    expect(await shareOf(customer, tradeNo)).toEqual([200, 0]);
    await newRefund(tradeNo, 2000);
    expect(await shareOf(customer, tradeNo)).toEqual([0, 3]);
    await afterThreeDays();
    expect(await shareOf(customer, tradeNo)).toEqual([0, 3]);
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 0, ledger: [] });
  });

  test('is reversed in proportion, and what is left is paid, rounded down', async () => {
    const { inviter, customer } = await newPair();
    const tradeNo = await newMonth(customer);
    await newRefund(tradeNo, 333);
    // 200 * 1667 / 2000 is 166.7.
    expect(await shareOf(customer, tradeNo)).toEqual([166, 0]);
    await afterThreeDays();
    expect(await shareOf(customer, tradeNo)).toEqual([166, 2]);
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 166, ledger: ['commission 166'] });
  });

  test('is void when so much is given back that less than a fen is left', async () => {
    const { inviter, customer } = await newPair();
    const tradeNo = await newMonth(customer);
    await newRefund(tradeNo, 1995);
    expect(await shareOf(customer, tradeNo)).toEqual([0, 3]);
    await afterThreeDays();
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 0, ledger: [] });
  });

  test('waits for a refund that is on its way, and is then paid of what is left', async () => {
    const { inviter, customer } = await newPair();
    const tradeNo = await newMonth(customer);
    shop.wechatPay.refunds.setCourse('when_told');
    const { refundNo } = await newRefund(tradeNo, 1000);
    await afterThreeDays();
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 0, ledger: [] });
    expect((await shareOf(customer, tradeNo))[1]).toBe(1);
    shop.wechatPay.refunds.end(refundNo, 'SUCCESS');
    await shop.deliverNotifications();
    await shop.cron();
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 100, ledger: ['commission 100'] });
    expect(await shareOf(customer, tradeNo)).toEqual([100, 2]);
  });

  test('that was paid stays paid, whatever is given back later', async () => {
    const { inviter, customer } = await newPair();
    const tradeNo = await newMonth(customer);
    await afterThreeDays();
    await newRefund(tradeNo, 2000);
    await afterThreeDays();
    expect(await accountOf(shop, inviter.userId)).toEqual({ balanceFen: 200, ledger: ['commission 200'] });
    expect((await shareOf(customer, tradeNo))[1]).toBe(2);
  });
});

test('the books agree with the providers once everything has settled', async () => {
  shop.pass(ORDER_TTL_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
});
