/** A payment that was made elsewhere, on an operator's word: when it pays an order, and what is written of it. */
import { describe, expect, test } from 'vitest';
import type { RecordPayment } from '../../src/core/order/command.ts';
import { decide } from '../../src/core/order/decide.ts';
import type { AttemptStatus, OrderStatus } from '../../src/core/order/lifecycle.ts';
import type { OrderState } from '../../src/core/order/order.ts';
import { BY_HAND } from '../../src/core/payment/by-hand.ts';
import {
  AMOUNT_FEN,
  anAttempt,
  aPaidState,
  aState,
  aSubmission,
  EXPIRES_AT_MS,
  ORDER_NO,
  PLACED_AT_MS,
  SALE_OF,
  WORDS,
} from './order-states.ts';
import { decisionOf, verdictOf } from './verdict-of.ts';

const NOW_MS = PLACED_AT_MS + 10_000;
const cash = (changes: Partial<RecordPayment> = {}): RecordPayment => ({
  type: 'record_payment',
  transactionId: 'CASH-1',
  paidAtMs: PLACED_AT_MS + 5000,
  remark: null,
  ...changes,
});
const on = (state: OrderState, command = cash(), nowMs = NOW_MS) =>
  decide(state, aSubmission(command, { nowMs, actor: 'operator:9001' }));

describe('a payment that was made elsewhere', () => {
  test.each<[OrderStatus, string]>([
    ['pending_payment', 'order_paid'],
    ['paid', 'refused order_already_paid'],
    ['completed', 'refused order_already_paid'],
    ['refunded', 'refused order_already_paid'],
    ['split', 'refused order_already_paid'],
    ['absorbed', 'refused order_already_paid'],
    ['cancelled', 'refused order_cancelled'],
    ['expired', 'refused order_expired'],
  ])('for an order that is %s: %s', (status, expected) => {
    expect(verdictOf(on(aState({ status })))).toBe(expected);
  });

  test('for an order that costs nothing there is none', () => {
    expect(verdictOf(on(aState({ amountFen: 0 })))).toBe('refused amount_differs');
  });

  test.each<[AttemptStatus, string]>([
    ['opening', 'refused attempt_unsettled'],
    ['pending', 'refused attempt_unsettled'],
    ['closed', 'order_paid'],
    ['failed', 'order_paid'],
  ])('while an attempt is %s: %s', (status, expected) => {
    expect(verdictOf(on(aState({}, { attempts: [anAttempt(1, { status })] })))).toBe(expected);
  });

  test.each([
    [EXPIRES_AT_MS - 1, EXPIRES_AT_MS - 1, 'order_paid'],
    // The money was there in time, and is only written down now.
    [EXPIRES_AT_MS - 1, EXPIRES_AT_MS + 60_000, 'order_paid'],
    [EXPIRES_AT_MS, EXPIRES_AT_MS, 'refused order_expired'],
    [EXPIRES_AT_MS, EXPIRES_AT_MS - 1, 'refused order_expired'],
    [0, NOW_MS, 'order_paid'],
  ])('made at %d ms and recorded at %d ms: %s', (paidAtMs, nowMs, expected) => {
    expect(verdictOf(on(aState(), cash({ paidAtMs }), nowMs))).toBe(expected);
  });

  test.each([
    [98, 'order_paid'],
    [99, 'refused attempts_exhausted'],
  ])('after %d attempts: %s', (count, expected) => {
    const attempts = Array.from({ length: count }, (_, index) => anAttempt(index + 1, { status: 'closed' }));
    expect(verdictOf(on(aState({}, { attempts })))).toBe(expected);
  });

  test('is an attempt that was paid from the start, all of the amount, and no provider is asked about it', () => {
    const outTradeNo = `${ORDER_NO}0002`;
    const state = aState({}, { attempts: [anAttempt(1, { status: 'closed' })] });
    expect(decisionOf(on(state))).toEqual({
      events: [
        {
          type: 'order_paid',
          actor: 'operator:9001',
          from: 'pending_payment',
          to: 'paid',
          reason: outTradeNo,
          orderStatus: 'paid',
          orderFulfilment: 'unfulfilled',
          facts: { outTradeNo, transactionId: 'CASH-1' },
        },
      ],
      changes: [
        {
          type: 'insert_attempt',
          nextQueryAtMs: null,
          attempt: {
            outTradeNo,
            orderNo: ORDER_NO,
            provider: BY_HAND,
            kind: 'by_hand',
            status: 'paid',
            amountFen: AMOUNT_FEN,
            createdAtMs: NOW_MS,
            expiresAtMs: NOW_MS,
            payableUntilMs: NOW_MS,
            paidAtMs: NOW_MS,
            leasedUntilMs: null,
            choice: null,
            sealed: null,
          },
        },
        {
          type: 'insert_capture',
          recordedAtMs: NOW_MS,
          capture: {
            provider: BY_HAND,
            transactionId: 'CASH-1',
            outTradeNo,
            orderNo: ORDER_NO,
            role: 'pays',
            amountFen: AMOUNT_FEN,
            capturedAtMs: PLACED_AT_MS + 5000,
          },
        },
        { type: 'count_sale', item: SALE_OF, by: 1 },
      ],
      subject: outTradeNo,
    });
  });

  test('keeps what the operator wrote, sealed, and says where', () => {
    const { events, changes } = decisionOf(on(aState({ saleOf: null }), cash({ remark: WORDS })));
    expect(events).toMatchObject([{ reason: WORDS.row }]);
    expect(changes.slice(2)).toEqual([{ type: 'keep_personal', ...WORDS }]);
  });

  test('is not what a provider vouches for: money that it reports under that number is nobody’s', () => {
    const outTradeNo = `${ORDER_NO}0001`;
    const attempt = anAttempt(1, { status: 'paid', provider: BY_HAND, kind: 'by_hand' });
    const payment = { outTradeNo, transactionId: 't', amountFen: AMOUNT_FEN, paidAtMs: 0 };
    const told = { type: 'settle_payment', provider: 'alipay', payment, proof: 'query', receipt: null } as const;
    const state = { ...aPaidState(), attempts: [attempt] };
    expect(verdictOf(decide(state, aSubmission(told)))).toBe('refused attempt_not_found');
  });
});
