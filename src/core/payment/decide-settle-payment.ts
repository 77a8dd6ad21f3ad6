/** Decides what a payment that a provider vouches for does to its order. */

import { accept, refuse } from '../errors.ts';
import { isChargeable } from '../money.ts';
import type { SettlePayment } from '../order/command.ts';
import { already, type Change, type Decided, type DecidedEvent, type Decision } from '../order/decision.ts';
import type { OrderState } from '../order/order.ts';
import { surplusRefund } from '../refund/surplus-refund.ts';
import type { Attempt, Capture } from './attempt.ts';

/**
 * The money pays the order if the order is still unpaid, even when its attempt had been closed or had run out. All
 * other money is surplus: it is recorded, and its refund with it, under a number that is fixed here.
 *
 * Refuses `attempt_not_found`, and `amount_differs` when only a notification says so: then the provider is asked, and
 * what it answers counts. Money that is recorded already is `already`.
 */
export function decideSettlePayment(state: OrderState, command: SettlePayment, actor: string, nowMs: number): Decided {
  const { order, attempts, captures } = state;
  const { payment, provider } = command;
  const attempt = attempts.find((one) => one.outTradeNo === payment.outTradeNo && one.provider === provider);
  if (!attempt) return refuse('attempt_not_found');
  if (captures.some((one) => one.provider === provider && one.transactionId === payment.transactionId)) {
    return already(attempt.outTradeNo);
  }
  const isExact = payment.amountFen === attempt.amountFen;
  if (!isChargeable(payment.amountFen) || (!isExact && command.proof === 'notification')) {
    return refuse('amount_differs');
  }
  const pays = isExact && order.status === 'pending_payment' && !captures.some((one) => one.role === 'pays');
  const capture: Capture = {
    provider,
    transactionId: payment.transactionId,
    outTradeNo: attempt.outTradeNo,
    orderNo: order.orderNo,
    role: pays ? 'pays' : 'surplus',
    amountFen: payment.amountFen,
    capturedAtMs: payment.paidAtMs,
  };
  const recorded = recordMoney(command, attempt, capture, nowMs);
  return accept(pays ? paysOrder(state, capture, recorded, actor) : isSurplus(state, capture, recorded, actor, nowMs));
}

function recordMoney(command: SettlePayment, attempt: Attempt, capture: Capture, nowMs: number): Change[] {
  const changes: Change[] = [{ type: 'insert_capture', capture, recordedAtMs: nowMs }];
  if (attempt.status !== 'paid') {
    changes.push({
      type: 'move_attempt',
      outTradeNo: attempt.outTradeNo,
      from: attempt.status,
      to: 'paid',
      paidAtMs: nowMs,
      nextQueryAtMs: null,
    });
  }
  if (command.receipt) {
    changes.push({ type: 'record_notification', receipt: command.receipt, outcome: capture.role });
  }
  return changes;
}

function paysOrder({ order }: OrderState, capture: Capture, recorded: Change[], actor: string): Decision {
  const sale: Change[] = order.saleOf ? [{ type: 'count_sale', item: order.saleOf, by: 1 }] : [];
  return {
    events: [
      {
        type: 'order_paid',
        actor,
        from: order.status,
        to: 'paid',
        reason: capture.outTradeNo,
        orderStatus: 'paid',
        orderFulfilment: order.fulfilment,
      },
    ],
    changes: [...recorded, ...sale],
    subject: capture.outTradeNo,
  };
}

function isSurplus(state: OrderState, capture: Capture, recorded: Change[], actor: string, nowMs: number): Decision {
  const { order } = state;
  const captured: DecidedEvent = {
    type: 'surplus_captured',
    actor,
    from: null,
    to: 'surplus',
    reason: capture.outTradeNo,
    orderStatus: order.status,
    orderFulfilment: order.fulfilment,
  };
  const { event, change, refundNo } = surplusRefund(state, capture, nowMs);
  return { events: [captured, event], changes: [...recorded, change], subject: refundNo };
}
