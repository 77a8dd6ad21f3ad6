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
 * the provider has not been asked how (or another method is wanted, or the provider never answered for it and takes
 * none that ends so soon), `provider_not_offered`, and
 * `attempts_exhausted`. An attempt that the provider never answered for is taken up again under its own number.
 */
export function decideOpenAttempt(state: OrderState, command: OpenAttempt, actor: string, nowMs: number): Decided {
  const { order, attempts } = state;
  if (wasPaid(order.status)) return refuse('order_already_paid');
  if (order.status === 'cancelled') return refuse('order_cancelled');
  if (isPastExpiry(order, nowMs)) return refuse('order_expired');

  // Nothing is not for any provider to take.
  if (order.amountFen === 0) return refuse('provider_not_offered');
  const method = command.methods.find(({ provider }) => order.payWith === null || order.payWith === provider);
  if (!method) return refuse('provider_not_offered');

  const live = attempts.find(isLive);
  if (live) return decideOnLiveAttempt(state, live, { ...command, method }, actor, nowMs);
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
    leasedUntilMs: method.opensAs === 'opening' ? nowMs + LEASE_MS : null,
    choice: method.choice,
    sealed: null,
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

/** How long one caller has the provider to themselves: longer than a provider is waited for, ms. */
const LEASE_MS = 15_000;

/** An order that has an attempt already: wait, take it up, have it again, or find out how it ended. */
function decideOnLiveAttempt(
  { order }: OrderState,
  live: Attempt,
  { method, whenOpen }: { method: PaymentMethod; whenOpen: OpenAttempt['whenOpen'] },
  actor: string,
  nowMs: number,
): Decided {
  const { outTradeNo, leasedUntilMs } = live;
  if (leasedUntilMs !== null && live.status === 'opening' && nowMs < leasedUntilMs) {
    return refuse('attempt_open', { retryAfterSeconds: Math.ceil((leasedUntilMs - nowMs) / 1000) });
  }
  const isSame = live.provider === method.provider && live.kind === method.kind && live.choice === method.choice;
  if (nowMs >= live.expiresAtMs) return refuse('attempt_unsettled');
  // Its end cannot be moved, and a provider that never heard of it takes no payment that ends so soon.
  const isTooShort = live.payableUntilMs - nowMs < method.minimumSlipMs;
  if (live.status === 'opening' && isTooShort) return refuse('attempt_unsettled');
  if (live.status === 'opening' && isSame) {
    return accept({
      events: [
        {
          type: 'attempt_taken_up',
          actor,
          from: live.status,
          to: live.status,
          reason: outTradeNo,
          orderStatus: order.status,
          orderFulfilment: order.fulfilment,
        },
      ],
      changes: [{ type: 'lease_attempt', outTradeNo, leasedUntilMs: nowMs + LEASE_MS }],
      subject: outTradeNo,
    });
  }
  if (whenOpen === 'hand_out_again') return isSame ? already(outTradeNo) : refuse('attempt_unsettled');
  return refuse('attempt_open', { retryAfterSeconds: Math.ceil((live.expiresAtMs - nowMs) / 1000) });
}

/**
 * The slip ends with the order at the latest. Providers count in whole seconds: theirs ends in the second in which the
 * slip does, never after it, unless that is shorter than they accept.
 */
function slipTimes(
  orderExpiresAtMs: number,
  slipMs: number,
  { minimumSlipMs, maximumSlipMs }: PaymentMethod,
  nowMs: number,
) {
  const expiresAtMs = Math.min(nowMs + Math.min(slipMs, maximumSlipMs), orderExpiresAtMs);
  const slipSecondMs = Math.floor(expiresAtMs / 1000) * 1000;
  const shortestMs = Math.ceil((nowMs + minimumSlipMs) / 1000) * 1000;
  return { expiresAtMs, payableUntilMs: Math.max(slipSecondMs, shortestMs) };
}
