/** What money that a provider vouches for does to an order. */
import { describe, expect, test } from 'vitest';
import { decide } from '../../src/core/order/decide.ts';
import type { SettlePayment } from '../../src/core/order/command.ts';
import type { NotificationReceipt } from '../../src/core/order/decision.ts';
import type { AttemptStatus, OrderStatus } from '../../src/core/order/lifecycle.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import type { ReportedPayment } from '../../src/core/payment/provider.ts';
import {
  aCapture,
  AMOUNT_FEN,
  anAttempt,
  aPaidState,
  aRefund,
  aState,
  aSubmission,
  EXPIRES_AT_MS,
  MINUTE_MS,
  ORDER_NO,
  PLACED_AT_MS,
  SALE_OF,
} from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const FIRST = `${ORDER_NO}0001`;
const NOW_MS = PLACED_AT_MS + 10_000;
const PAYS = 'order_paid';
const SURPLUS = 'surplus_captured + refund_approved';

function settle(payment: Partial<ReportedPayment> = {}, changes: Partial<SettlePayment> = {}): SettlePayment {
  return {
    type: 'settle_payment',
    provider: 'alipay',
    payment: {
      outTradeNo: FIRST,
      transactionId: 't-new',
      amountFen: AMOUNT_FEN,
      paidAtMs: PLACED_AT_MS + 9000,
      ...payment,
    },
    proof: 'notification',
    receipt: null,
    ...changes,
  };
}
const query = (payment: Partial<ReportedPayment> = {}) => settle(payment, { proof: 'query' });
const on = (state: OrderState, command: SettlePayment, nowMs = NOW_MS) =>
  decide(state, aSubmission(command, { nowMs, actor: 'provider:alipay' }));
const opened = (order = {}) => aState(order, { attempts: [anAttempt()] });

describe('the order’s state', () => {
  test.each<[OrderStatus, string]>([
    ['pending_payment', PAYS],
    ['paid', SURPLUS],
    ['completed', SURPLUS],
    ['cancelled', SURPLUS],
    ['expired', SURPLUS],
    ['refunded', SURPLUS],
    ['split', SURPLUS],
    ['absorbed', SURPLUS],
  ])('%s: %s', (status, expected) => {
    expect(verdictOf(on(opened({ status }), settle()))).toBe(expected);
  });

  test('past its time, but not expired yet: the money pays', () => {
    expect(verdictOf(on(opened(), settle(), EXPIRES_AT_MS + 86_400_000))).toBe(PAYS);
  });

  test('deleted: the money goes back, and the deletion stands', () => {
    const decided = decisionOf(on(opened({ status: 'cancelled', deletedAtMs: PLACED_AT_MS }), settle()));
    expect(decided.events.map(({ orderStatus }) => orderStatus)).toEqual(['cancelled', 'cancelled']);
  });
});

test.each<AttemptStatus>(['opening', 'pending', 'closed', 'failed'])('an attempt that is %s can be paid', (status) => {
  const state = aState({}, { attempts: [anAttempt(1, { status })] });
  const decided = decisionOf(on(state, settle()));
  expect(verdictOf(on(state, settle()))).toBe(PAYS);
  expect(decided.changes).toContainEqual({
    type: 'move_attempt',
    outTradeNo: FIRST,
    from: status,
    to: 'paid',
    paidAtMs: NOW_MS,
    nextQueryAtMs: null,
  });
});

describe('the amount', () => {
  test.each<[string, SettlePayment, string]>([
    ['exact, by notification', settle(), PAYS],
    ['exact, by query', query(), PAYS],
    ['a fen too much, by notification', settle({ amountFen: AMOUNT_FEN + 1 }), 'refused amount_differs'],
    ['a fen too little, by notification', settle({ amountFen: AMOUNT_FEN - 1 }), 'refused amount_differs'],
    ['a fen too much, by query', query({ amountFen: AMOUNT_FEN + 1 }), SURPLUS],
    ['a fen too little, by query', query({ amountFen: AMOUNT_FEN - 1 }), SURPLUS],
    ['nothing, by query', query({ amountFen: 0 }), 'refused amount_differs'],
    ['negative, by query', query({ amountFen: -AMOUNT_FEN }), 'refused amount_differs'],
    ['a fraction, by query', query({ amountFen: 19.99 }), 'refused amount_differs'],
    ['not a number, by query', query({ amountFen: Number.NaN }), 'refused amount_differs'],
    ['more than the limit, by query', query({ amountFen: 10_000_000_001 }), 'refused amount_differs'],
  ])('%s', (_name, command, expected) => {
    expect(verdictOf(on(opened(), command))).toBe(expected);
  });

  test('what goes back is what was captured, not what was asked for', () => {
    const { changes } = decisionOf(on(opened(), query({ amountFen: 50 })));
    expect(changes).toContainEqual(
      expect.objectContaining({ type: 'insert_refund', refund: expect.objectContaining({ amountFen: 50 }) }),
    );
  });
});

