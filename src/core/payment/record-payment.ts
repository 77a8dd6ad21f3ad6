/** Records a payment that was made elsewhere, on an operator's word. */

import { accept, refuse, type Result } from '../errors.ts';
import type { Scope } from '../order/command.ts';
import type { Order } from '../order/order.ts';
import { submit } from '../order/submit.ts';
import { sealWords } from '../personal/words.ts';
import type { Services } from '../services.ts';
import { isLive } from './attempt.ts';
import { BY_HAND } from './by-hand.ts';
import { lookAtPayment } from './look-at-payment.ts';

/** A payment that an operator vouches for. */
export type PaymentByHand = { transactionId: string; paidAtMs: number; remark: string | null };

/** Between asking the provider and writing, the customer can open another slip; that often, and they mean to pay. */
const MAX_TRIES = 3;

/**
 * The provider is asked first about what the customer may be paying by themself; money found there pays the order.
 *
 * Refuses `order_not_found`, `payment_recorded_before` for a number that has paid something, `order_already_paid`,
 * `order_cancelled`, `order_expired`, `provider_unavailable`, `attempts_exhausted`, `busy`.
 */
export async function recordPayment(
  services: Services,
  { orderNo, scope, actor }: { orderNo: string; scope: Scope; actor: string },
  payment: PaymentByHand,
): Promise<Result<Order>> {
  const { transactionId, paidAtMs } = payment;
  const remark = await sealWords(services, orderNo, payment.remark);
  const command = { type: 'record_payment', transactionId, paidAtMs, remark } as const;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await services.payments.isCaptured(BY_HAND, transactionId)) return refuse('payment_recorded_before');
    const submitted = await submit(services, { orderNo, scope, actor, command });
    if (submitted.ok) return accept(submitted.state.order);
    const { refusal, state } = submitted;
    const live = state?.attempts.find(isLive);
    // A number that somebody else was recording at the same moment is refused by the database, again and again.
    if (refusal.reason === 'busy') continue;
    if (refusal.reason !== 'attempt_unsettled' || !live) return submitted;
    const looked = await lookAtPayment(services, live, 'close_now');
    if (!looked.ok) return looked;
  }
  return refuse('busy', { retryAfterSeconds: 1 });
}
