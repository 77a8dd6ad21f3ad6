/** Asks a provider about one attempt and applies the answer: the way out of every doubt. */

import { accept, refuse, type Result } from '../errors.ts';
import { submit, SYSTEM } from '../order/submit.ts';
import type { Services } from '../services.ts';
import { type Attempt, isLive } from './attempt.ts';
import { lastLookAtMs } from './look-schedule.ts';
import type { PaymentProvider } from './provider.ts';
import { settlePayment } from './settle-payment.ts';

/** What the look found: money, an attempt that can still be paid, or one that is over. */
export type LookedAt = 'paid' | 'open' | 'over';

/**
 * Asks, and closes the attempt where that is due: `close_now` at once, `close_when_due` once its time is up. An
 * attempt is only ever closed after the provider was asked whether it was paid.
 *
 * Refuses `provider_unavailable` when there is no answer that can be trusted, `provider_not_offered` when its keys are
 * gone; then nothing has changed.
 */
export async function lookAtPayment(
  services: Services,
  attempt: Attempt,
  closing: 'close_now' | 'close_when_due',
): Promise<Result<LookedAt>> {
  const provider = services.providers.get(attempt.provider);
  if (!provider) return refuse('provider_not_offered');
  const answer = await provider.query(attempt.outTradeNo);
  const isTimeUp = services.now() >= attempt.payableUntilMs;
  const mayClose = closing === 'close_now' || isTimeUp;
  switch (answer.status) {
    case 'paid':
      return settleAnswer(services, attempt, answer);
    case 'closed':
      return giveUp(services, attempt, 'closed');
    case 'absent':
    case 'unpaid':
      if (!mayClose) return accept('open');
      // A number that was never used cannot be any more once its time is up: there is nothing to close.
      if (answer.status === 'absent' && isTimeUp) return giveUp(services, attempt, 'never_opened');
      return closeAtProvider(services, provider, attempt);
    case 'unknown':
      return unanswered(services, attempt, answer.cause);
  }
}

/** Closes at the provider; where it says that there is nothing to close any more, it is asked once more. */
async function closeAtProvider(
  services: Services,
  provider: PaymentProvider,
  attempt: Attempt,
): Promise<Result<LookedAt>> {
  const closed = await provider.close(attempt.outTradeNo);
  if (closed.status === 'unknown') return unanswered(services, attempt, closed.cause);
  if (closed.status === 'closed') return giveUp(services, attempt, 'closed');
  if (closed.status === 'absent') return giveUp(services, attempt, 'never_opened');
  const answer = await provider.query(attempt.outTradeNo);
  if (answer.status === 'paid') return settleAnswer(services, attempt, answer);
  if (answer.status === 'closed') return giveUp(services, attempt, 'closed');
  return unanswered(services, attempt, `cannot be closed, and is ${answer.status}`);
}

async function settleAnswer(
  services: Services,
  attempt: Attempt,
  payment: { outTradeNo: string; transactionId: string; amountFen: number; paidAtMs: number },
): Promise<Result<LookedAt>> {
  const settled = await settlePayment(services, {
    provider: attempt.provider,
    payment,
    proof: 'query',
    receipt: null,
  });
  if (!settled.ok) return settled;
  closePointless(services, settled.value);
  return accept('paid');
}

/** Closes, in the background, attempts that nobody should pay any more because their order has been. */
export function closePointless(services: Services, attempts: readonly Attempt[]): void {
  for (const attempt of attempts) services.background(lookAtPayment(services, attempt, 'close_now'));
}

async function giveUp(
  services: Services,
  attempt: Attempt,
  proof: 'closed' | 'never_opened',
): Promise<Result<LookedAt>> {
  const { outTradeNo, orderNo } = attempt;
  if (isLive(attempt)) {
    const command = { type: 'close_attempt', outTradeNo, proof } as const;
    const submitted = await submit(services, { orderNo, command, ...SYSTEM });
    return submitted.ok ? accept('over') : submitted;
  }
  const isOver = proof === 'closed' || services.now() >= lastLookAtMs(attempt.payableUntilMs);
  if (isOver) await services.payments.stopLooking(outTradeNo);
  return accept('over');
}

function unanswered(services: Services, attempt: Attempt, cause: string): Result<LookedAt> {
  services.log.alert('provider_unanswered', { orderNo: attempt.orderNo, outTradeNo: attempt.outTradeNo, cause });
  return refuse('provider_unavailable', { retryAfterSeconds: 5 });
}
