/** Decides whether a payment that was made elsewhere pays an order. */

import { accept, refuse } from '../errors.ts';
import type { RecordPayment } from '../order/command.ts';
import type { Change, Decided } from '../order/decision.ts';
import { wasPaid } from '../order/lifecycle.ts';
import type { OrderState } from '../order/order.ts';
import { keepWords } from '../personal/words.ts';
import { type Attempt, attemptNumber, isLive, MAX_ATTEMPTS } from './attempt.ts';
import { BY_HAND } from './by-hand.ts';

/**
 * It pays all of the order: another amount is nobody's to record. Refuses `order_already_paid`, `order_cancelled`,
 * `order_expired` when the order has ended, or when the payment was made after its time; `amount_differs` for an order
 * that costs nothing; `attempt_unsettled` while the customer could be paying by themself: the provider has to be asked
 * first; `attempts_exhausted`.
 */
export function decideRecordPayment(state: OrderState, command: RecordPayment, actor: string, nowMs: number): Decided {
  const { order, attempts } = state;
  if (wasPaid(order.status)) return refuse('order_already_paid');
  if (order.status === 'cancelled') return refuse('order_cancelled');
  if (order.status !== 'pending_payment' || command.paidAtMs >= order.expiresAtMs) return refuse('order_expired');
  if (order.amountFen === 0) return refuse('amount_differs');
  if (attempts.some(isLive)) return refuse('attempt_unsettled');
  if (attempts.length >= MAX_ATTEMPTS) return refuse('attempts_exhausted');

  const outTradeNo = attemptNumber(order.orderNo, attempts.length + 1);
  const { orderNo, amountFen } = order;
  const attempt: Attempt = {
    outTradeNo,
    orderNo,
    provider: BY_HAND,
    kind: 'by_hand',
    status: 'paid',
    amountFen,
    createdAtMs: nowMs,
    expiresAtMs: nowMs,
    payableUntilMs: nowMs,
    paidAtMs: nowMs,
    leasedUntilMs: null,
    choice: null,
    sealed: null,
  };
  const { transactionId, paidAtMs } = command;
  const sale: Change[] = order.saleOf ? [{ type: 'count_sale', item: order.saleOf, by: 1 }] : [];
  return accept({
    events: [
      {
        type: 'order_paid',
        actor,
        from: order.status,
        to: 'paid',
        reason: command.remark?.row ?? outTradeNo,
        orderStatus: 'paid',
        orderFulfilment: order.fulfilment,
        facts: { outTradeNo, transactionId },
      },
    ],
    changes: [
      { type: 'insert_attempt', attempt, nextQueryAtMs: null },
      {
        type: 'insert_capture',
        capture: {
          provider: BY_HAND,
          transactionId,
          outTradeNo,
          orderNo,
          role: 'pays',
          amountFen,
          capturedAtMs: paidAtMs,
        },
        recordedAtMs: nowMs,
      },
      ...sale,
      ...keepWords(command.remark),
    ],
    subject: outTradeNo,
  });
}
