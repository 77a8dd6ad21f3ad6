/** Recharge's orders that are split: exact sums, parts that share a payment, and never more given back than was paid. */
import { env } from 'cloudflare:workers';
import * as fc from 'fast-check';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import {
  HALVES,
  newOrderAt,
  newPaidOrder,
  ofQuantity,
  type Part,
  payAtWechat,
  type PlacedOrder,
  type RechargeCaller,
  rechargeOperator,
} from '../harness/recharge.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import * as answers from './recharge-answers.ts';
import { newCustomer, newProduct } from './recharge-people.ts';
import { DONE, refusal, WRONG_STATE } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const MINUTE_MS = 60_000;
const OTHER_AMOUNT = refusal(1001, 'split_orders 金额之和必须等于订单金额');
const OTHER_QUANTITY = refusal(1001, 'split_orders 数量之和必须等于订单数量');
const TOO_MUCH = refusal(1001, 'refund_amount 超过可退金额');

let shop: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  operator = rechargeOperator(shop);
  shop.wechatPay.refunds.setCourse('at_once');
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const shown = async (id: number) => answers.orderAnswer.parse((await customer.detail(id)).json).data;
const refundedFen = ({ orderNo }: PlacedOrder): number => shop.alipay.ledger.refundedFen(`${orderNo}0001`);

/** A paid order of so many at a price in fen. */
async function paidOrder(priceFen: number, quantity: number): Promise<PlacedOrder> {
  const { product_id } = await newProduct(shop, priceFen);
  return newPaidOrder(shop, customer, { product_id, quantity, total_amount: (priceFen * quantity) / 100 });
}

/** Parts of one each, at amounts in yuan. */
const ones = (...amounts: number[]): Part[] => amounts.map((amount) => ({ quantity: 1, amount }));

describe('the parts', () => {
  test('are orders of their own, on the terms of the whole', async () => {
    const whole = await newPaidOrder(shop, customer, { ...ofQuantity(5), remark: '五张 🎁' });
    shop.pass(1000);
    const parts = [
      { quantity: 3, amount: 0.01 },
      { quantity: 2, amount: 499.99 },
    ];
    const ids = await operator.newParts(whole.id, parts);
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const numbers = new Set<string>();
    for (const [nth, id] of ids.entries()) {
      const { order_number, ...part } = await shown(id);
      numbers.add(order_number);
      expect(part).toEqual({
        id,
        product_id: 123,
        customer_id: customer.userId,
        quantity: parts[nth]?.quantity,
        total_amount: parts[nth]?.amount,
        status: 'pending_recharge',
        payment_method: 'alipay',
        remark: '五张 🎁',
        created_at: now,
        updated_at: now,
      });
    }
    expect(numbers.size).toBe(2);
    expect(await shown(whole.id)).toMatchObject({ status: 'split', quantity: 5, total_amount: 500, updated_at: now });
  });

  test('come in the order in which they were asked for', async () => {
    const { id } = await paidOrder(100, 50);
    const amounts = Array.from({ length: 49 }, (_none, nth) => (nth + 1) / 100);
    const restFen = 5000 - amounts.reduce((sum, amount) => sum + Math.round(amount * 100), 0);
    const ids = await operator.newParts(id, ones(...amounts, restFen / 100));
    const read = await Promise.all(ids.map(async (part) => (await shown(part)).total_amount));
    expect(read).toEqual([...amounts, restFen / 100]);
  });

  test('go each their own way, and one may be split again', async () => {
    const whole = await newOrderAt(shop, customer, 'pending_recharge');
    const [first = 0, second = 0] = await operator.newParts(whole.id, HALVES);
    expect(seen(await operator.recharge(first))).toEqual(DONE);
    expect(seen(await operator.success(first))).toEqual(DONE);
    expect(seen(await operator.fail(second))).toEqual(DONE);
    expect([await customer.statusOf(first), await customer.statusOf(second)]).toEqual(['success', 'failed']);
    expect(await customer.statusOf(whole.id)).toBe('split');
    // A part of one cannot be split: each part is of one at least.
    expect(seen(await operator.putStatus(second, 'pending_recharge'))).toEqual(DONE);
    expect(seen(await operator.split(second, ones(50, 50)))).toEqual(OTHER_QUANTITY);
  });

  test('cannot be paid, and cannot be cancelled', async () => {
    const whole = await newOrderAt(shop, customer, 'pending_recharge');
    const [first = 0] = await operator.newParts(whole.id, HALVES);
    const before = await rowCounts();
    for (const asked of [customer.pay(first), customer.cancel(first), operator.payment(first, 'PAY-OF-A-PART')]) {
      expect((await asked).json).toMatchObject({ code: 1003 });
    }
    expect(await rowCounts()).toEqual(before);
  });
});

