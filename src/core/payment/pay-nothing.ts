/** Pays an order that costs nothing, because a balance or the value of earlier orders has paid all of it. */

import { accept, type Result } from '../errors.ts';
import type { Scope } from '../order/command.ts';
import type { Order } from '../order/order.ts';
import { submit } from '../order/submit.ts';
import type { Services } from '../services.ts';
import { openSubscription } from '../subscription/open-subscription.ts';

/**
 * Paid and opened in one go; where opening does not get through, the cron goes on with it.
 * Refuses `order_not_found`, `amount_differs` for an order that costs something, `order_already_paid`,
 * `order_cancelled`, `order_expired`, `busy`.
 */
export async function payNothing(
  services: Services,
  request: { orderNo: string; scope: Scope; actor: string },
): Promise<Result<Order>> {
  const paid = await submit(services, { ...request, command: { type: 'pay_nothing' } });
  if (!paid.ok) return paid;
  const opened = await openSubscription(services, paid.state.order);
  return opened.ok ? opened : accept(paid.state.order);
}
