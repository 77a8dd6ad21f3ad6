/** Decides what an operator's word does to a refund that was asked for. */

import { accept, refuse } from '../errors.ts';
import type { DecideRefund } from '../order/command.ts';
import type { Decided } from '../order/decision.ts';
import type { OrderState } from '../order/order.ts';
import { firstLookAtMs } from '../payment/look-schedule.ts';
import { keepWords } from '../personal/words.ts';

/** Refuses `refund_not_found`, and `refund_already_decided` for one that waits for nobody. */
export function decideRefundVerdict(state: OrderState, command: DecideRefund, actor: string, nowMs: number): Decided {
  const { order } = state;
  const refund = state.refunds.find((one) => one.refundNo === command.refundNo);
  if (!refund) return refuse('refund_not_found');
  if (refund.status !== 'requested') return refuse('refund_already_decided');
  const isApproved = command.verdict === 'approve';
  const to = isApproved ? 'processing' : 'rejected';
  return accept({
    events: [
      {
        type: isApproved ? 'refund_approved' : 'refund_rejected',
        actor,
        from: refund.status,
        to,
        reason: command.reason?.row ?? refund.refundNo,
        orderStatus: order.status,
        orderFulfilment: order.fulfilment,
        refunding: isApproved,
      },
    ],
    changes: [
      {
        type: 'move_refund',
        refundNo: refund.refundNo,
        from: refund.status,
        to,
        decidedBy: actor,
        finishedAtMs: isApproved ? null : nowMs,
        nextQueryAtMs: isApproved ? firstLookAtMs(nowMs) : null,
      },
      ...keepWords(command.reason),
    ],
    subject: refund.refundNo,
  });
}
