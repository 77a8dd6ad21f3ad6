/** Decides whether an order that costs nothing is paid. */

import { accept, refuse } from '../errors.ts';
import type { Decided } from '../order/decision.ts';
import { wasPaid } from '../order/lifecycle.ts';
import { isPastExpiry, type OrderState } from '../order/order.ts';

/** Refuses `amount_differs` for an order that costs something, `order_already_paid`, `order_cancelled`, `order_expired`. */
export function decidePayNothing({ order }: OrderState, actor: string, nowMs: number): Decided {
  if (wasPaid(order.status)) return refuse('order_already_paid');
  if (order.status === 'cancelled') return refuse('order_cancelled');
  if (isPastExpiry(order, nowMs)) return refuse('order_expired');
  if (order.amountFen !== 0) return refuse('amount_differs');
  return accept({
    events: [
      {
        type: 'order_paid',
        actor,
        from: order.status,
        to: 'paid',
        reason: null,
        orderStatus: 'paid',
        orderFulfilment: order.fulfilment,
      },
    ],
    changes: order.saleOf ? [{ type: 'count_sale', item: order.saleOf, by: 1 }] : [],
    subject: null,
  });
}
