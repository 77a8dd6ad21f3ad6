/** Recharge's refunds: exact to the fen, of what is left and no more, and refunded once the money is back. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import {
  newOrderAt,
  newPaidOrder,
  ofQuantity,
  payAtWechat,
  type PlacedOrder,
  type RechargeCaller,
  rechargeOperator,
} from '../harness/recharge.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { newCustomer, newProduct } from './recharge-people.ts';
import { DONE, refusal, WRONG_STATE } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const MINUTE_MS = 60_000;
const TOO_MUCH = refusal(1001, 'refund_amount 超过可退金额');
const UNDER_WAY = refusal(1003, '订单已退款或正在退款');

let shop: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  operator = rechargeOperator(shop);
});
beforeEach(() => {
  shop.wechatPay.refunds.setCourse('at_once');
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** A paid order of so many at a price in fen. */
async function paidOrder(priceFen: number, quantity = 1): Promise<PlacedOrder> {
  const { product_id } = await newProduct(shop, priceFen);
  return newPaidOrder(shop, customer, { product_id, quantity, total_amount: (priceFen * quantity) / 100 });
}

/** A paid order of two at WeChat. */
async function paidAtWechat(): Promise<PlacedOrder> {
  const order = await customer.newOrder({ ...ofQuantity(2), payment_method: 'wechat' });
  payAtWechat(shop, (await customer.newWechatCode(order.id)).code_url);
  await shop.deliverNotifications();
  return order;
}

const backAtAlipay = ({ orderNo }: PlacedOrder): number => shop.alipay.ledger.refundedFen(`${orderNo}0001`);
const backAtWechat = ({ orderNo }: PlacedOrder): number => shop.wechatPay.ledger.refundedFen(`${orderNo}0001`);

describe('parts of the money', () => {
  /** Amounts whose hundredfold is no whole number to a computer. */
  test.each<[number, number[]]>([
    [10_000, [0.07, 19.99, 0.29, 1.15, 4.35, 8.2, 64.1, 1.85]],
    [30, [0.1, 0.2]],
    [5997, [19.99, 19.99, 19.99]],
    [3, [0.01, 0.01, 0.01]],
    [10_000_000_000, [99_999_999.99, 0.01]],
    [10_000_000_000, [0.1, 70_368_744.17, 29_631_255.73]],
  ])('of %i fen: %j', async (priceFen, parts) => {
    const order = await paidOrder(priceFen);
    let leftFen = priceFen;
    for (const [nth, yuan] of parts.entries()) {
      expect((await operator.refund(order.id, (leftFen + 1) / 100)).json).toMatchObject({ code: 1001 });
      expect(seen(await operator.refund(order.id, yuan))).toEqual(DONE);
      leftFen -= Math.round(yuan * 100);
      expect(backAtAlipay(order)).toBe(priceFen - leftFen);
      const isLast = nth === parts.length - 1;
      expect(await customer.statusOf(order.id)).toBe(isLast ? 'refunded' : 'pending_recharge');
    }
    expect(leftFen).toBe(0);
  });

  test('of a success and of a failure leave it what it is, until all is back', async () => {
    for (const station of ['success', 'failed']) {
      const order = await newOrderAt(shop, customer, station);
      expect(seen(await operator.refund(order.id, 199.99))).toEqual(DONE);
      expect(await customer.statusOf(order.id)).toBe(station);
      expect(seen(await operator.refund(order.id, 0.02))).toEqual(TOO_MUCH);
      expect(seen(await operator.refund(order.id, 0.01))).toEqual(DONE);
      expect(await customer.statusOf(order.id)).toBe('refunded');
      expect(seen(await operator.refund(order.id, 0.01))).toEqual(UNDER_WAY);
    }
  });

  test('do not keep the rest from being recharged', async () => {
    const { id } = await newOrderAt(shop, customer, 'pending_recharge');
    await operator.refund(id, 50);
    expect(seen(await operator.recharge(id))).toEqual(DONE);
    expect(seen(await operator.success(id))).toEqual(DONE);
    expect(seen(await operator.refund(id, 150.01))).toEqual(TOO_MUCH);
  });
});

