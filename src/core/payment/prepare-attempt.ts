/** Has a provider prepare an attempt, and writes down what came of it where that is not known beforehand. */

import { accept, refuse, type Result } from '../errors.ts';
import type { Order } from '../order/order.ts';
import { submit, SYSTEM } from '../order/submit.ts';
import type { Services } from '../services.ts';
import { type Attempt, isLive } from './attempt.ts';
import { sealKept } from './kept.ts';
import { closePointless } from './look-at-payment.ts';
import type { PaymentProvider, Prepay } from './provider.ts';

/** An attempt with what its provider has to be told. */
export type Preparation = { order: Order; attempt: Attempt; payerId: string | null; handle: string | null };

/**
 * Refuses `provider_refused`: the attempt is over; `provider_unavailable`: it stays, and whoever asks next goes on with
 * it; `busy`.
 */
export async function prepareAttempt(
  services: Services,
  provider: PaymentProvider,
  { order, attempt, payerId, handle }: Preparation,
): Promise<Result<{ order: Order; attempt: Attempt; prepay: Prepay }>> {
  const { outTradeNo, orderNo, kind, amountFen, payableUntilMs } = attempt;
  const { subject } = order;
  // What was paid by hand is over when it is written down.
  if (kind === 'by_hand') return refuse('provider_not_offered');
  const answer = await provider.prepay({ kind, outTradeNo, amountFen, subject, payableUntilMs, payerId, handle });
  if (answer.status === 'unknown') {
    services.log.alert('prepay_unanswered', { orderNo, outTradeNo, cause: answer.cause });
    if (attempt.status === 'opening') {
      // Who it was prepared for: nobody else may go on with it.
      const kept = await sealKept(services, outTradeNo, { handle: null, payerId });
      await submit(services, { orderNo, command: { type: 'release_attempt', outTradeNo, kept }, ...SYSTEM });
    }
    return refuse('provider_unavailable', { retryAfterSeconds: 5 });
  }
  if (answer.status === 'refused') {
    services.log.alert('prepay_refused', { orderNo, outTradeNo, cause: answer.cause });
    const command = { type: 'fail_attempt', outTradeNo, cause: answer.cause } as const;
    const failed = await submit(services, { orderNo, command, ...SYSTEM });
    return failed.ok ? refuse('provider_refused') : failed;
  }
  if (attempt.status === 'opening') {
    const kept = await sealKept(services, outTradeNo, { handle: answer.handle, payerId });
    const command = { type: 'ready_attempt', outTradeNo, kept } as const;
    const ready = await submit(services, { orderNo, command, ...SYSTEM });
    if (!ready.ok) return ready;
    // Whoever ended it meanwhile was told that there was nothing to pay: now there is, and nobody is to have it.
    if (!ready.state.attempts.some((one) => one.outTradeNo === outTradeNo && isLive(one))) {
      closePointless(services, [{ ...attempt, status: 'closed' }]);
      return refuse('busy', { retryAfterSeconds: 1 });
    }
  }
  return accept({ order, attempt, prepay: answer.prepay });
}
