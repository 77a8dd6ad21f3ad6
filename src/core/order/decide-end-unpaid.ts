/** Decides how an order ends that was never paid: cancelled, deleted by its owner, or expired. */

import { accept, refuse } from '../errors.ts';
import { isLive } from '../payment/attempt.ts';
import { keepWords } from '../personal/words.ts';
import type { Cancel, Delete, Expire } from './command.ts';
import { already, type Decided } from './decision.ts';
import { mayMove, ORDER_MOVES, type OrderStatus } from './lifecycle.ts';
import { isPastExpiry, type OrderState } from './order.ts';

/**
 * Refuses `order_not_unpaid` for an order that was paid or ended otherwise (expiring such a one is `already`), and
 * `attempt_unsettled` while a customer could still be paying: the provider has to be asked first.
 */
export function decideEndUnpaid(
  state: OrderState,
  command: Cancel | Delete | Expire,
  actor: string,
  nowMs: number,
): Decided {
  const { order } = state;
  const to = endOf(command, order.status);
  if (to === null || (command.type === 'expire' && !isPastExpiry(order, nowMs))) {
    return command.type === 'expire' ? already() : refuse('order_not_unpaid');
  }
  if (state.attempts.some(isLive)) return refuse('attempt_unsettled');
  const words = command.type === 'cancel' ? command.reason : null;
  return accept({
    events: [
      {
        type: EVENTS[command.type],
        actor,
        from: order.status,
        to,
        reason: words?.row ?? null,
        orderStatus: to,
        orderFulfilment: order.fulfilment,
      },
    ],
    changes: keepWords(words),
    subject: null,
  });
}

const EVENTS = { cancel: 'order_cancelled', delete: 'order_deleted', expire: 'order_expired' } as const;

/** The state that the order ends in, or `null` where the command has no business with it. */
function endOf(command: Cancel | Delete | Expire, from: OrderStatus): OrderStatus | null {
  // An expired order has ended already; deleting it only takes it out of its owner's sight.
  if (command.type === 'delete' && from === 'expired') return 'expired';
  const to = command.type === 'expire' ? 'expired' : 'cancelled';
  return mayMove(ORDER_MOVES, from, to) ? to : null;
}
