/** Orders that are split, and payments made by hand: whoever comes at once, no money is given back twice, and none stays. */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { compose, prepare } from '../../src/compose.ts';
import type { Result } from '../../src/core/errors.ts';
import { advanceFulfilment } from '../../src/core/order/advance-fulfilment.ts';
import type { FulfilmentPolicy } from '../../src/core/order/command.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import { splitOrder } from '../../src/core/order/split-order.ts';
import { recordPayment } from '../../src/core/payment/record-payment.ts';
import { decideRefund } from '../../src/core/refund/decide-refund.ts';
import { type RefundWish, requestRefund } from '../../src/core/refund/request-refund.ts';
import type { Services } from '../../src/core/services.ts';
import { ANYTHING, sumFen } from '../core/order-states.ts';
import { pay, place, placeAndPay, placeAndPayByWechat, slipOf, ticketOf } from '../harness/booking.ts';
import { checkBooks } from '../harness/check-books.ts';
import { makeDatabaseFlaky } from '../harness/flaky-database.ts';
import { openShop, type Shop } from '../harness/shop.ts';

const SEED = 20221122;
const MINUTE_MS = 60_000;
/** What the example order costs. */
const AMOUNT_FEN = 19_600;
const ROUNDS = 9;
const SCOPE = { dialect: 'technician-booking', userId: null } as const;
const OPERATOR = 'operator:9001';
/** The goods or the money: what is begun is not given back, and what is given back is not begun. */
const GOODS_OR_MONEY: FulfilmentPolicy = {
  ...ANYTHING,
  refundFrom: ['unfulfilled', 'failed'],
  whileRefunding: 'waits',
};

/** Loses answers only while a test says so. */
const database = makeDatabaseFlaky();

const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));

/** Sets all off together, with another one in front in each round. */
function all<T>(round: number, contenders: readonly (() => Promise<T>)[]): Promise<T[]> {
  const first = round % contenders.length;
  return Promise.all([...contenders.slice(first), ...contenders.slice(0, first)].map((contend) => contend()));
}

/** Does what a route does, with services of its own, and waits for what goes on in the background. */
async function using<T>(shop: Shop, work: (services: Services) => Promise<T>): Promise<T> {
  const prepared = await prepare(shop.bindings);
  if (!prepared.ok) throw new Error(prepared.problems.join());
  const context = createExecutionContext();
  const { services } = compose(shop.bindings, prepared.isolate, context, 'first-primary');
  const done = await work(services);
  await waitOnExecutionContext(context);
  return done;
}

/** `ok`, or what it was refused for. */
const verdict = (result: Result<unknown>): string => (result.ok ? 'ok' : result.refusal.reason);

const split = (shop: Shop, orderNo: string, amounts: readonly number[]): Promise<Result<string[]>> => {
  const parts = amounts.map((amountFen, nth) => ({ amountFen, details: { nth }, personal: null }));
  return using(shop, (services) =>
    splitOrder(services, { orderNo, scope: SCOPE, actor: OPERATOR, parts, remark: null }),
  );
};

async function newParts(shop: Shop, orderNo: string, amounts: readonly number[]): Promise<string[]> {
  const parts = await split(shop, orderNo, amounts);
  if (!parts.ok) throw new Error(`not split: ${parts.refusal.reason}`);
  return parts.value;
}

const askBack = (shop: Shop, orderNo: string, wish: Partial<RefundWish> = {}) =>
  using(shop, (services) =>
    requestRefund(services, {
      orderNo,
      scope: SCOPE,
      actor: OPERATOR,
      amountFen: 'all',
      policy: ANYTHING,
      reason: null,
      approval: 'auto',
      ...wish,
    }),
  );

const payByHand = (shop: Shop, orderNo: string, transactionId: string) =>
  using(shop, (services) =>
    recordPayment(
      services,
      { orderNo, scope: SCOPE, actor: OPERATOR },
      { transactionId, paidAtMs: services.now(), remark: '现金' },
    ),
  );

async function stateOf(shop: Shop, orderNo: string): Promise<OrderState> {
  const history = await using(shop, (services) => services.orders.history(orderNo));
  if (!history) throw new Error(`no order ${orderNo}`);
  return history.state;
}

