/** Decides what becomes of an attempt that was not paid: ready to be paid, refused by the provider, or closed. */

import { accept, refuse } from '../errors.ts';
import type { CloseAttempt, FailAttempt, ReadyAttempt } from '../order/command.ts';
import { already, type Change, type Decided } from '../order/decision.ts';
import { ATTEMPT_MOVES, mayMove } from '../order/lifecycle.ts';
import type { OrderState } from '../order/order.ts';
import type { Attempt } from './attempt.ts';
import { firstLookAtMs, lastLookAtMs } from './look-schedule.ts';

const OUTCOMES = {
  ready_attempt: { to: 'pending', type: 'attempt_ready' },
  fail_attempt: { to: 'failed', type: 'attempt_failed' },
  close_attempt: { to: 'closed', type: 'attempt_closed' },
} as const;

/** Refuses `attempt_not_found`. An attempt that has gone on since, paid above all, stays as it is: `already`. */
export function decideAttemptOutcome(
  state: OrderState,
  command: ReadyAttempt | FailAttempt | CloseAttempt,
  actor: string,
  nowMs: number,
): Decided {
  const { order } = state;
  const attempt = state.attempts.find((one) => one.outTradeNo === command.outTradeNo);
  if (!attempt) return refuse('attempt_not_found');
  const { to, type } = OUTCOMES[command.type];
  if (!mayMove(ATTEMPT_MOVES, attempt.status, to)) return already(attempt.outTradeNo);
  const kept = command.type === 'ready_attempt' ? command.kept : null;
  const cause = command.type === 'fail_attempt' ? `: ${command.cause}` : '';
  return accept({
    events: [
      {
        type,
        actor,
        from: attempt.status,
        to,
        reason: attempt.outTradeNo + cause,
        orderStatus: order.status,
        orderFulfilment: order.fulfilment,
      },
    ],
    changes: [
      {
        type: 'move_attempt',
        outTradeNo: attempt.outTradeNo,
        from: attempt.status,
        to,
        paidAtMs: null,
        nextQueryAtMs: lookAgainAtMs(command, attempt, nowMs),
      },
      ...(kept === null ? [] : [{ type: 'keep_personal', ...kept } satisfies Change]),
    ],
    subject: attempt.outTradeNo,
  });
}

/** A number that the provider never heard of can be paid until its time is up: one more look once it is. */
function lookAgainAtMs(
  command: ReadyAttempt | FailAttempt | CloseAttempt,
  attempt: Attempt,
  nowMs: number,
): number | null {
  if (command.type === 'ready_attempt') return firstLookAtMs(nowMs);
  if (command.type === 'fail_attempt' || command.proof === 'closed') return null;
  return nowMs < lastLookAtMs(attempt.payableUntilMs) ? lastLookAtMs(attempt.payableUntilMs) : null;
}
