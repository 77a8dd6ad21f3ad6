/** Decides how the work on a paid order goes on. */

import { accept, refuse } from '../errors.ts';
import type { AdvanceFulfilment } from './command.ts';
import type { Decided, DecidedEvent } from './decision.ts';
import { FULFILMENT_MOVES, type FulfilmentStatus, mayMove } from './lifecycle.ts';
import type { OrderState } from './order.ts';
import { keepWords } from '../personal/words.ts';

/** Refuses `move_not_allowed` unless the order is paid and both the core's table and the dialect's have the move. */
export function decideAdvanceFulfilment(state: OrderState, command: AdvanceFulfilment, actor: string): Decided {
  const { order } = state;
  const from = order.fulfilment;
  const to: FulfilmentStatus = command.to === 'completed' ? 'fulfilled' : command.to;
  const allowed = command.policy[command.to]?.includes(from) === true;
  const endsWorkDoneBefore = command.to === 'completed' && from === 'fulfilled';
  if (order.status !== 'paid' || !allowed || !(endsWorkDoneBefore || mayMove(FULFILMENT_MOVES, from, to))) {
    return refuse('move_not_allowed', { message: `${order.status}/${from} cannot become ${command.to}` });
  }
  const advanced: DecidedEvent = {
    type: 'fulfilment_advanced',
    actor,
    from,
    to,
    reason: command.remark?.row ?? null,
    orderStatus: order.status,
    orderFulfilment: to,
  };
  const completed: DecidedEvent = {
    type: 'order_completed',
    actor,
    from: order.status,
    to: 'completed',
    reason: command.remark?.row ?? null,
    orderStatus: 'completed',
    orderFulfilment: to,
  };
  const changes = keepWords(command.remark);
  if (command.to !== 'completed') return accept({ events: [advanced], changes, subject: null });
  return accept({ events: endsWorkDoneBefore ? [completed] : [advanced, completed], changes, subject: null });
}