describe('what is left of an order that was recharged in part', () => {
  /** Price of one in fen, quantity, recharged, and the remaining quantity's share, rounded down to the fen. */
  const CASES: [number, number, number, number][] = [
    [10_000, 2, 1, 10_000],
    [10_000, 3, 1, 20_000],
    [1, 3, 2, 1],
    [1999, 7, 3, 7996],
    [10_000_000_000 / 8, 8, 1, 8_750_000_000],
  ];

  test.each(CASES)('%i fen × %i, %i recharged: %i fen', async (priceFen, quantity, recharged, leftFen) => {
    const order = await paidOrder(priceFen, quantity);
    await operator.recharge(order.id);
    expect(seen(await operator.partial(order.id, recharged, quantity - recharged))).toEqual(DONE);
    const before = await rowCounts();
    for (const tooMuchFen of [leftFen + 1, priceFen * quantity]) {
      expect(seen(await operator.refund(order.id, tooMuchFen / 100))).toEqual(TOO_MUCH);
    }
    expect(await rowCounts()).toEqual(before);
    expect(seen(await operator.refund(order.id, leftFen / 100))).toEqual(DONE);
    expect(await customer.statusOf(order.id)).toBe('refunded');
    expect(backAtAlipay(order)).toBe(leftFen);
    expect(seen(await operator.refund(order.id, 0.01))).toEqual(UNDER_WAY);
  });

  test('of a share that is no whole fen is rounded down, in a part of any order', async () => {
    const cases = fc.record({
      quantity: fc.integer({ min: 2, max: 40 }),
      amountFen: fc.integer({ min: 100, max: 1_000_000 }),
      recharged: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ quantity, amountFen, recharged }) => {
        // An order's price is a multiple of its quantity; a part of it may cost what it likes.
        const whole = await paidOrder(amountFen, quantity + 1);
        const [part = 0] = await operator.newParts(whole.id, [
          { quantity, amount: amountFen / 100 },
          { quantity: 1, amount: (amountFen * quantity) / 100 },
        ]);
        const done = 1 + Math.floor(recharged * (quantity - 2));
        const leftFen = Number((BigInt(amountFen) * BigInt(quantity - done)) / BigInt(quantity));
        await operator.recharge(part);
        expect(seen(await operator.partial(part, done, quantity - done))).toEqual(DONE);
        expect(seen(await operator.refund(part, (leftFen + 1) / 100))).toEqual(TOO_MUCH);
        expect(seen(await operator.refund(part, leftFen / 100))).toEqual(DONE);
        expect(await customer.statusOf(part)).toBe('refunded');
        expect(backAtAlipay(whole)).toBe(leftFen);
      }),
      { numRuns: 20, seed: 20_240_315 },
    );
  });

  test('comes back in parts, and the order is refunded with the last of them', async () => {
    const { id } = await newOrderAt(shop, customer, 'partial');
    for (const [amount, status] of [
      [0.07, 'partial'],
      [99.92, 'partial'],
      [0.01, 'refunded'],
    ] as const) {
      expect(seen(await operator.refund(id, amount))).toEqual(DONE);
      expect(await customer.statusOf(id)).toBe(status);
    }
  });

  test('is left when the rest fails, and when it is to be tried again', async () => {
    const { id } = await newOrderAt(shop, customer, 'partial');
    await operator.fail(id);
    expect(seen(await operator.refund(id, 100.01))).toEqual(TOO_MUCH);
    await operator.putStatus(id, 'pending_recharge');
    expect(seen(await operator.refund(id, 100.01))).toEqual(TOO_MUCH);
    await operator.recharge(id);
    expect(seen(await operator.refund(id, 1))).toEqual(WRONG_STATE);
    await operator.fail(id);
    expect(seen(await operator.refund(id, 100))).toEqual(DONE);
    expect(await customer.statusOf(id)).toBe('refunded');
  });

  test('is all of it again once all of it was recharged', async () => {
    const { id } = await newOrderAt(shop, customer, 'partial');
    await operator.success(id);
    expect(seen(await operator.refund(id, 200.01))).toEqual(TOO_MUCH);
    expect(seen(await operator.refund(id, 200))).toEqual(DONE);
    expect(await customer.statusOf(id)).toBe('refunded');
  });

  test('is counted by quantities that add up to the order’s', async () => {
    const { id } = await customer.newOrder(ofQuantity(5));
    await operator.payment(id, 'PAY-FIVE');
    await operator.recharge(id);
    const before = await rowCounts();
    for (const [recharged, remaining] of [
      [1, 1],
      [5, 1],
      [3, 3],
      [1, 3],
      [9999, 9999],
    ]) {
      expect(seen(await operator.partial(id, recharged, remaining))).toEqual(
        refusal(1001, 'remaining_quantity 与 recharged_quantity 之和必须等于订单数量'),
      );
    }
    expect(await rowCounts()).toEqual(before);
    expect(seen(await operator.partial(id, 2, 3))).toEqual(DONE);
  });

  test('an order of one cannot be recharged in part', async () => {
    const { id } = await newPaidOrder(shop, customer);
    // What its state does not allow is said before that.
    expect(seen(await operator.partial(id, 1, 1))).toEqual(WRONG_STATE);
    await operator.recharge(id);
    expect((await operator.partial(id, 1, 1)).json).toMatchObject({ code: 1001 });
  });
});