describe('a part that is split again', () => {
  test('gives the money of its own payment back, and no more', async () => {
    const whole = await paidOrder(1999, 3);
    const [one = 0, two = 0] = await operator.newParts(whole.id, [
      { quantity: 1, amount: 20.01 },
      { quantity: 2, amount: 39.96 },
    ]);
    const [left = 0, right = 0] = await operator.newParts(two, ones(0.01, 39.95));
    expect(seen(await operator.refund(right, 39.96))).toEqual(TOO_MUCH);
    for (const [id, amount] of [
      [right, 39.95],
      [left, 0.01],
      [one, 20.01],
    ] as const) {
      expect(seen(await operator.refund(id, amount))).toEqual(DONE);
      expect(await customer.statusOf(id)).toBe('refunded');
    }
    expect(refundedFen(whole)).toBe(5997);
  });
});

describe('the sum', () => {
  /** Amounts that add up to something else, or to no hundredth, to a computer. */
  const NASTY = [
    [0.1, 0.2],
    [0.1, 0.1, 0.1],
    [0.7, 0.1, 0.1, 0.1],
    [19.99, 19.99, 19.99],
    [19.99, 0.29],
    [1.15, 4.35, 2.54],
    [99_999_999.99, 0.01],
    [0.01, 0.01],
  ];

  test.each(NASTY.map((amounts) => [amounts]))('of %j is exact to the fen, either way', async (amounts) => {
    const fen = amounts.map((amount) => Math.round(amount * 100));
    const sumFen = fen.reduce((sum, one) => sum + one, 0);
    const whole = await paidOrder(sumFen / amounts.length, amounts.length);
    const before = await rowCounts();
    for (const change of [1, -1, 100]) {
      const wrong = fen.map((one, nth) => (nth === 0 ? one + change : one) / 100);
      if (wrong[0] === 0 || (wrong[0] ?? 0) > 100_000_000) continue;
      expect(seen(await operator.split(whole.id, ones(...wrong)))).toEqual(OTHER_AMOUNT);
    }
    expect(await rowCounts()).toEqual(before);
    const parts = await operator.newParts(whole.id, ones(...amounts));
    for (const [nth, id] of parts.entries()) {
      const more = ((fen[nth] ?? 0) + 1) / 100;
      expect(seen(await operator.refund(id, more))).toEqual(TOO_MUCH);
      expect(seen(await operator.refund(id, amounts[nth]))).toEqual(DONE);
    }
    expect(refundedFen(whole)).toBe(sumFen);
  });

  test('of any split of any order is the order, and comes back whole', async () => {
    const cuts = fc.tuple(
      fc.integer({ min: 1, max: 300_000 }),
      fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.double({ min: 0, max: 1, noNaN: true })), {
        minLength: 2,
        maxLength: 6,
      }),
    );
    await fc.assert(
      fc.asyncProperty(cuts, async ([priceFen, wanted]) => {
        const quantity = wanted.reduce((sum, [many]) => sum + many, 0);
        const whole = await paidOrder(priceFen, quantity);
        let leftFen = priceFen * quantity;
        const parts = wanted.map(([many, share], nth): { quantity: number; amountFen: number } => {
          const after = wanted.length - 1 - nth;
          // Each of those that follow needs a fen at least.
          const amountFen = after === 0 ? leftFen : 1 + Math.floor((leftFen - after - 1) * share);
          leftFen -= amountFen;
          return { quantity: many, amountFen };
        });
        fc.pre(parts.every(({ amountFen }) => amountFen > 0));
        const sent = parts.map(({ quantity: many, amountFen }) => ({ quantity: many, amount: amountFen / 100 }));
        const ids = await operator.newParts(whole.id, sent);
        for (const [nth, id] of ids.entries()) {
          expect(await shown(id)).toMatchObject({ quantity: sent[nth]?.quantity, total_amount: sent[nth]?.amount });
          expect(seen(await operator.refund(id, sent[nth]?.amount))).toEqual(DONE);
          expect(await customer.statusOf(id)).toBe('refunded');
        }
        expect(refundedFen(whole)).toBe(priceFen * quantity);
      }),
      { numRuns: 15, seed: 20_240_315 },
    );
  });

  test('of the quantities is the order’s', async () => {
    const whole = await newPaidOrder(shop, customer, ofQuantity(3));
    const before = await rowCounts();
    for (const quantities of [
      [1, 1],
      [2, 2],
      [1, 1, 2],
      [3, 3],
      [9999, 9999],
    ]) {
      const parts = quantities.map((quantity, nth) => ({
        quantity,
        amount: nth === 0 ? 300 - (quantities.length - 1) : 1,
      }));
      expect(seen(await operator.split(whole.id, parts))).toEqual(OTHER_QUANTITY);
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('is looked at only of an order that can be split', async () => {
    const whole = await newOrderAt(shop, customer, 'recharging');
    expect(seen(await operator.split(whole.id, ones(1, 2, 3)))).toEqual(WRONG_STATE);
  });
});

describe('what a part gives back', () => {
  test('is never more than it is, whatever the payment was', async () => {
    const whole = await paidOrder(10_000, 3);
    const [small = 0, large = 0] = await operator.newParts(whole.id, [
      { quantity: 1, amount: 0.29 },
      { quantity: 2, amount: 299.71 },
    ]);
    const before = await rowCounts();
    for (const amount of [0.3, 299.71, 300]) expect(seen(await operator.refund(small, amount))).toEqual(TOO_MUCH);
    expect(await rowCounts()).toEqual(before);
    expect(seen(await operator.refund(small, 0.07))).toEqual(DONE);
    expect(await customer.statusOf(small)).toBe('pending_recharge');
    expect(seen(await operator.refund(small, 0.23))).toEqual(TOO_MUCH);
    expect(seen(await operator.refund(small, 0.22))).toEqual(DONE);
    expect([await customer.statusOf(small), await customer.statusOf(large)]).toEqual(['refunded', 'pending_recharge']);
    expect(refundedFen(whole)).toBe(29);
    expect(seen(await operator.refund(whole.id, 1))).toEqual(refusal(1003, '订单未支付'));
  });

  test('that was recharged in part is its own remainder', async () => {
    const whole = await paidOrder(10_000, 5);
    const [first = 0, second = 0] = await operator.newParts(whole.id, [
      { quantity: 3, amount: 100 },
      { quantity: 2, amount: 400 },
    ]);
    await operator.recharge(first);
    expect(seen(await operator.partial(first, 1, 2))).toEqual(DONE);
    // Two thirds of 100 yuan, rounded down.
    expect(seen(await operator.refund(first, 66.67))).toEqual(TOO_MUCH);
    expect(seen(await operator.refund(first, 66.66))).toEqual(DONE);
    expect([await customer.statusOf(first), await customer.statusOf(second)]).toEqual(['refunded', 'pending_recharge']);
    expect(refundedFen(whole)).toBe(6666);
  });

  test('goes back at WeChat, too, under the number of the one payment', async () => {
    const { id, orderNo } = await customer.newOrder({ ...ofQuantity(2), payment_method: 'wechat' });
    payAtWechat(shop, (await customer.newWechatCode(id)).code_url);
    await shop.deliverNotifications();
    for (const part of await operator.newParts(id, HALVES)) {
      expect(seen(await operator.refund(part, 100))).toEqual(DONE);
      await shop.cron();
      expect(await customer.statusOf(part)).toBe('refunded');
    }
    expect(shop.wechatPay.ledger.refundedFen(`${orderNo}0001`)).toBe(20_000);
  });

  test('that was paid by hand goes back by hand', async () => {
    const { id } = await customer.newOrder(ofQuantity(2));
    expect(seen(await operator.payment(id, 'PAY-SPLIT'))).toEqual(DONE);
    for (const part of await operator.newParts(id, HALVES)) {
      expect(seen(await operator.refund(part, 100))).toEqual(DONE);
      expect(await customer.statusOf(part)).toBe('refunded');
    }
  });

  test('of fifty at once is never more than was paid, and each comes back once', async () => {
    const whole = await paidOrder(199, 50);
    const parts = await operator.newParts(whole.id, ones(...Array.from({ length: 50 }, () => 1.99)));
    let open = parts;
    for (let round = 0; open.length > 0 && round < 60; round++) {
      // Everybody asks for more than there could be, and twice.
      const asked = open.flatMap((id) => [
        operator.refund(id, 1.99),
        operator.refund(id, 1.99),
        operator.refund(id, 2),
      ]);
      for (const { status } of await Promise.all(asked)) expect([200, 400, 409, 500]).toContain(status);
      expect(refundedFen(whole)).toBeLessThanOrEqual(9950);
      expect(await checkBooks(shop, 'any_time')).toEqual([]);
      const statuses = await Promise.all(parts.map((id) => customer.statusOf(id)));
      open = parts.filter((_id, nth) => statuses[nth] !== 'refunded');
    }
    expect(open).toEqual([]);
    expect(refundedFen(whole)).toBe(9950);
    const row = await env.DB.prepare('SELECT count(*) AS n FROM refunds WHERE out_trade_no = ?1')
      .bind(`${whole.orderNo}0001`)
      .first<{ n: number }>();
    expect(row?.n).toBe(50);
  });
});

test('more than fifty parts are too many: one payment has no more refunds', async () => {
  const whole = await paidOrder(100, 51);
  const fiftyOne = ones(...Array.from({ length: 51 }, () => 1));
  expect(seen(await operator.split(whole.id, fiftyOne))).toEqual(
    refusal(1001, 'split_orders 必须是 2 到 50 个部分的数组'),
  );
  expect(await customer.statusOf(whole.id)).toBe('pending_recharge');
});

test('an order of which something went back is not split', async () => {
  const whole = await newOrderAt(shop, customer, 'pending_recharge');
  expect(seen(await operator.refund(whole.id, 0.01))).toEqual(DONE);
  const before = await rowCounts();
  expect(seen(await operator.split(whole.id, HALVES))).toEqual(refusal(1003, '订单已退款或正在退款'));
  expect(await rowCounts()).toEqual(before);
});

test('an order that was recharged in part is not split when it is tried again: its parts would give all of it back', async () => {
  const { id } = await newOrderAt(shop, customer, 'partial');
  await operator.fail(id);
  await operator.putStatus(id, 'pending_recharge');
  const before = await rowCounts();
  expect(seen(await operator.split(id, HALVES))).toEqual(WRONG_STATE);
  expect(await rowCounts()).toEqual(before);
});

test('two splits at once are one, whatever they want', async () => {
  for (let round = 0; round < 10; round++) {
    const whole = await newOrderAt(shop, customer, 'pending_recharge');
    const received = await Promise.all([
      operator.split(whole.id, HALVES),
      operator.split(whole.id, ones(0.01, 199.99)),
      operator.split(whole.id, HALVES),
    ]);
    expect(received.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409, 409]);
    const row = await env.DB.prepare('SELECT count(*) AS n, sum(amount_fen) AS fen FROM orders WHERE parent_no = ?1')
      .bind(whole.orderNo)
      .first();
    expect(row).toEqual({ n: 2, fen: 20_000 });
  }
});

test('a split and a refund at once: one of them, and the money is there once', async () => {
  for (let round = 0; round < 10; round++) {
    const whole = await newOrderAt(shop, customer, 'pending_recharge');
    const asked = [() => operator.split(whole.id, HALVES), () => operator.refund(whole.id, 200)];
    const received = await Promise.all((round % 2 === 0 ? asked : asked.toReversed()).map((ask) => ask()));
    expect(received.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(['split', 'refunded']).toContain(await customer.statusOf(whole.id));
  }
});

test('the books agree with both providers once everything has settled', async () => {
  shop.pass(30 * MINUTE_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
});