const statusOf = async (shop: Shop, orderNo: string): Promise<string> => (await stateOf(shop, orderNo)).order.status;

async function partsOf(orderNo: string): Promise<{ order_no: string; amount_fen: number }[]> {
  const { results } = await env.DB.prepare('SELECT order_no, amount_fen FROM orders WHERE parent_no = ? ORDER BY id')
    .bind(orderNo)
    .all<{ order_no: string; amount_fen: number }>();
  return results;
}

/** An order that was paid at Alipay, and its shop has heard of it. */
async function paidOrder(shop: Shop): Promise<string> {
  const { orderId, slip } = await placeAndPay(shop);
  shop.alipay.pay(slip.order_str);
  await shop.deliverNotifications();
  return orderId;
}

/** Follows everything under way to its end. */
async function settle(shop: Shop): Promise<void> {
  shop.pass(30 * MINUTE_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
}

afterAll(() => {
  vi.restoreAllMocks();
});

describe.each(['on', 'off'] as const)('with the gate %s', (gate) => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop({ gate, limits: 'off' });
    shop.wechatPay.refunds.setCourse('at_once');
  });
  afterEach(async () => {
    const violations = await checkBooks(shop, 'any_time');
    await settle(shop);
    violations.push(...(await checkBooks(shop, 'at_rest')));
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });

  test('50 refunds at once over the parts never give back more than was paid, and all of it in the end', async () => {
    const orderNo = await paidOrder(shop);
    const amounts = [1, 29, 970, 6000, AMOUNT_FEN - 7000];
    const parts = await newParts(shop, orderNo, amounts);
    const wanted = fc.sample(fc.constantFrom<RefundWish['amountFen']>('all', 'all', 1, 500, 7000, AMOUNT_FEN), {
      seed: SEED,
      numRuns: 50,
    });
    const asked = await Promise.all(
      wanted.map((amountFen, nth) => askBack(shop, parts[nth % parts.length] ?? '', { amountFen })),
    );
    const refusals = new Set(asked.map(verdict));
    refusals.delete('ok');
    for (const reason of refusals) {
      expect(['refund_already_requested', 'refund_exceeds_paid', 'busy']).toContain(reason);
    }
    const given = asked.flatMap((result) => (result.ok ? [result.value.refund] : []));
    const backFen = shop.alipay.ledger.refundedFen(`${orderNo}0001`);
    expect(backFen).toBe(sumFen(given));
    expect(backFen).toBeGreaterThan(0);
    expect(backFen).toBeLessThanOrEqual(AMOUNT_FEN);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);

    for (const part of parts) {
      const rest = await askBack(shop, part);
      expect(['ok', 'refund_already_requested']).toContain(verdict(rest));
      expect([part, await statusOf(shop, part)]).toEqual([part, 'refunded']);
    }
    expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
    const { refunds, order } = await stateOf(shop, orderNo);
    expect([order.status, order.refundedFen]).toEqual(['split', 0]);
    for (const [nth, part] of parts.entries()) {
      expect(sumFen(refunds.filter((one) => one.orderNo === part))).toBe(amounts[nth]);
    }
    const numbers = refunds.map(({ refundNo }) => refundNo).toSorted();
    expect(numbers).toEqual(numbers.map((_, nth) => `${orderNo}0001${String(nth + 1).padStart(2, '0')}`));
    expect(verdict(await askBack(shop, orderNo))).toBe('order_not_paid');
  });

  test('fifty parts, each asked back at once, come back once each', async () => {
    const orderNo = await paidOrder(shop);
    const parts = await newParts(shop, orderNo, [...times(49, (nth) => nth + 1), AMOUNT_FEN - (49 * 50) / 2]);
    let waiting = parts;
    for (let round = 0; round < 50 && waiting.length > 0; round++) {
      const asked = await Promise.all(waiting.map((part) => askBack(shop, part)));
      expect(asked.map(verdict).filter((one) => one !== 'ok' && one !== 'busy')).toEqual([]);
      waiting = waiting.filter((_, nth) => !asked[nth]?.ok);
    }
    expect(waiting).toEqual([]);
    const statuses = await Promise.all(parts.map((part) => statusOf(shop, part)));
    expect(new Set(statuses)).toEqual(new Set(['refunded']));
    expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
  });

  test('a split, a refund and the beginning of the work against each other: one of them', async () => {
    const won = new Set<string>();
    for (let round = 0; round < ROUNDS; round++) {
      const orderNo = await paidOrder(shop);
      const step = { to: 'in_progress', policy: GOODS_OR_MONEY, actor: OPERATOR, remark: null } as const;
      const verdicts = await all(round, [
        async () => [`split ${verdict(await split(shop, orderNo, [1, AMOUNT_FEN - 1]))}`],
        async () => [`refund ${verdict(await askBack(shop, orderNo, { policy: GOODS_OR_MONEY }))}`],
        async () => [`begin ${verdict(await using(shop, (services) => advanceFulfilment(services, orderNo, step)))}`],
      ]);
      const [winner, ...others] = verdicts.flat().filter((one) => one.endsWith(' ok'));
      expect(others).toEqual([]);
      won.add(String(winner));
      const { order } = await stateOf(shop, orderNo);
      const parts = await partsOf(orderNo);
      expect([
        winner,
        order.status,
        order.fulfilment,
        sumFen(parts.map(({ amount_fen: fen }) => ({ amountFen: fen }))),
      ]).toEqual(
        {
          'split ok': [winner, 'split', 'unfulfilled', AMOUNT_FEN],
          'refund ok': [winner, 'refunded', 'unfulfilled', 0],
          'begin ok': [winner, 'paid', 'in_progress', 0],
        }[winner ?? ''],
      );
      expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(winner === 'refund ok' ? AMOUNT_FEN : 0);
    }
    expect(won.size).toBeGreaterThan(1);
  });

  test('twenty splits at once are one', async () => {
    const orderNo = await paidOrder(shop);
    const answers = await Promise.all(times(20, (nth) => split(shop, orderNo, [nth + 1, AMOUNT_FEN - nth - 1])));
    const done = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
    expect(answers.map(verdict).filter((one) => one === 'move_not_allowed')).toHaveLength(19);
    expect(done).toEqual([(await partsOf(orderNo)).map((part) => part.order_no)]);
  });

  test('the work on one part and a refund of another do not stand in each other’s way; of the same one, one wins', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const orderNo = await paidOrder(shop);
      const [first = '', second = '', third = ''] = await newParts(shop, orderNo, [600, 9000, 10_000]);
      const step = { to: 'in_progress', policy: GOODS_OR_MONEY, actor: OPERATOR, remark: null } as const;
      const begin = (part: string) => () => using(shop, (services) => advanceFulfilment(services, part, step));
      const give = (part: string) => () => askBack(shop, part, { policy: GOODS_OR_MONEY });
      const [apart, together] = await Promise.all([
        all<Result<unknown>>(round, [give(second), begin(first)]),
        all<Result<unknown>>(round, [give(third), begin(third)]),
      ]);
      expect(apart.map(verdict)).toEqual(['ok', 'ok']);
      expect(together.filter(({ ok }) => ok)).toHaveLength(1);
      const { order } = await stateOf(shop, third);
      expect(['paid in_progress', 'refunded unfulfilled']).toContain(`${order.status} ${order.fulfilment}`);
      const backFen = order.status === 'refunded' ? 19_000 : 9000;
      expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(backFen);
    }
  });

  test('money that comes late for an order that was split goes back, and the parts keep theirs', async () => {
    const { orderId: orderNo, slip } = await placeAndPay(shop);
    shop.pass(2 * MINUTE_MS);
    const second = slipOf(await pay(shop, orderNo));
    shop.alipay.pay(second.order_str);
    await shop.deliverNotifications();
    const [first = '', other = ''] = await newParts(shop, orderNo, [9600, 10_000]);
    expect((await askBack(shop, first)).ok).toBe(true);
    shop.alipay.pay(slip.order_str, { late: true });
    await shop.deliverNotifications();
    await settle(shop);
    const { ledger } = shop.alipay;
    expect([ledger.capturedFen(`${orderNo}0001`), ledger.refundedFen(`${orderNo}0001`)]).toEqual([
      AMOUNT_FEN,
      AMOUNT_FEN,
    ]);
    expect([ledger.capturedFen(`${orderNo}0002`), ledger.refundedFen(`${orderNo}0002`)]).toEqual([AMOUNT_FEN, 9600]);
    expect([await statusOf(shop, first), await statusOf(shop, other)]).toEqual(['refunded', 'paid']);
    expect((await askBack(shop, other)).ok).toBe(true);
    expect(ledger.refundedFen(`${orderNo}0002`)).toBe(AMOUNT_FEN);
  });

  test('late money, a split and a refund of a part at once: each fen where it belongs', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { orderId: orderNo, slip } = await placeAndPay(shop);
      shop.pass(2 * MINUTE_MS);
      shop.alipay.pay(slipOf(await pay(shop, orderNo)).order_str);
      await shop.deliverNotifications();
      shop.alipay.pay(slip.order_str, { late: true });
      await all<unknown>(round, [
        () => shop.deliverNotifications(),
        () => split(shop, orderNo, [9600, 10_000]),
        () => askBack(shop, orderNo, { amountFen: 1, approval: 'manual' }),
      ]);
      for (const { order_no: part } of await partsOf(orderNo)) await askBack(shop, part);
      await settle(shop);
      const isSplit = (await statusOf(shop, orderNo)) === 'split';
      const { ledger } = shop.alipay;
      expect(ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
      expect(ledger.refundedFen(`${orderNo}0002`)).toBe(isSplit ? AMOUNT_FEN : 0);
    }
  });

  test('what WeChat tells of the payment’s refunds reaches each part’s', async () => {
    shop.wechatPay.refunds.setCourse('when_told');
    const { orderId: orderNo, slip } = await placeAndPayByWechat(shop);
    shop.wechatPay.pay(ticketOf(slip));
    await shop.deliverNotifications();
    const parts = await newParts(shop, orderNo, [100, 9500, 10_000]);
    const refundNos: string[] = [];
    for (const part of parts) {
      const asked = await askBack(shop, part);
      if (asked.ok) refundNos.push(asked.value.refund.refundNo);
    }
    expect(refundNos).toEqual(['01', '02', '03'].map((nth) => `${orderNo}0001${nth}`));
    const seen: string[][] = [];
    for (const [nth, ending] of (['SUCCESS', 'CLOSED', 'SUCCESS'] as const).entries()) {
      shop.wechatPay.refunds.end(refundNos[nth] ?? '', ending);
      const answers = await shop.deliverNotifications(2);
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      seen.push(await Promise.all(parts.map((part) => statusOf(shop, part))));
    }
    expect(seen).toEqual([
      ['refunded', 'paid', 'paid'],
      ['refunded', 'paid', 'paid'],
      ['refunded', 'paid', 'refunded'],
    ]);
    shop.wechatPay.refunds.setCourse('at_once');
    expect((await askBack(shop, parts[1] ?? '')).ok).toBe(true);
    expect(await statusOf(shop, parts[1] ?? '')).toBe('refunded');
    expect(shop.wechatPay.ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
  });

  test('a part’s refund whose answer was lost is found by the cron, under its number, once', async () => {
    const orderNo = await paidOrder(shop);
    const parts = await newParts(shop, orderNo, [9600, 10_000]);
    for (const [nth, when] of (['before', 'after'] as const).entries()) {
      shop.alipay.faults.plan({ method: 'alipay.trade.refund', when, kind: 'timeout', times: 1 });
      await askBack(shop, parts[nth] ?? '');
      expect(await statusOf(shop, parts[nth] ?? '')).toBe('paid');
    }
    await settle(shop);
    expect([await statusOf(shop, parts[0] ?? ''), await statusOf(shop, parts[1] ?? '')]).toEqual([
      'refunded',
      'refunded',
    ]);
    expect(shop.alipay.ledger.trade(`${orderNo}0001`)?.refunds).toHaveLength(2);
  });

  test('a part that is split again shares the payment of the whole', async () => {
    const orderNo = await paidOrder(shop);
    const [half = '', other = ''] = await newParts(shop, orderNo, [9600, 10_000]);
    const quarters = await newParts(shop, half, [1, 9599]);
    expect(await statusOf(shop, half)).toBe('split');
    for (const part of [...quarters, other]) expect(verdict(await askBack(shop, part))).toBe('ok');
    expect(verdict(await askBack(shop, half))).toBe('order_not_paid');
    expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
  });

  describe('a payment that was made elsewhere', () => {
    test('counts once: of orders that want the same number at once, one is paid', async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const orders = await Promise.all(times(4, () => place(shop)));
        const number = `CASH-${gate}-${round}`;
        const answers = await all(
          round,
          orders.map((orderNo) => () => payByHand(shop, orderNo, number)),
        );
        expect(answers.map(verdict).toSorted()).toEqual(['ok', ...times(3, () => 'payment_recorded_before')]);
        const statuses = await Promise.all(orders.map((orderNo) => statusOf(shop, orderNo)));
        expect(statuses.toSorted()).toEqual(['paid', ...times(3, () => 'pending_payment')]);
      }
    });

    test('pays an order once: of numbers that come for it at once, one', async () => {
      const orderNo = await place(shop);
      const answers = await Promise.all(times(10, (nth) => payByHand(shop, orderNo, `TEN-${gate}-${nth}`)));
      expect(answers.map(verdict).toSorted()).toEqual(['ok', ...times(9, () => 'order_already_paid')].toSorted());
      expect((await stateOf(shop, orderNo)).captures).toHaveLength(1);
    });

    test('waits for what the customer is paying: money at Alipay pays, and what comes too late goes back', async () => {
      for (const isPaid of [true, false]) {
        const { orderId: orderNo, slip } = await placeAndPay(shop);
        if (isPaid) shop.alipay.pay(slip.order_str);
        shop.alipay.takeNotifications();
        const said = verdict(await payByHand(shop, orderNo, `SLIP-${gate}-${isPaid}`));
        expect(said).toBe(isPaid ? 'order_already_paid' : 'ok');
        expect((await stateOf(shop, orderNo)).captures.map(({ provider }) => provider)).toEqual([
          isPaid ? 'alipay' : 'by-hand',
        ]);
        if (isPaid) continue;
        shop.alipay.pay(slip.order_str, { late: true });
        await shop.deliverNotifications();
        await settle(shop);
        expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
        expect(await statusOf(shop, orderNo)).toBe('paid');
      }
    });

    test('is given back by hand: done when it is approved, and nobody is asked', async () => {
      const orderNo = await place(shop);
      await payByHand(shop, orderNo, `BACK-${gate}`);
      const part = await askBack(shop, orderNo, { amountFen: 600 });
      expect(part).toMatchObject({ ok: true, value: { refund: { status: 'succeeded' }, order: { refundedFen: 600 } } });
      const asked = await askBack(shop, orderNo, { approval: 'manual' });
      expect(asked).toMatchObject({ ok: true, value: { refund: { status: 'requested' }, order: { status: 'paid' } } });
      const refundNo = asked.ok ? asked.value.refund.refundNo : '';
      const words = { actor: OPERATOR, reason: null };
      const decided = await using(shop, (services) => decideRefund(services, refundNo, 'approve', words));
      expect(decided).toMatchObject({
        ok: true,
        value: { refund: { status: 'succeeded' }, order: { status: 'refunded' } },
      });
      expect(shop.alipay.ledger.trade(`${orderNo}0001`)).toBeNull();
      expect(shop.wechatPay.ledger.trade(`${orderNo}0001`)).toBeNull();
    });

    test('and was split is given back by hand part by part, whoever asks at once', async () => {
      const orderNo = await place(shop);
      await payByHand(shop, orderNo, `SPLIT-${gate}`);
      const parts = await newParts(shop, orderNo, [1, 9599, 10_000]);
      await Promise.all(times(12, (nth) => askBack(shop, parts[nth % 3] ?? '')));
      const { refunds } = await stateOf(shop, orderNo);
      expect(sumFen(refunds)).toBeLessThanOrEqual(AMOUNT_FEN);
      for (const part of parts) {
        await askBack(shop, part);
        expect(await statusOf(shop, part)).toBe('refunded');
      }
      expect(sumFen((await stateOf(shop, orderNo)).refunds)).toBe(AMOUNT_FEN);
    });

    test('whose refund was approved by a Worker that died at once is given back by the cron', async () => {
      const orderNo = await place(shop);
      await payByHand(shop, orderNo, `DIED-${gate}`);
      const [part = '', other = ''] = await newParts(shop, orderNo, [9600, 10_000]);
      // Only what is written: whoever would have gone on with it is gone.
      await using(shop, (services) =>
        services.gate.submit({
          orderNo: part,
          actor: OPERATOR,
          scope: 'everything',
          command: { type: 'request_refund', amountFen: 'all', policy: ANYTHING, reason: null, approval: 'auto' },
          nowMs: services.now(),
          commitId: crypto.randomUUID(),
        }),
      );
      const refundOf = async () => (await stateOf(shop, part)).refunds.map(({ status }) => status);
      expect(await refundOf()).toEqual(['processing']);
      shop.pass(MINUTE_MS - 1);
      await shop.cron();
      expect(await refundOf()).toEqual(['processing']);
      shop.pass(1);
      await shop.cron();
      expect([await refundOf(), await statusOf(shop, part), await statusOf(shop, other)]).toEqual([
        ['succeeded'],
        'refunded',
        'paid',
      ]);
    });
  });
});

