/** Decides how the work on a paid order goes on. */

import { accept, refuse } from '../errors.ts';
import { keepWords } from '../personal/words.ts';
import { isUnderWay } from '../refund/refund.ts';
import type { AdvanceFulfilment } from './command.ts';
import type { Decided, DecidedEvent } from './decision.ts';
import { FULFILMENT_MOVES, type FulfilmentStatus, mayMove } from './lifecycle.ts';
import type { OrderState } from './order.ts';

/**
 * Refuses `move_not_allowed` unless the order is paid and both the core's table and the dialect's have the move, and
 * `refund_already_requested` where the dialect's work waits while money is on its way back.
 */
export function decideAdvanceFulfilment(state: OrderState, command: AdvanceFulfilment, actor: string): Decided {
  const { order } = state;
  const { policy } = command;
  const from = order.fulfilment;
  const to: FulfilmentStatus = command.to === 'completed' ? 'fulfilled' : command.to;
  const allowed = policy.moves[command.to]?.includes(from) === true;
  const endsWorkDoneBefore = command.to === 'completed' && from === 'fulfilled';
  if (order.status !== 'paid' || !allowed || !(endsWorkDoneBefore || mayMove(FULFILMENT_MOVES, from, to))) {
    return refuse('move_not_allowed', { message: `${order.status}/${from} cannot become ${command.to}` });
  }
  const isReturning = state.refunds.some((one) => one.orderNo === order.orderNo && isUnderWay(one));
  if (policy.whileRefunding === 'waits' && isReturning) return refuse('refund_already_requested');

  const advanced: DecidedEvent = {
    type: 'fulfilment_advanced',
    actor,
    from,
    to,
    reason: command.remark?.row ?? null,
    orderStatus: order.status,
    orderFulfilment: to,
    ...(command.facts === null ? {} : { facts: command.facts }),
    ...(command.heldBackFen === null ? {} : { heldBackFen: command.heldBackFen }),
  };
  const completed: DecidedEvent = {
    type: 'order_completed',
    actor,
    from: order.status,
    to: 'completed',
    reason: command.remark?.row ?? null,
    orderStatus: 'completed',
    orderFulfilment: to,
    // All of it is done: whoever gives money back now does so of their own accord.
    heldBackFen: 0,
  };
  const changes = keepWords(command.remark);
  if (command.to !== 'completed') return accept({ events: [advanced], changes, subject: null });
  return accept({ events: endsWorkDoneBefore ? [completed] : [advanced, completed], changes, subject: null });
}
