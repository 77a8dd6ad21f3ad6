/** The share for whoever brought a customer: exact to the fen, due when the work is done, and never of money gone back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commissionOf, shareOf } from '../../src/core/commission/commission.ts';
import { MAX_AMOUNT_FEN } from '../../src/core/money.ts';
import type { OrderStatus } from '../../src/core/order/lifecycle.ts';
import type { Order } from '../../src/core/order/order.ts';
import { aCapture, anAttempt, anOrder, aPaidState, aRefund, PLACED_AT_MS } from './order-states.ts';

const SHARE = { to: '2', amountFen: 1495 } as const;
const TERMS = { ...SHARE, payoutAfterMs: null };
const PAID_FEN = 29_900;

/** An order of 299 yuan that was paid, with its share of 14.95, but for the changes. */
const paid = (changes: Partial<Order> = {}): Order =>
  anOrder({ status: 'paid', amountFen: PAID_FEN, paidFen: PAID_FEN, commission: TERMS, ...changes });
const completed = (changes: Partial<Order> = {}): Order =>
  paid({ status: 'completed', completedAtMs: PLACED_AT_MS + 1, ...changes });

describe('a share in basis points', () => {
  test.each([
    [29_900, 500, 1495],
    [29_900, 0, 0],
    [29_900, 10_000, 29_900],
    // Rounded down, also a hair below the next fen.
    [1, 9999, 0],
    [19, 500, 0],
    [20, 500, 1],
    [39, 500, 1],
    [10_001, 9999, 9999],
    [MAX_AMOUNT_FEN, 9999, 9_999_000_000],
    [9_999_999_999, 3333, 3_332_999_999],
  ])('of %d fen, %d of them are %d fen', (amountFen, bps, shareFen) => {
    expect(shareOf(amountFen, bps)).toBe(shareFen);
  });

  test('is exact: the largest whole number of fen that is not more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MAX_AMOUNT_FEN }),
        fc.integer({ min: 0, max: 10_000 }),
        (amountFen, bps) => {
          const shareFen = shareOf(amountFen, bps);
          expect(Number.isSafeInteger(shareFen)).toBe(true);
          const exact = BigInt(amountFen) * BigInt(bps);
          expect(BigInt(shareFen) * 10_000n <= exact && exact < (BigInt(shareFen) + 1n) * 10_000n).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('the share of an order', () => {
  test.each<[OrderStatus, string | null]>([
    ['pending_payment', null],
    ['cancelled', null],
    ['expired', null],
    ['paid', 'accrued'],
    ['completed', 'payable'],
  ])('that is %s: %s', (status, expected) => {
    const paidFen = expected === null ? 0 : PAID_FEN;
    const completedAtMs = status === 'completed' ? PLACED_AT_MS : null;
    const commission = commissionOf(paid({ status, paidFen, completedAtMs }));
    expect(commission?.status ?? null).toBe(expected);
  });

  test('is nobody’s where nobody was promised one', () => {
    for (const order of [paid({ commission: null }), completed({ commission: null })]) {
      expect(commissionOf(order)).toBeNull();
    }
  });

  test('is nothing while nothing was taken, whatever its state says', () => {
    expect(commissionOf(paid({ paidFen: 0 }))).toBeNull();
  });

  test('is nothing while the order is not paid, whatever was taken', () => {
    for (const status of ['pending_payment', 'cancelled', 'expired'] as const) {
      expect(commissionOf(paid({ status }))).toBeNull();
    }
  });

  test('waits for the work, and is due when it is done', () => {
    expect(commissionOf(paid())).toEqual({ ...SHARE, status: 'accrued', reversedFen: 0, payableFen: 0 });
    expect(commissionOf(paid({ fulfilment: 'fulfilled' }))?.status).toBe('accrued');
    expect(commissionOf(completed())).toEqual({ ...SHARE, status: 'payable', reversedFen: 0, payableFen: 1495 });
  });

  test.each([
    // refunded fen → reversed fen, left fen: what is left is rounded down
    [1, 1, 1494],
    [100, 5, 1490],
    [14_950, 748, 747],
    [29_899, 1495, 0],
    [29_900, 1495, 0],
  ])('of which %d fen of the order went back: %d reversed, %d left', (refundedFen, reversedFen, leftFen) => {
    const status = (open: 'accrued' | 'payable') => (leftFen === 0 ? 'reversed' : open);
    const share = { ...SHARE, reversedFen };
    expect(commissionOf(paid({ refundedFen }))).toEqual({ ...share, status: status('accrued'), payableFen: 0 });
    expect(commissionOf(completed({ refundedFen }))).toEqual({
      ...share,
      status: status('payable'),
      payableFen: leftFen,
    });
  });

  test.each([null, PLACED_AT_MS])(
    'is all reversed once all went back, completed before (%s) or not',
    (completedAtMs) => {
      const order = paid({ status: 'refunded', refundedFen: PAID_FEN, completedAtMs });
      expect(commissionOf(order)).toEqual({ ...SHARE, status: 'reversed', reversedFen: 1495, payableFen: 0 });
    },
  );

  test('counts what went back on request, and neither what is under way nor surplus money', () => {
    const capture = aCapture(anAttempt(1, { status: 'paid' }));
    const back = (['succeeded', 'requested', 'processing', 'rejected', 'failed'] as const).map((status, index) =>
      aRefund(capture, index + 1, { status, amountFen: capture.amountFen / 4 }),
    );
    const surplus = aRefund(capture, 9, { status: 'succeeded', purpose: 'surplus' });
    const { order } = aPaidState({ commission: { ...TERMS, amountFen: 980 } }, [...back, surplus]);
    expect(commissionOf(order)).toMatchObject({ status: 'accrued', reversedFen: 245 });
  });
});

const onAccount = (changes: Partial<Order> = {}): Order => completed({ paidFen: 20_000, balanceFen: 9900, ...changes });

describe('of an order that a balance has paid a part of', () => {
  test.each([
    // what the balance paid is kept, whatever of the money goes back
    [0, 1495],
    [1, 1494],
    [10_000, 995],
    [19_999, 495],
    [20_000, 495],
  ])('%d fen of the money back: %d left', (refundedFen, leftFen) => {
    expect(commissionOf(onAccount({ refundedFen }))).toEqual({
      ...SHARE,
      status: 'payable',
      reversedFen: 1495 - leftFen,
      payableFen: leftFen,
    });
  });

  test('the balance may have paid all of it', () => {
    expect(commissionOf(onAccount({ amountFen: 0, paidFen: 0, balanceFen: PAID_FEN }))?.payableFen).toBe(1495);
    expect(commissionOf(onAccount({ amountFen: 0, paidFen: 0, balanceFen: 0 }))).toBeNull();
  });

  test('once it is on the balance of whoever gets it, nothing is due any more', () => {
    const commissionPaidAtMs = PLACED_AT_MS + 2;
    const share = { ...SHARE, status: 'paid', payableFen: 0 };
    expect(commissionOf(onAccount({ commissionPaidAtMs }))).toEqual({ ...share, reversedFen: 0 });
    expect(commissionOf(onAccount({ commissionPaidAtMs, refundedFen: 1 }))).toEqual({ ...share, reversedFen: 1 });
  });
});

describe('whatever goes back, however often', () => {
  const amounts = fc.integer({ min: 1, max: MAX_AMOUNT_FEN }).chain((amountFen) =>
    fc.record({
      amountFen: fc.constant(amountFen),
      shareFen: fc.oneof(
        fc.integer({ min: 1, max: amountFen }),
        fc.integer({ min: 0, max: 10_000 }).map((bps) => Math.max(1, shareOf(amountFen, bps))),
      ),
      parts: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 }),
    }),
  );

  test('the share only shrinks, never below nothing, and the fen that are left and gone add up to it', () => {
    fc.assert(
      fc.property(amounts, ({ amountFen, shareFen, parts }) => {
        const terms = { amountFen, paidFen: amountFen, commission: { ...TERMS, amountFen: shareFen } };
        let refundedFen = 0;
        let beforeFen = shareFen;
        for (const part of [0, ...parts, 1]) {
          refundedFen += Math.round((amountFen - refundedFen) * part);
          const [waiting, due] = [paid({ ...terms, refundedFen }), completed({ ...terms, refundedFen })].map(
            commissionOf,
          );
          const leftFen = due?.payableFen ?? -1;
          expect(due?.reversedFen).toBe(shareFen - leftFen);
          expect([waiting?.reversedFen, waiting?.payableFen]).toEqual([shareFen - leftFen, 0]);
          expect(leftFen >= 0 && leftFen <= beforeFen).toBe(true);
          // Of what is kept of the money: its proportion, and never a fen more.
          const exact = BigInt(shareFen) * BigInt(amountFen - refundedFen);
          const left = BigInt(leftFen) * BigInt(amountFen);
          expect(left <= exact && exact < left + BigInt(amountFen)).toBe(true);
          expect(due?.status).toBe(leftFen === 0 ? 'reversed' : 'payable');
          expect(waiting?.status).toBe(leftFen === 0 ? 'reversed' : 'accrued');
          beforeFen = leftFen;
        }
        expect(beforeFen).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });
});