describe('the provider’s word', () => {
  test('is waited for: refunded only once the money is back', async () => {
    const order = await paidAtWechat();
    shop.wechatPay.refunds.setCourse('when_told');
    expect(seen(await operator.refund(order.id, 200))).toEqual(DONE);
    expect(await customer.statusOf(order.id)).toBe('pending_recharge');
    expect(seen(await operator.refund(order.id, 1))).toEqual(UNDER_WAY);
    shop.pass(MINUTE_MS);
    shop.wechatPay.refunds.end(`${order.orderNo}000101`, 'SUCCESS');
    await shop.deliverNotifications();
    expect(await customer.statusOf(order.id)).toBe('refunded');
    expect(backAtWechat(order)).toBe(20_000);
  });

  test('may be no: then the order is what it was, and it may be asked for again', async () => {
    const order = await paidAtWechat();
    shop.wechatPay.refunds.setCourse('closed');
    expect(seen(await operator.refund(order.id, 200))).toEqual(DONE);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await customer.statusOf(order.id)).toBe('pending_recharge');
    expect(backAtWechat(order)).toBe(0);
    shop.wechatPay.refunds.setCourse('at_once');
    expect(seen(await operator.refund(order.id, 200))).toEqual(DONE);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await customer.statusOf(order.id)).toBe('refunded');
  });

  test.each(['before', 'after'] as const)('that got lost %s it was done moves the money once', async (when) => {
    const order = await newOrderAt(shop, customer, 'failed');
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when, kind: 'reset' });
    expect(seen(await operator.refund(order.id, 0.29))).toEqual(DONE);
    for (let run = 0; run < 2; run++) {
      shop.pass(MINUTE_MS);
      await shop.cron();
    }
    expect(backAtAlipay(order)).toBe(29);
    expect(await customer.statusOf(order.id)).toBe('failed');
    expect(seen(await operator.refund(order.id, 199.71))).toEqual(DONE);
    expect(await customer.statusOf(order.id)).toBe('refunded');
  });
});

test('twenty at once are one', async () => {
  const order = await newOrderAt(shop, customer, 'failed');
  const received = await Promise.all(Array.from({ length: 20 }, (_none, nth) => operator.refund(order.id, 100 + nth)));
  const done = received.filter(({ status }) => status === 200);
  expect(done.length).toBeGreaterThan(0);
  for (const { status } of received) expect([200, 400, 409]).toContain(status);
  expect(backAtAlipay(order)).toBeLessThanOrEqual(20_000);
  const row = await env.DB.prepare(
    `SELECT sum(amount_fen) AS fen FROM refunds WHERE order_no = ?1 AND status = 'succeeded'`,
  )
    .bind(order.orderNo)
    .first();
  expect(row).toEqual({ fen: backAtAlipay(order) });
});

test('the books agree with both providers once everything has settled', async () => {
  shop.pass(60 * MINUTE_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
});
