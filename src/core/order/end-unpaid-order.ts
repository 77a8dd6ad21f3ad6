/** Cancels, deletes or expires an order that was not paid, after making sure that it was not. */

import { accept, refuse, type Result } from '../errors.ts';
import { isLive } from '../payment/attempt.ts';
import { lookAtPayment } from '../payment/look-at-payment.ts';
import type { Services } from '../services.ts';
import { sealWords } from '../personal/words.ts';
import type { Delete, Expire, OrderCommand } from './command.ts';
import type { Order } from './order.ts';
import { type Request, submit } from './submit.ts';

/** Between asking the provider and writing, a customer can open another slip; that often, and they mean to pay. */
const MAX_TRIES = 3;

/** How an order is to end. A person may have said why, in their own words. */
export type Ending = Omit<Request, 'command'> & {
  command: { type: 'cancel'; reason: string | null } | Delete | Expire;
};

/**
 * Asks the provider about an attempt that could still be paid, and closes it; money found there pays the order.
 * Refuses `order_not_found`, `order_not_unpaid`, `provider_unavailable` (the order stays as it is), `busy`.
 */
export async function endUnpaidOrder(
  services: Services,
  { command: ending, ...request }: Ending,
): Promise<Result<Order>> {
  const command: OrderCommand =
    ending.type === 'cancel'
      ? { type: 'cancel', reason: await sealWords(services, request.orderNo, ending.reason) }
      : ending;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const submitted = await submit(services, { ...request, command });
    if (submitted.ok) return accept(submitted.state.order);
    const live = submitted.state?.attempts.find(isLive);
    if (submitted.refusal.reason !== 'attempt_unsettled' || !live) return submitted;
    const looked = await lookAtPayment(services, live, 'close_now');
    if (!looked.ok) return looked;
  }
  return refuse('busy', { retryAfterSeconds: 1 });
}
