/** Renders what the core knows in the words and shapes of technician booking. */

import type { Order } from '../../core/order/order.ts';
import type { OrderView } from '../../core/order/order-store.ts';
import type { Attempt } from '../../core/payment/attempt.ts';
import type { PrepayOf } from '../../core/payment/provider.ts';
import type { Refund } from '../../core/refund/refund.ts';
import { detailsSchema, readItem, SERVICES, serviceSchema, TECHNICIANS, technicianSchema } from './schema.ts';
import { REFUND_STATUS, STATUS } from './status.ts';

/** How many orders a page of the list has. */
export const PAGE_SIZE = 10;

/** The envelope of every success. */
export function envelope(data: unknown, message = '') {
  return { data, code: 0, message };
}

/** `POST /V1/order`: the document's ten fields. */
export function renderPlaced(order: Order) {
  const details = detailsSchema.parse(order.details);
  return {
    order_id: order.orderNo,
    user_id: Number(order.userId),
    service_id: details.serviceId,
    technician_id: details.technicianId,
    order_amount: order.amountFen,
    status: STATUS[order.status],
    pay_type: details.payType,
    updated_at: renderTime(order.updatedAtMs),
    created_at: renderTime(order.createdAtMs),
    id: order.id,
  };
}

/** One order of the list. */
export function renderListed({ order, items }: OrderView) {
  return { ...renderTerms(order), ...renderItems(items) };
}

/** One order by itself: with the end of its time to pay. */
export function renderDetail({ order, items }: OrderView) {
  return { ...renderTerms(order), expire_at: renderTime(order.expiresAtMs), ...renderItems(items) };
}

/** A page of the list, as Laravel's simple paginator shows it. */
export function renderPage(
  { views, hasMore }: { views: readonly OrderView[]; hasMore: boolean },
  { page, publicUrl }: { page: number; publicUrl: string },
) {
  const path = `${publicUrl}/V1/order`;
  const offset = (page - 1) * PAGE_SIZE;
  return {
    current_page: page,
    data: views.map(renderListed),
    first_page_url: `${path}?page=1`,
    from: views.length > 0 ? offset + 1 : null,
    next_page_url: hasMore ? `${path}?page=${page + 1}` : null,
    path,
    per_page: String(PAGE_SIZE),
    prev_page_url: page > 1 ? `${path}?page=${page - 1}` : null,
    to: views.length > 0 ? offset + views.length : null,
  };
}

/** `POST /V1/order/pay`: the slip, and what the client hands to the payment app. */
export function renderSlip({ outTradeNo }: Attempt, prepay: PrepayOf<'app_order_string' | 'app_params'>) {
  switch (prepay.kind) {
    case 'app_order_string':
      return { payment_id: outTradeNo, order_str: prepay.orderString };
    case 'app_params':
      return { payment_id: outTradeNo, ...prepay.params };
  }
}

/** `POST /V1/order/pay/refund`: the refund that was asked for. */
export function renderRefund(order: Order, refund: Refund) {
  return {
    order_id: order.orderNo,
    payment_id: refund.outTradeNo,
    pay_amount: refund.amountFen,
    user_id: Number(order.userId),
    status: REFUND_STATUS[refund.status],
    pay_type: detailsSchema.parse(order.details).payType,
    updated_at: renderTime(refund.updatedAtMs),
    created_at: renderTime(refund.createdAtMs),
    id: refund.id,
  };
}

function renderTerms(order: Order) {
  const details = detailsSchema.parse(order.details);
  return {
    id: order.id,
    order_id: order.orderNo,
    user_id: Number(order.userId),
    service_id: details.serviceId,
    technician_id: details.technicianId,
    order_duration: details.orderDuration,
    order_amount: order.amountFen,
    status: STATUS[order.status],
    pay_type: details.payType,
    created_at: renderTime(order.createdAtMs),
    updated_at: renderTime(order.updatedAtMs),
  };
}

function renderItems(items: OrderView['items']) {
  const service = readItem(items, SERVICES, serviceSchema);
  const technician = readItem(items, TECHNICIANS, technicianSchema);
  return {
    service_item: service && {
      id: service.id,
      uuid: service.body.uuid,
      technician_id: service.body.technicianId,
      title: service.body.title,
      thumb_min: service.body.thumbMin,
      tour_price: service.body.tourPriceFen,
      sold_count: service.body.soldCount ?? 0,
    },
    technician: technician && {
      id: technician.id,
      uuid: technician.body.uuid,
      name: technician.body.name,
      avatar: technician.body.avatar,
    },
  };
}

/** UTC with six digits of a second, as the document shows it; this service counts three of them. */
function renderTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
