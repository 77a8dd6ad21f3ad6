/** Decides that an attempt whose provider did not answer may be taken up again at once. */

import { accept, refuse } from '../errors.ts';
import type { ReleaseAttempt } from '../order/command.ts';
import { already, type Change, type Decided } from '../order/decision.ts';
import type { OrderState } from '../order/order.ts';

/** Refuses `attempt_not_found`. An attempt that has gone on since is left alone. */
export function decideReleaseAttempt(state: OrderState, { outTradeNo, kept }: ReleaseAttempt, nowMs: number): Decided {
  const { order } = state;
  const attempt = state.attempts.find((one) => one.outTradeNo === outTradeNo);
  if (!attempt) return refuse('attempt_not_found');
  if (attempt.status !== 'opening') return already(outTradeNo);
  return accept({
    events: [
      {
        type: 'attempt_unanswered',
        actor: 'system',
        from: attempt.status,
        to: attempt.status,
        reason: outTradeNo,
        orderStatus: order.status,
        orderFulfilment: order.fulfilment,
      },
    ],
    changes: [
      { type: 'lease_attempt', outTradeNo, leasedUntilMs: nowMs },
      ...(kept === null ? [] : [{ type: 'keep_personal', ...kept } satisfies Change]),
    ],
    subject: outTradeNo,
  });
}
