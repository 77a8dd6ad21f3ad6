/** Decides whether an order's share goes to the balance of whoever gets it. */

import { accept, refuse } from '../errors.ts';
import { already, type Decided } from '../order/decision.ts';
import type { OrderState } from '../order/order.ts';
import { isUnderWay } from '../refund/refund.ts';
import { commissionOf } from './commission.ts';

/**
 * What is due by now, once. Refuses `move_not_allowed` for an order that has no share to pay here, or whose share is not
 * due yet, and `refund_already_requested` while money is on its way back: what is left of the share is not known until
 * that has ended. A share of which refunds have left nothing is settled with nothing.
 */
export function decidePayCommission({ order, refunds }: OrderState, actor: string, nowMs: number): Decided {
  const due = commissionOf(order);
  const waitMs = order.commission?.payoutAfterMs ?? null;
  if (due === null || waitMs === null || order.completedAtMs === null || nowMs < order.completedAtMs + waitMs) {
    return refuse('move_not_allowed');
  }
  if (due.status === 'paid') return already();
  if (refunds.some((one) => one.orderNo === order.orderNo && isUnderWay(one))) {
    return refuse('refund_already_requested');
  }
  return accept({
    events: [
      {
        type: 'commission_paid',
        actor,
        from: 'payable',
        to: 'paid',
        reason: null,
        orderStatus: order.status,
        orderFulfilment: order.fulfilment,
        facts: { to: due.to, amountFen: due.payableFen },
      },
    ],
    changes:
      due.payableFen === 0
        ? []
        : [{ type: 'add_to_balance', userId: due.to, kind: 'commission', amountFen: due.payableFen, actor }],
    subject: null,
  });
}
