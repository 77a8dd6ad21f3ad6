/** Opens a paid subscription order. */

import { accept, type Result } from '../errors.ts';
import type { Order } from '../order/order.ts';
import { submit, SYSTEM } from '../order/submit.ts';
import type { Services } from '../services.ts';
import { periodOf } from './period.ts';

/**
 * May run twice, at once or after a crash: the order is opened once. A user has no second order that waits to be opened,
 * so what stands can only lose an order to a refund meanwhile. Refuses `move_not_allowed`, `order_not_found`, `busy`.
 */
export async function openSubscription(services: Services, order: Order): Promise<Result<Order>> {
  const { orderNo, dialect, userId, subscription } = order;
  if (subscription === null || order.status !== 'paid') return accept(order);
  const nowMs = services.now();
  const { standing } = await services.accounts.read({ dialect, userId, couponCode: null, nowMs });
  const command = { type: 'open_subscription', period: periodOf(subscription, standing, nowMs) } as const;
  const opened = await submit(services, { orderNo, command, ...SYSTEM });
  return opened.ok ? accept(opened.state.order) : opened;
}
