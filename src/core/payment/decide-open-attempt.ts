/** Decides whether a new payment attempt may be opened for an order. */

import { accept, refuse } from '../errors.ts';
import type { OpenAttempt, PaymentMethod } from '../order/command.ts';
import { already, type Decided } from '../order/decision.ts';
import { wasPaid } from '../order/lifecycle.ts';
import { isPastExpiry, type OrderState } from '../order/order.ts';
import { type Attempt, attemptNumber, isLive, MAX_ATTEMPTS } from './attempt.ts';
import { firstLookAtMs } from './look-schedule.ts';

/**
 * Refuses `order_already_paid`, `order_cancelled`, `order_expired` (from the very millisecond, whether or not the cron
 * has run), `attempt_open` with the seconds until the slip ends, `attempt_unsettled` when the last slip has ended but
 * the provider has not been asked how, `provider_not_offered`, and `attempts_exhausted`. An attempt that the provider never answered for is
 * taken up again under its own number.
 */
export function decideOpenAttempt(state: OrderState, command: OpenAttempt, actor: string, nowMs: number): Decided {
  const { order, attempts } = state;
  if (wasPaid(order.status)) return refuse('order_already_paid');
  if (order.status === 'cancelled') return refuse('order_cancelled');
  if (isPastExpiry(order, nowMs)) return refuse('order_expired');

  const method = command.methods.find(({ provider }) => order.payWith === null || order.payWith === provider);
  if (!method) return refuse('provider_not_offered');

  const live = attempts.find(isLive);
  if (live && nowMs >= live.expiresAtMs) return refuse('attempt_unsettled');
  if (live) {
    const unanswered = live.status === 'opening' && live.provider === method.provider && live.kind === method.kind;
    if (unanswered) return already(live.outTradeNo);
    return refuse('attempt_open', { retryAfterSeconds: Math.ceil((live.expiresAtMs - nowMs) / 1000) });
  }
  if (attempts.length >= MAX_ATTEMPTS) return refuse('attempts_exhausted');

  const attempt: Attempt = {
    outTradeNo: attemptNumber(order.orderNo, attempts.length + 1),
    orderNo: order.orderNo,
    provider: method.provider,
    kind: method.kind,
    status: method.opensAs,
    amountFen: order.amountFen,
    createdAtMs: nowMs,
    ...slipTimes(order.expiresAtMs, command.slipMs, method, nowMs),
    paidAtMs: null,
  };
  return accept({
    events: [
      {
        type: 'attempt_opened',
        actor,
        from: null,
        to: attempt.status,
        reason: attempt.outTradeNo,
        orderStatus: order.status,
        orderFulfilment: order.fulfilment,
      },
    ],
    changes: [{ type: 'insert_attempt', attempt, nextQueryAtMs: firstLookAtMs(nowMs) }],
    subject: attempt.outTradeNo,
  });
}

/**
 * The slip ends with the order at the latest. Providers count in whole seconds: theirs ends in the second in which the
 * slip does, never after it, unless that is shorter than they accept.
 */
function slipTimes(orderExpiresAtMs: number, slipMs: number, { minimumSlipMs }: PaymentMethod, nowMs: number) {
  const expiresAtMs = Math.min(nowMs + slipMs, orderExpiresAtMs);
  const slipSecondMs = Math.floor(expiresAtMs / 1000) * 1000;
  const shortestMs = Math.ceil((nowMs + minimumSlipMs) / 1000) * 1000;
  return { expiresAtMs, payableUntilMs: Math.max(slipSecondMs, shortestMs) };
}
