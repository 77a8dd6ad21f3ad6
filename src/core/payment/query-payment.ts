/** Asks the provider about an attempt because an operator wants to know now. */

import { refuse, type Result } from '../errors.ts';
import type { Services } from '../services.ts';
import { type LookedAt, lookAtPayment } from './look-at-payment.ts';

/** Applies whatever the provider says. Refuses `attempt_not_found`, `provider_not_offered`, `provider_unavailable`. */
export async function queryPayment(services: Services, outTradeNo: string): Promise<Result<LookedAt>> {
  const attempt = await services.payments.find(outTradeNo, 'everything');
  return attempt ? lookAtPayment(services, attempt, 'close_when_due') : refuse('attempt_not_found');
}
