/** Reads orders for the people they belong to. */

import { accept, refuse, type Result } from '../errors.ts';
import { glanceAtPayment } from '../payment/glance-at-payment.ts';
import { openSealed } from '../personal/open-sealed.ts';
import { readDetails } from '../personal/personal-details.ts';
import { readReason } from '../personal/words.ts';
import type { Services } from '../services.ts';
import type { Scope } from './command.ts';
import type { Details } from './order.ts';
import { isOrderNo } from './order-number.ts';
import type { OrderFilter, OrderQuery, OrderView, SealedDetail, SealedView } from './order-store.ts';

/** A view with what its customer said about themself; `null` where the dialect keeps nothing of the kind. */
export type PersonalView = OrderView & { personal: Details | null };

/** One order by itself: also with its money, and the reasons for refunds in the words of those who gave them. */
export type OrderDetail = PersonalView & Pick<SealedDetail, 'captures' | 'refunds' | 'fulfilledAtMs'>;

/** One order with its catalogue rows. Refuses `order_not_found`, for someone else's as well. */
export async function findOrder(services: Services, orderNo: string, scope: Scope): Promise<Result<OrderView>> {
  const view = isOrderNo(orderNo) ? await services.orders.view(orderNo, scope) : null;
  if (view === null) return refuse('order_not_found');
  glanceAtPayment(services, view);
  return accept(view);
}

/** What an order is asked for by: its number, or the id that some documents show. */
export type OrderName = { orderNo: string } | { id: string };

/**
 * One order with its money and all that is personal in it. Refuses `order_not_found`, for someone else's as well, and
 * for what names none.
 */
export async function findOrderDetail(services: Services, name: OrderName, scope: Scope): Promise<Result<OrderDetail>> {
  const key = keyOf(name);
  const detail = key === null ? null : await services.orders.detail(key, scope);
  if (detail === null) return refuse('order_not_found');
  glanceAtPayment(services, detail);
  const opened = await openSealed(services, detail.texts);
  return accept({
    ...detail,
    personal: readDetails(detail.order.orderNo, opened),
    refunds: detail.refunds.map((refund) => ({ ...refund, reason: readReason(refund.reason, opened) })),
  });
}

/**
 * The order number behind the id that some documents show. Whose order it is remains to be asked. Refuses
 * `order_not_found`, also for what is no id.
 */
export async function findOrderNo(services: Services, id: string): Promise<Result<string>> {
  const orderNo = isOrderId(id) ? await services.orders.numberOf(Number(id)) : null;
  return orderNo === null ? refuse('order_not_found') : accept(orderNo);
}

/** As the store looks it up; `null` for what cannot be one. */
function keyOf(name: OrderName): string | number | null {
  if ('orderNo' in name) return isOrderNo(name.orderNo) ? name.orderNo : null;
  return isOrderId(name.id) ? Number(name.id) : null;
}

function isOrderId(text: string): boolean {
  return /^[1-9]\d{0,14}$/.test(text);
}

/** Which page to show: counted from 1, and how many orders it has. */
export type PageWish = { number: number; size: number };

/** A page of orders, newest first. */
export function listOrders(
  services: Services,
  scope: Scope,
  filter: OrderFilter,
  page: PageWish,
): Promise<{ views: OrderView[]; hasMore: boolean }> {
  return services.orders.list(scope, filter, { ...rangeOf(page), nowMs: services.now() });
}

/** A page of the orders that are asked for, newest first, and how many of them there are in all. */
export async function pageOrders(
  services: Services,
  query: OrderQuery,
  page: PageWish,
): Promise<{ views: PersonalView[]; total: number }> {
  const { views, total } = await services.orders.page(query, rangeOf(page));
  return { views: await Promise.all(views.map((view) => openView(services, view))), total };
}

function rangeOf({ number, size }: PageWish): { offset: number; limit: number } {
  return { offset: (number - 1) * size, limit: size };
}

async function openView(services: Services, view: SealedView): Promise<PersonalView> {
  return { ...view, personal: readDetails(view.order.orderNo, await openSealed(services, view.texts)) };
}
