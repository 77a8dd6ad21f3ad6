/** Looks into a customer's word that they have paid: only the provider's counts. */

import { accept, refuse, type Result } from '../errors.ts';
import type { Scope } from '../order/command.ts';
import { isOrderNo } from '../order/order-number.ts';
import type { Services } from '../services.ts';
import { orderNoOf } from './attempt.ts';
import { lookAtPayment } from './look-at-payment.ts';

/**
 * Asks the provider about the attempt, and applies what it says. Refuses `attempt_not_found` for one that is not of this
 * order, `order_not_paid` unless that attempt is what paid the order, `provider_unavailable`.
 */
export async function claimPayment(
  services: Services,
  { orderNo, scope }: { orderNo: string; scope: Scope },
  outTradeNo: string,
): Promise<Result<null>> {
  const isTheirs = isOrderNo(orderNo) && orderNoOf(outTradeNo) === orderNo;
  const attempt = isTheirs ? await services.payments.find(outTradeNo, scope) : null;
  if (!attempt) return refuse('attempt_not_found');
  if (attempt.status !== 'paid') {
    const looked = await lookAtPayment(services, attempt, 'close_when_due');
    if (!looked.ok) return looked;
  }
  const history = await services.orders.history(orderNo);
  const pays = history?.state.captures.some((one) => one.role === 'pays' && one.outTradeNo === outTradeNo);
  return pays === true ? accept(null) : refuse('order_not_paid');
}
