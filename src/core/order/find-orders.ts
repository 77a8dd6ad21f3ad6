/** Reads orders for the people they belong to. */

import { accept, refuse, type Result } from '../errors.ts';
import { glanceAtPayment } from '../payment/glance-at-payment.ts';
import type { Services } from '../services.ts';
import type { Scope } from './command.ts';
import { isOrderNo } from './order-number.ts';
import type { OrderFilter, OrderView } from './order-store.ts';

/** One order with its catalogue rows. Refuses `order_not_found`, for someone else's as well. */
export async function findOrder(services: Services, orderNo: string, scope: Scope): Promise<Result<OrderView>> {
  const view = isOrderNo(orderNo) ? await services.orders.view(orderNo, scope) : null;
  if (view === null) return refuse('order_not_found');
  glanceAtPayment(services, view);
  return accept(view);
}

/** A page of orders, newest first. */
export function listOrders(
  services: Services,
  scope: Scope,
  filter: OrderFilter,
  page: { number: number; size: number },
): Promise<{ views: OrderView[]; hasMore: boolean }> {
  const offset = (page.number - 1) * page.size;
  return services.orders.list(scope, filter, { offset, limit: page.size, nowMs: services.now() });
}
