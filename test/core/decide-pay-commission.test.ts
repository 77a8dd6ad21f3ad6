/** A share goes to the balance of whoever gets it: when it is due, once, and only what refunds have left of it. */
import { describe, expect, test } from 'vitest';
import { commissionOf } from '../../src/core/commission/commission.ts';
import { decide } from '../../src/core/order/decide.ts';
import type { OrderStatus, RefundStatus } from '../../src/core/order/lifecycle.ts';
import type { Order, OrderState } from '../../src/core/order/order.ts';
import type { Refund } from '../../src/core/refund/refund.ts';
import {
  aCapture,
  AMOUNT_FEN,
  aPaidState,
  aRefund,
  aState,
  aSubmission,
  MINUTE_MS,
  ON_ACCOUNT,
  PLACED_AT_MS,
} from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const DONE_AT_MS = PLACED_AT_MS + 1000;
const DUE_AT_MS = DONE_AT_MS + MINUTE_MS;
const { commission: TERMS, balanceFen: BALANCE_FEN } = ON_ACCOUNT;
const WORTH_FEN = AMOUNT_FEN + BALANCE_FEN;

/** An order on its user's account that was paid and opened, with a share for user 2 that waits a minute. */
const done = (changes: Partial<Order> = {}, refunds: Refund[] = []): OrderState =>
  aPaidState(
    { ...ON_ACCOUNT, status: 'completed', fulfilment: 'fulfilled', completedAtMs: DONE_AT_MS, ...changes },
    refunds,
  );
const on = (state: OrderState, nowMs = DUE_AT_MS) => decide(state, aSubmission({ type: 'pay_commission' }, { nowMs }));
const back = (amountFen: number, status: RefundStatus = 'succeeded', nth = 1): Refund =>
  aRefund(aCapture(), nth, { amountFen, status });

describe('when it is paid', () => {
  test.each([
    [DONE_AT_MS, 'refused move_not_allowed'],
    [DUE_AT_MS - 1, 'refused move_not_allowed'],
    [DUE_AT_MS, 'commission_paid'],
    [DUE_AT_MS + 1_000_000_000, 'commission_paid'],
  ])('at %d ms: %s', (nowMs, expected) => {
    expect(verdictOf(on(done(), nowMs))).toBe(expected);
  });

  test.each<[OrderStatus, number | null, string]>([
    ['pending_payment', null, 'refused move_not_allowed'],
    ['paid', null, 'refused move_not_allowed'],
    ['completed', DONE_AT_MS, 'commission_paid'],
    ['absorbed', DONE_AT_MS, 'commission_paid'],
    ['absorbed', null, 'refused move_not_allowed'],
    ['refunded', null, 'refused move_not_allowed'],
    ['cancelled', null, 'refused move_not_allowed'],
    ['expired', null, 'refused move_not_allowed'],
    ['split', null, 'refused move_not_allowed'],
  ])('of an order that is %s, done at %s: %s', (status, completedAtMs, expected) => {
    expect(verdictOf(on(done({ status, completedAtMs })))).toBe(expected);
  });

  test.each<[string, Partial<Order>, string]>([
    ['nobody gets one', { commission: null }, 'refused move_not_allowed'],
    ['it is paid out elsewhere', { commission: { ...TERMS, payoutAfterMs: null } }, 'refused move_not_allowed'],
    ['it waits for nothing', { commission: { ...TERMS, payoutAfterMs: 0 } }, 'commission_paid'],
    ['it was paid before', { commissionPaidAtMs: DUE_AT_MS }, 'already'],
    ['it was paid before, and all came back since', { commissionPaidAtMs: DUE_AT_MS, status: 'refunded' }, 'already'],
  ])('where %s: %s', (_name, changes, expected) => {
    expect(verdictOf(on(done(changes)))).toBe(expected);
  });

  test('of an order that the account has paid all of', () => {
    const order = { ...ON_ACCOUNT, amountFen: 0, status: 'completed', completedAtMs: DONE_AT_MS } as const;
    expect(verdictOf(on(aState(order)))).toBe('commission_paid');
    expect(verdictOf(on(aState({ ...order, balanceFen: 0 })))).toBe('refused move_not_allowed');
  });

  test.each<[RefundStatus, string]>([
    ['requested', 'refused refund_already_requested'],
    ['processing', 'refused refund_already_requested'],
    ['rejected', 'commission_paid'],
    ['failed', 'commission_paid'],
    ['succeeded', 'commission_paid'],
  ])('while a fen is asked back, and that is %s: %s', (status, expected) => {
    expect(verdictOf(on(done({}, [back(1, status)])))).toBe(expected);
  });
});

const event = (amountFen: number) => ({
  type: 'commission_paid',
  actor: 'system',
  from: 'payable',
  to: 'paid',
  reason: null,
  orderStatus: 'completed',
  orderFulfilment: 'fulfilled',
  facts: { to: '2', amountFen },
});

describe('what is written', () => {
  test.each([
    ['all of it', 0, TERMS.amountFen],
    ['what a fen that went back has left', 1, 1969],
    ['what half of the money has left: the balance’s part is not given back', AMOUNT_FEN / 2, 990],
    ['of all but a fen, what the balance has paid', AMOUNT_FEN - 1, 10],
  ])('%s', (_name, backFen, amountFen) => {
    const state = done({}, backFen === 0 ? [] : [back(backFen)]);
    // The share of what is kept, rounded down.
    expect(amountFen).toBe(Math.floor((TERMS.amountFen * (WORTH_FEN - backFen)) / WORTH_FEN));
    expect(commissionOf(state.order)?.payableFen).toBe(amountFen);
    expect(decisionOf(on(state))).toEqual({
      events: [event(amountFen)],
      changes: [{ type: 'add_to_balance', userId: '2', kind: 'commission', amountFen, actor: 'system' }],
      subject: null,
    });
  });

  test('a share of which nothing is left is settled with nothing', () => {
    const state = done({ balanceFen: 0, commission: { ...TERMS, amountFen: 1 } }, [back(1)]);
    expect(decisionOf(on(state))).toEqual({ events: [event(0)], changes: [], subject: null });
  });
});
