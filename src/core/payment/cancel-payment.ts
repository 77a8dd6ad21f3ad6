/** Gives up a slip before its time, because its customer closed the cashier. */

import { accept, refuse, type Result } from '../errors.ts';
import type { Scope } from '../order/command.ts';
import type { Services } from '../services.ts';
import { isLive } from './attempt.ts';
import { type LookedAt, lookAtPayment } from './look-at-payment.ts';

/**
 * Asks the provider, then closes the slip there; money that has come in by then pays the order. A slip that is over
 * already stays as it is. Refuses `attempt_not_found` and `provider_unavailable`; then nothing has changed.
 */
export async function cancelPayment(services: Services, outTradeNo: string, scope: Scope): Promise<Result<LookedAt>> {
  const attempt = await services.payments.find(outTradeNo, scope);
  if (!attempt) return refuse('attempt_not_found');
  return isLive(attempt) ? lookAtPayment(services, attempt, 'close_now') : accept('over');
}
