/** The medical companion's refunds: in parts, exact to the fen, decided by an operator, done when the provider says so. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { type CompanionCustomer, companionCustomer, type PlacedOrder } from '../harness/companion.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './medical-companion-answers.ts';
import { newCustomer, newService } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { completeOrder, decideOnRefund } from './operator-desk.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;
const MINUTE_MS = 60_000;
const ASKED = refusal(409, '订单已申请退款，请勿重复申请');
const TOO_MUCH = refusal(400, '退款金额超过可退金额');
const NOT_PAID = refusal(409, '订单状态不正确，只有已支付的订单可以退款');
const NO_AMOUNT = refusal(400, 'refundAmount 必须是大于 0 的数字，单位为元，最多两位小数');

let shop: Shop;
/** The same shop, where refunds need nobody's word. */
let autoShop: Shop;
let customer: CompanionCustomer;
beforeAll(async () => {
  autoShop = await openShop({ limits: 'off', vars: { REFUND_APPROVAL: 'auto' } });
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  // WeChat gives money back at once, unless a test wants otherwise.
  shop.wechatPay.refunds.setCourse('at_once');
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.wechatPay.refunds.setCourse('at_once');
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

async function shown(orderId: number) {
  return answers.detailAnswer.parse((await customer.detail(orderId)).json).data;
}

/** An order that was paid, at a price in fen. */
async function paidOrder(priceFen: number): Promise<PlacedOrder> {
  return customer.newPaidOrder({ serviceId: await newService(shop, priceFen) });
}

/** Asks for a part, and has it approved. */
async function giveBack({ orderId, orderNo }: PlacedOrder, yuan: number): Promise<void> {
  await customer.newRefund(orderId, yuan);
  await decideOnRefund(orderNo, 'approve');
}

const refundedFen = ({ orderNo }: PlacedOrder): number => shop.wechatPay.ledger.refundedFen(`${orderNo}0001`);
const seconds = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

describe('one refund', () => {
  test('is asked for, approved, given back, and then the order says so', async () => {
    const order = await customer.newPaidOrder();
    const { orderId, orderNo } = order;
    shop.pass(1500);
    const asked = await customer.refund(orderId, 299.0, '服务不满意');
    const { refundId } = answers.refundAnswer.parse(asked.json).data;
    const info = { refundId, refundAmount: 299, refundReason: '服务不满意', refundedAt: null };
    expect(await shown(orderId)).toMatchObject({ status: 'paid', refundInfo: { ...info, status: 'pending' } });
    expect(refundedFen(order)).toBe(0);

    shop.wechatPay.refunds.setCourse('when_told');
    await decideOnRefund(orderNo, 'approve');
    expect(await shown(orderId)).toMatchObject({ status: 'paid', refundInfo: { ...info, status: 'processing' } });
    expect(seen(await customer.refund(orderId, 1))).toEqual(ASKED);

    shop.pass(MINUTE_MS);
    shop.wechatPay.refunds.end(`${orderNo}000101`, 'SUCCESS');
    await shop.deliverNotifications();
    const after = await shown(orderId);
    expect([after.status, after.statusText, after.refundInfo]).toEqual([
      'refunded',
      '已退款',
      { ...info, status: 'refunded', refundedAt: seconds(Date.now()) },
    ]);
    expect(after.updatedAt).toBe(seconds(Date.now()));
    expect(refundedFen(order)).toBe(29_900);
    expect(seen(await customer.refund(orderId, 0.01))).toEqual(ASKED);
  });

  test('that an operator rejects gives nothing back, and may be asked for again', async () => {
    const order = await customer.newPaidOrder();
    const first = await customer.newRefund(order.orderId, 100);
    await decideOnRefund(order.orderNo, 'reject');
    expect((await shown(order.orderId)).refundInfo).toMatchObject({
      refundId: first,
      status: 'rejected',
      refundedAt: null,
    });
    const second = await customer.newRefund(order.orderId, 299);
    expect(second).toBeGreaterThan(first);
    expect((await shown(order.orderId)).refundInfo).toMatchObject({ refundId: second, status: 'pending' });
    expect(refundedFen(order)).toBe(0);
  });

  test('that WeChat closes was not made, and may be asked for again', async () => {
    const order = await customer.newPaidOrder();
    shop.wechatPay.refunds.setCourse('closed');
    await giveBack(order, 299);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await shown(order.orderId)).toMatchObject({
      status: 'paid',
      refundInfo: { status: 'rejected', refundedAt: null },
    });
    shop.wechatPay.refunds.setCourse('at_once');
    await giveBack(order, 299);
    expect(await customer.statusOf(order.orderId)).toBe('refunded');
    expect(refundedFen(order)).toBe(29_900);
  });

  test('moves the money once, though the answer was lost', async () => {
    const order = await customer.newPaidOrder();
    shop.wechatPay.faults.plan({ method: 'wechat.refund', when: 'after', kind: 'reset' });
    await giveBack(order, 0.29);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect((await shown(order.orderId)).refundInfo).toMatchObject({ refundAmount: 0.29, status: 'refunded' });
    expect(refundedFen(order)).toBe(29);
  });

  test('goes by itself where the shop has said so', async () => {
    const auto = companionCustomer(autoShop, customer);
    const order = await customer.newPaidOrder();
    await auto.newRefund(order.orderId, 299);
    expect(await customer.statusOf(order.orderId)).toBe('refunded');
    expect(refundedFen(order)).toBe(29_900);
  });

  test('of money that came by Alipay goes back there', async () => {
    const { orderId, orderNo } = await customer.newOrder();
    expect(shop.alipay.pay(await customer.newOrderString(orderId)).ok).toBe(true);
    await shop.deliverNotifications();
    await giveBack({ orderId, orderNo }, 19.99);
    expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(1999);
    expect((await shown(orderId)).refundInfo).toMatchObject({ refundAmount: 19.99, status: 'refunded' });
  });

  test('can be asked for by an operator in the customer’s place', async () => {
    const operator = companionCustomer(shop, { ...customer, userId: 9001 }, 'operator');
    const order = await customer.newPaidOrder();
    const refundId = await operator.newRefund(order.orderId, 1);
    expect((await shown(order.orderId)).refundInfo?.refundId).toBe(refundId);
  });
});

describe('a completed order', () => {
  test('is completed while a part has gone back, and refunded when all of it has', async () => {
    const order = await customer.newPaidOrder();
    await completeOrder(order.orderNo);
    await giveBack(order, 298.99);
    expect(await shown(order.orderId)).toMatchObject({ status: 'completed', statusText: '已完成' });
    await giveBack(order, 0.01);
    expect(await customer.statusOf(order.orderId)).toBe('refunded');
  });
});

describe('parts', () => {
  /** Amounts whose hundredfold is no whole number to a computer, and how they add up. */
  const NASTY: [number, number[]][] = [
    [29_900, [0.07, 19.99, 0.29, 1.15, 4.35, 8.2, 64.1, 200.85]],
    [100, [0.07, 0.29, 0.57, 0.07]],
    [2028, [19.99, 0.29]],
    [3, [0.01, 0.01, 0.01]],
    [10_000_000_000, [99_999_999.99, 0.01]],
    [10_000_000_000, [0.1, 70_368_744.17, 29_631_255.73]],
  ];

  test.each(NASTY)('of %i fen: %j', async (priceFen, parts) => {
    const order = await paidOrder(priceFen);
    let leftFen = priceFen;
    for (const [nth, yuan] of parts.entries()) {
      await giveBack(order, yuan);
      leftFen -= Math.round(yuan * 100);
      expect(refundedFen(order)).toBe(priceFen - leftFen);
      const isLast = nth === parts.length - 1;
      expect(seen(await customer.refund(order.orderId, (leftFen + 1) / 100))).toEqual(isLast ? ASKED : TOO_MUCH);
      expect(await shown(order.orderId)).toMatchObject({
        status: isLast ? 'refunded' : 'paid',
        refundInfo: { refundAmount: yuan, status: 'refunded' },
      });
    }
    expect(leftFen).toBe(0);
  });

  test('any way of cutting any price comes to the price, to the fen', async () => {
    const cuts = fc.tuple(
      fc.integer({ min: 1, max: 5_000_000 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
    );
    await fc.assert(
      fc.asyncProperty(cuts, async ([priceFen, shares]) => {
        const order = await paidOrder(priceFen);
        let leftFen = priceFen;
        for (const share of shares) {
          const partFen = Math.floor(leftFen * share);
          if (partFen === 0) continue;
          await giveBack(order, partFen / 100);
          leftFen -= partFen;
        }
        if (leftFen > 0) await giveBack(order, leftFen / 100);
        expect(refundedFen(order)).toBe(priceFen);
        expect(await customer.statusOf(order.orderId)).toBe('refunded');
      }),
      { numRuns: 15, seed: 20_240_101 },
    );
  });

  test('one after the other, never two at once', async () => {
    const { orderId, orderNo } = await customer.newPaidOrder();
    await customer.newRefund(orderId, 1);
    const before = await rowCounts();
    expect(seen(await customer.refund(orderId, 1))).toEqual(ASKED);
    expect(seen(await customer.refund(orderId, 298))).toEqual(ASKED);
    expect(await rowCounts()).toEqual(before);
    await decideOnRefund(orderNo, 'reject');
    expect((await customer.refund(orderId, 298)).status).toBe(200);
  });

  test('asked for twenty times at once are asked for once', async () => {
    const order = await customer.newPaidOrder();
    const received = await Promise.all(
      Array.from({ length: 20 }, (_none, nth) => customer.refund(order.orderId, 1 + nth)),
    );
    expect(received.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of received.filter(({ status }) => status !== 200)) expect(seen(answer)).toEqual(ASKED);
    const { results } = await env.DB.prepare('SELECT status FROM refunds WHERE order_no = ?1')
      .bind(order.orderNo)
      .all();
    expect(results).toEqual([{ status: 'requested' }]);
  });

  test('what is refused holds no money back', async () => {
    const order = await paidOrder(1000);
    await customer.newRefund(order.orderId, 10);
    await decideOnRefund(order.orderNo, 'reject');
    await giveBack(order, 4);
    expect(seen(await customer.refund(order.orderId, 6.01))).toEqual(TOO_MUCH);
    await giveBack(order, 6);
    expect(await customer.statusOf(order.orderId)).toBe('refunded');
  });
});

describe('refundAmount', () => {
  test.each<[string, unknown]>([
    ['zero', 0],
    ['minus zero', -0],
    ['negative', -1],
    ['three decimals', 0.001],
    ['three decimals behind many', 298.999],
    ['a sum that is no hundredth', 0.1 + 0.2],
    ['a text', '299.00'],
    ['a number as text', '1'],
    ['full-width digits', '１'],
    ['null', null],
    ['true', true],
    ['an array', [1]],
    ['an object', { $gt: 0 }],
    ['beyond 2^53', 1e300],
    ['2^53', 9_007_199_254_740_992],
    ['a fen more than anybody can pay', 100_000_000.01],
    ['the smallest number there is', 5e-324],
  ])('%s', async (_what, refundAmount) => {
    const { orderId } = await customer.newPaidOrder();
    const before = await rowCounts();
    expect(seen(await customer.refund(orderId, refundAmount))).toEqual(NO_AMOUNT);
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['NaN', 'Infinity', '-Infinity', '1e999', '0x1', '01', '.5', '1.', '１', '1,00'])(
    'written as %s',
    async (written) => {
      const { orderId } = await customer.newPaidOrder();
      const before = await rowCounts();
      const received = await customer.send(`/refund/${orderId}`, {
        method: 'POST',
        body: `{"reason":"x","refundAmount":${written}}`,
        headers: { 'content-type': 'application/json' },
      });
      expect(received.status).toBe(400);
      expect(await rowCounts()).toEqual(before);
    },
  );

  test.each([
    ['1e2', 10_000],
    ['299.00', 29_900],
    ['0.1e1', 100],
    ['100e-2', 100],
    ['1.10', 110],
    ['0.70000', 70],
  ])('counts by its value: %s is %i fen', async (written, amountFen) => {
    const order = await customer.newPaidOrder();
    const received = await customer.send(`/refund/${order.orderId}`, {
      method: 'POST',
      body: `{"reason":"x","refundAmount":${written}}`,
      headers: { 'content-type': 'application/json' },
    });
    expect(received.status).toBe(200);
    await decideOnRefund(order.orderNo, 'approve');
    expect(refundedFen(order)).toBe(amountFen);
  });

  test('more than is left, by a fen and by far', async () => {
    const { orderId } = await customer.newPaidOrder();
    const before = await rowCounts();
    for (const yuan of [299.01, 300, 29_900, 100_000_000]) {
      expect(seen(await customer.refund(orderId, yuan))).toEqual(TOO_MUCH);
    }
    expect(await rowCounts()).toEqual(before);
    expect((await customer.refund(orderId, 299)).status).toBe(200);
  });

  test('missing', async () => {
    const { orderId } = await customer.newPaidOrder();
    expect(seen(await customer.refund(orderId, undefined))).toEqual(refusal(400, 'refundAmount 不能为空'));
  });
});

describe('an order that was not paid', () => {
  test('new, with an open payment, past its time, run out, or cancelled', async () => {
    const { orderId } = await customer.newOrder();
    expect(seen(await customer.refund(orderId, 299))).toEqual(NOT_PAID);
    await customer.newTicket(orderId);
    expect(seen(await customer.refund(orderId, 299))).toEqual(NOT_PAID);
    shop.pass(ORDER_TTL_MS);
    expect(seen(await customer.refund(orderId, 299))).toEqual(NOT_PAID);
    await shop.cron();
    expect(await customer.statusOf(orderId)).toBe('cancelled');
    expect(seen(await customer.refund(orderId, 299))).toEqual(NOT_PAID);
    const cancelled = await customer.newOrder();
    await customer.cancel(cancelled.orderId);
    expect(seen(await customer.refund(cancelled.orderId, 299))).toEqual(NOT_PAID);
  });
});

test('the books agree with WeChat once everything has settled', async () => {
  shop.pass(ORDER_TTL_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
});
