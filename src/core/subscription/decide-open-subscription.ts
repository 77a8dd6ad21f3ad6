/** Decides whether a paid subscription order is opened. */

import { accept, refuse } from '../errors.ts';
import type { OpenSubscription } from '../order/command.ts';
import { already, type Change, type Decided } from '../order/decision.ts';
import { FULFILMENT_MOVES, mayMove } from '../order/lifecycle.ts';
import type { Details, OrderState } from '../order/order.ts';

/**
 * All of it in one write: the period, the end of the orders whose place it takes, and what is left of their value to the
 * balance. Refuses `move_not_allowed` for an order that is not paid, that opens nothing, or whose work somebody has ended
 * in another way; one that was opened before is `already`.
 */
export function decideOpenSubscription({ order }: OrderState, { period }: OpenSubscription, actor: string): Decided {
  const { subscription } = order;
  if (subscription === null) return refuse('move_not_allowed');
  if (order.completedAtMs !== null) return already();
  if (order.status !== 'paid' || !mayMove(FULFILMENT_MOVES, order.fulfilment, 'fulfilled')) {
    return refuse('move_not_allowed');
  }
  const { planId, effect, creditFen } = subscription;
  const facts: Details = {
    planId,
    effect,
    startsAtMs: period?.startsAtMs ?? null,
    endsAtMs: period?.endsAtMs ?? null,
  };
  const done = { actor, reason: null, orderFulfilment: 'fulfilled', facts } as const;
  const changes: Change[] = [
    ...(period === null ? [] : [{ type: 'insert_period', period } as const]),
    ...(effect === 'replace' ? [{ type: 'absorb', actor } as const] : []),
    ...(creditFen === 0
      ? []
      : [{ type: 'add_to_balance', userId: order.userId, kind: 'credited', amountFen: creditFen, actor } as const]),
  ];
  return accept({
    events: [
      { type: 'fulfilment_advanced', from: order.fulfilment, to: 'fulfilled', orderStatus: order.status, ...done },
      { type: 'order_completed', from: order.status, to: 'completed', orderStatus: 'completed', ...done },
    ],
    changes,
    subject: null,
  });
}
