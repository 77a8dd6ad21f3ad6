/** Decides what the provider's last word on a refund does to the refund and its order. */

import { accept, refuse } from '../errors.ts';
import type { SettleRefund } from '../order/command.ts';
import { already, type Change, type Decided, type DecidedEvent } from '../order/decision.ts';
import { mayMove, ORDER_MOVES, REFUND_MOVES } from '../order/lifecycle.ts';
import type { OrderState } from '../order/order.ts';
import type { Refund } from './refund.ts';

/**
 * An order is refunded once all that paid it is back, but for what work done in part has earned; until then it stays what it was. Refuses `refund_not_found`; a
 * refund that has ended, or that nobody has approved, is left alone: `already`.
 */
export function decideRefundOutcome(state: OrderState, command: SettleRefund, actor: string, nowMs: number): Decided {
  const { order } = state;
  const refund = state.refunds.find((one) => one.refundNo === command.refundNo);
  if (!refund) return refuse('refund_not_found');
  const to = command.outcome;
  if (!mayMove(REFUND_MOVES, refund.status, to)) return already(refund.refundNo);

  const settled: DecidedEvent = {
    type: to === 'succeeded' ? 'refund_succeeded' : 'refund_failed',
    actor,
    from: refund.status,
    to,
    reason: command.cause === null ? refund.refundNo : `${refund.refundNo}: ${command.cause}`,
    orderStatus: order.status,
    orderFulfilment: order.fulfilment,
    // What had to go back as surplus was never asked back.
    ...(refund.purpose === 'order' ? { refunding: false } : {}),
  };
  const changes: Change[] = [
    {
      type: 'move_refund',
      refundNo: refund.refundNo,
      from: refund.status,
      to,
      decidedBy: refund.decidedBy,
      finishedAtMs: nowMs,
      nextQueryAtMs: null,
    },
  ];
  if (to === 'failed' || !endsOrder(state, refund)) {
    return accept({ events: [settled], changes, subject: refund.refundNo });
  }
  const refunded: DecidedEvent = {
    ...settled,
    type: 'order_refunded',
    from: order.status,
    to: 'refunded',
    orderStatus: 'refunded',
  };
  if (order.saleOf) changes.push({ type: 'count_sale', item: order.saleOf, by: -1 });
  return accept({ events: [settled, refunded], changes, subject: refund.refundNo });
}

/** Whether with this refund all of the order's money has gone back that may. */
function endsOrder({ order }: OrderState, refund: Refund): boolean {
  if (refund.purpose !== 'order' || !mayMove(ORDER_MOVES, order.status, 'refunded')) return false;
  return order.refundedFen + refund.amountFen >= order.paidFen - order.heldBackFen;
}