describe.each(['on', 'off'] as const)('a database that loses answers, with the gate %s', (gate) => {
  test('splits an order once or not at all, and what was answered is what is there', async () => {
    const shop = await openShop({ gate, limits: 'off' });
    const orders = await Promise.all(times(30, () => paidOrder(shop)));
    const lostBefore = database.lost();
    database.breakFrom(SEED, 2);
    const answers: (Result<string[]> | null)[] = [];
    for (const orderNo of orders) {
      // Whoever gets no answer asks again.
      const first = await split(shop, orderNo, [600, AMOUNT_FEN - 600]).catch(() => null);
      // It may be busy, but it never takes its own work for somebody else's.
      expect(['ok', 'busy', 'unanswered']).toContain(first === null ? 'unanswered' : verdict(first));
      answers.push(first ?? (await split(shop, orderNo, [600, AMOUNT_FEN - 600]).catch(() => null)));
    }
    database.heal();
    expect(database.lost() - lostBefore).toBeGreaterThan(20);
    let answered = 0;
    for (const [nth, orderNo] of orders.entries()) {
      const parts = await partsOf(orderNo);
      const answer = answers[nth];
      expect([0, 2]).toContain(parts.length);
      expect(await statusOf(shop, orderNo)).toBe(parts.length === 0 ? 'paid' : 'split');
      const told = answer?.ok === true ? answer.value : null;
      if (told !== null) answered += 1;
      expect(told).toEqual(told && parts.map((part) => part.order_no));
      expect(parts.map((part) => part.amount_fen)).toEqual(parts.length === 0 ? [] : [600, AMOUNT_FEN - 600]);
      const again = verdict(await split(shop, orderNo, [600, AMOUNT_FEN - 600]));
      expect(again).toBe(parts.length === 0 ? 'ok' : 'move_not_allowed');
      for (const { order_no: part } of await partsOf(orderNo)) expect(verdict(await askBack(shop, part))).toBe('ok');
      expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
    }
    expect(answered).toBeGreaterThan(5);
    await settle(shop);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('gives the parts back once each, and pays by hand once', async () => {
    const shop = await openShop({ gate, limits: 'off' });
    const orders = await Promise.all(times(12, () => paidOrder(shop)));
    const unpaid = await Promise.all(times(12, () => place(shop)));
    const parts: string[] = [];
    for (const orderNo of orders) parts.push(...(await newParts(shop, orderNo, [600, 9000, 10_000])));
    database.breakFrom(SEED + 1, 3);
    for (const part of parts) {
      await askBack(shop, part).catch(() => null);
      await askBack(shop, part).catch(() => null);
    }
    for (const [nth, orderNo] of unpaid.entries()) {
      await payByHand(shop, orderNo, `LOST-${gate}-${nth >> 1}`).catch(() => null);
    }
    database.heal();
    await settle(shop);
    for (const part of parts) await askBack(shop, part);
    await settle(shop);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
    for (const orderNo of orders) expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
    const statuses = await Promise.all(unpaid.map((orderNo) => statusOf(shop, orderNo)));
    const pairs = times(6, (nth) => statuses.slice(2 * nth, 2 * nth + 2).filter((status) => status === 'paid').length);
    expect(pairs.filter((paid) => paid > 1)).toEqual([]);
    expect(pairs.filter((paid) => paid === 1).length).toBeGreaterThan(3);
  });
});
