/** Decides whether a paid order becomes several. */

import { accept, refuse } from '../errors.ts';
import { isChargeable } from '../money.ts';
import { keepWords } from '../personal/words.ts';
import { holdsMoney } from '../refund/refund.ts';
import type { Split } from './command.ts';
import type { OrderPart } from './order-part.ts';
import type { Change, Decided, DecidedEvent } from './decision.ts';
import type { OrderState } from './order.ts';

/**
 * Only an order that is paid and of which nothing was done can be split, and only while none of its money is on its way
 * back. Its parts begin as it stands, and share its payment. Refuses `move_not_allowed`, `refund_already_requested`, and
 * `amount_differs` unless the parts add up to the order to the fen.
 */
export function decideSplit(state: OrderState, command: Split, actor: string): Decided {
  const { order } = state;
  if (order.status !== 'paid' || order.fulfilment !== 'unfulfilled') {
    return refuse('move_not_allowed', { message: `${order.status}/${order.fulfilment} cannot be split` });
  }
  // Whose work is done in part has earned what is held back; parts would not know which of them has.
  if (order.heldBackFen > 0) return refuse('move_not_allowed', { message: 'work done in part cannot be split' });
  if (state.refunds.some((one) => one.orderNo === order.orderNo && holdsMoney(one))) {
    return refuse('refund_already_requested');
  }
  const { parts } = command;
  const sumFen = parts.reduce((sum, { amountFen }) => sum + amountFen, 0);
  if (parts.length < 2 || !parts.every(({ amountFen }) => isChargeable(amountFen)) || sumFen !== order.amountFen) {
    return refuse('amount_differs');
  }
  return accept({
    events: [
      {
        type: 'order_split',
        actor,
        from: order.status,
        to: 'split',
        reason: command.remark?.row ?? null,
        orderStatus: 'split',
        orderFulfilment: order.fulfilment,
        facts: { parts: parts.map(({ orderNo }) => orderNo) },
      },
    ],
    changes: [
      ...keepWords(command.remark),
      ...parts.flatMap((part): Change[] => [
        { type: 'insert_part', part, parentNo: order.orderNo, event: splitOff(part, order.orderNo, actor) },
        ...keepWords(part.personal),
      ]),
    ],
    subject: null,
  });
}

function splitOff({ amountFen }: OrderPart, parentNo: string, actor: string): DecidedEvent {
  return {
    type: 'order_split_off',
    actor,
    from: null,
    to: 'paid',
    reason: parentNo,
    orderStatus: 'paid',
    orderFulfilment: 'unfulfilled',
    facts: { parentNo, amountFen },
  };
}
