/** Decides whether money that paid an order may be asked back. */

import { accept, refuse } from '../errors.ts';
import { isChargeable } from '../money.ts';
import type { RequestRefund } from '../order/command.ts';
import type { Decided, DecidedEvent } from '../order/decision.ts';
import { wasPaid } from '../order/lifecycle.ts';
import type { OrderState } from '../order/order.ts';
import { firstLookAtMs } from '../payment/look-schedule.ts';
import { keepWords } from '../personal/words.ts';
import { holdsMoney, isUnderWay, MAX_REFUNDS, refundNumber } from './refund.ts';

/**
 * Refuses `order_not_paid` (also for an order that was split: its parts have the money), `move_not_allowed` where the
 * dialect gives no money back at this point of the work or another order counts on it, `refund_already_requested` while
 * another one is open or nothing is left to give back, and `refund_exceeds_paid`.
 */
export function decideRefundRequest(state: OrderState, command: RequestRefund, actor: string, nowMs: number): Decided {
  const { order, refunds } = state;
  const capture = state.captures.find((one) => one.role === 'pays');
  if (!capture || !wasPaid(order.status) || order.status === 'split') return refuse('order_not_paid');

  if (!command.policy.refundFrom.includes(order.fulfilment) || order.isPromised) return refuse('move_not_allowed');

  // Of a part of an order, the payment is the whole order's, and so are the refunds' numbers.
  const asked = refunds.filter((one) => one.purpose === 'order' && one.orderNo === order.orderNo);
  const owedFen = order.paidFen - order.heldBackFen;
  const leftFen = asked.filter(holdsMoney).reduce((left, one) => left - one.amountFen, owedFen);
  if (asked.some(isUnderWay) || leftFen <= 0) return refuse('refund_already_requested');
  const amountFen = command.amountFen === 'all' ? leftFen : command.amountFen;
  const ofAttempt = refunds.filter((one) => one.outTradeNo === capture.outTradeNo);
  if (!isChargeable(amountFen) || amountFen > leftFen || ofAttempt.length >= MAX_REFUNDS) {
    return refuse('refund_exceeds_paid');
  }

  const refundNo = refundNumber(capture.outTradeNo, ofAttempt.length + 1);
  const isApproved = command.approval === 'auto';
  const unchanged = { orderStatus: order.status, orderFulfilment: order.fulfilment };
  const requested: DecidedEvent = {
    type: 'refund_requested',
    actor,
    from: null,
    to: 'requested',
    reason: command.reason?.row ?? refundNo,
    refunding: true,
    ...unchanged,
  };
  const approved: DecidedEvent = {
    type: 'refund_approved',
    actor,
    from: 'requested',
    to: 'processing',
    reason: refundNo,
    ...unchanged,
  };
  return accept({
    events: isApproved ? [requested, approved] : [requested],
    changes: [
      {
        type: 'insert_refund',
        refund: {
          refundNo,
          orderNo: order.orderNo,
          outTradeNo: capture.outTradeNo,
          provider: capture.provider,
          transactionId: capture.transactionId,
          purpose: 'order',
          status: isApproved ? 'processing' : 'requested',
          amountFen,
          reason: command.reason?.row ?? null,
          requestedBy: actor,
          decidedBy: isApproved ? actor : null,
          createdAtMs: nowMs,
          updatedAtMs: nowMs,
          finishedAtMs: null,
        },
        nextQueryAtMs: isApproved ? firstLookAtMs(nowMs) : null,
      },
      ...keepWords(command.reason),
    ],
    subject: refundNo,
  });
}