describe('whose money it is', () => {
  test.each<[string, OrderState, SettlePayment, string]>([
    ['a number that the order does not have', aState(), settle(), 'refused attempt_not_found'],
    [
      'a number of another provider',
      aState({}, { attempts: [anAttempt(1, { provider: 'wechat-pay' })] }),
      settle(),
      'refused attempt_not_found',
    ],
    ['the same transaction again', aPaidState(), settle({ transactionId: `t-${FIRST}` }), 'already'],
    ['the same transaction again, by query', aPaidState(), query({ transactionId: `t-${FIRST}` }), 'already'],
    [
      'the same transaction again, with another amount',
      aPaidState(),
      settle({ transactionId: `t-${FIRST}`, amountFen: 1 }),
      'already',
    ],
    ['a second transaction of the paid attempt', aPaidState(), settle(), SURPLUS],
    [
      'a second attempt of a paid order',
      aState(
        { status: 'paid' },
        {
          attempts: [anAttempt(1, { status: 'paid' }), anAttempt(2)],
          captures: [aCapture()],
        },
      ),
      settle({ outTradeNo: `${ORDER_NO}0002` }),
      SURPLUS,
    ],
  ])('%s', (_name, state, command, expected) => {
    expect(verdictOf(on(state, command))).toBe(expected);
  });
});

test('money that pays is recorded, its attempt paid, its sale counted, and nothing more', () => {
  const receipt: NotificationReceipt = {
    provider: 'alipay',
    notificationId: 'n1',
    outTradeNo: FIRST,
    transactionId: 't-new',
    amountFen: AMOUNT_FEN,
    receivedAtMs: NOW_MS,
  };
  const decided = decisionOf(on(opened(), settle({}, { receipt })));
  expect(decided.subject).toBe(FIRST);
  expect(decided.events).toEqual([
    {
      type: 'order_paid',
      actor: 'provider:alipay',
      from: 'pending_payment',
      to: 'paid',
      reason: FIRST,
      orderStatus: 'paid',
      orderFulfilment: 'unfulfilled',
    },
  ]);
  expect(decided.changes.map(({ type }) => type)).toEqual([
    'insert_capture',
    'move_attempt',
    'record_notification',
    'count_sale',
  ]);
  expect(decided.changes).toContainEqual({ type: 'count_sale', item: SALE_OF, by: 1 });
  expect(decided.changes).toContainEqual({ type: 'record_notification', receipt, outcome: 'pays' });
  expect(decided.changes).toContainEqual({
    type: 'insert_capture',
    recordedAtMs: NOW_MS,
    capture: {
      provider: 'alipay',
      transactionId: 't-new',
      outTradeNo: FIRST,
      orderNo: ORDER_NO,
      role: 'pays',
      amountFen: AMOUNT_FEN,
      capturedAtMs: PLACED_AT_MS + 9000,
    },
  });
});

test('an order that counts in no sales counts in none', () => {
  expect(decisionOf(on(opened({ saleOf: null }), settle())).changes.map(({ type }) => type)).not.toContain(
    'count_sale',
  );
});

test('surplus money is recorded together with its refund, whose number is fixed', () => {
  const asked = aRefund(aCapture(), 1, { amountFen: 100, status: 'rejected' });
  const decided = decisionOf(on(aPaidState({}, [asked]), settle()));
  expect(decided.subject).toBe(`${FIRST}02`);
  expect(decided.events).toMatchObject([
    { type: 'surplus_captured', actor: 'provider:alipay', to: 'surplus', reason: FIRST, orderStatus: 'paid' },
    { type: 'refund_approved', actor: 'system', to: 'processing', reason: `${FIRST}02`, orderStatus: 'paid' },
  ]);
  // The attempt is paid already, and stays paid since when it was.
  expect(decided.changes).toMatchObject([
    { type: 'insert_capture', capture: { role: 'surplus', transactionId: 't-new' } },
    {
      type: 'insert_refund',
      nextQueryAtMs: NOW_MS + MINUTE_MS,
      refund: {
        refundNo: `${FIRST}02`,
        transactionId: 't-new',
        purpose: 'surplus',
        status: 'processing',
        amountFen: AMOUNT_FEN,
        requestedBy: 'system',
      },
    },
  ]);
});
