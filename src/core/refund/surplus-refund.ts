/** The refund of money that pays nothing: all of it, without anybody's approval. */

import type { Change, DecidedEvent } from '../order/decision.ts';
import type { OrderState } from '../order/order.ts';
import type { Capture } from '../payment/attempt.ts';
import { firstLookAtMs } from '../payment/look-schedule.ts';
import { refundNumber } from './refund.ts';

/** The event and the row of a surplus capture's refund, with the next free number of its attempt. */
export function surplusRefund(
  { order, refunds }: OrderState,
  capture: Capture,
  nowMs: number,
): { event: DecidedEvent; change: Change; refundNo: string } {
  const nth = refunds.filter((one) => one.outTradeNo === capture.outTradeNo).length + 1;
  const refundNo = refundNumber(capture.outTradeNo, nth);
  const event: DecidedEvent = {
    type: 'refund_approved',
    actor: 'system',
    from: null,
    to: 'processing',
    reason: refundNo,
    orderStatus: order.status,
    orderFulfilment: order.fulfilment,
  };
  const change: Change = {
    type: 'insert_refund',
    refund: {
      refundNo,
      orderNo: order.orderNo,
      outTradeNo: capture.outTradeNo,
      provider: capture.provider,
      transactionId: capture.transactionId,
      purpose: 'surplus',
      status: 'processing',
      amountFen: capture.amountFen,
      reason: null,
      requestedBy: 'system',
      decidedBy: 'system',
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      finishedAtMs: null,
    },
    nextQueryAtMs: firstLookAtMs(nowMs),
  };
  return { event, change, refundNo };
}
