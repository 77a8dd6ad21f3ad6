/** Renders what the core knows in the words and shapes of recharge. */

import { yuanOfFen } from '../../core/money.ts';
import type { PersonalView } from '../../core/order/find-orders.ts';
import type { Details, Order } from '../../core/order/order.ts';
import type { StartedPayment } from '../../core/payment/start-payment.ts';
import { detailsSchema, readPersonal } from './schema.ts';
import { type Kind, PROVIDERS, statusOf } from './status.ts';

/** The envelope of every success. */
export function envelope(data: object | null) {
  return { code: 0, message: 'success', data };
}

/** An order, as every call shows it that shows one. */
export function renderOrder(order: Order, personal: Details | null) {
  const { productId, quantity, paymentMethod } = detailsSchema.parse(order.details);
  return {
    id: order.id,
    order_number: order.orderNo,
    product_id: productId,
    customer_id: Number(order.userId),
    quantity,
    total_amount: yuanOfFen(order.amountFen),
    status: statusOf(order),
    payment_method: paymentMethod,
    remark: readPersonal(personal).remark,
    created_at: renderTime(order.createdAtMs),
    updated_at: renderTime(order.updatedAtMs),
  };
}

/** A page of `GET /api/v1/order/list`. */
export function renderPage({ views, total }: { views: readonly PersonalView[]; total: number }) {
  return { total, items: views.map(({ order, personal }) => renderOrder(order, personal)) };
}

/** `POST /api/v1/order/:id/pay`: what the client opens Alipay with, or shows to be scanned. */
export function renderStarted({ attempt, prepay }: StartedPayment<Kind>) {
  const payment_id = attempt.outTradeNo;
  if (prepay.kind === 'app_order_string') return { payment_id, order_str: prepay.orderString };
  const isAlipay = attempt.provider === PROVIDERS.alipay;
  return isAlipay ? { payment_id, qr_code: prepay.codeUrl } : { payment_id, code_url: prepay.codeUrl };
}

/** UTC, to the second. */
function renderTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
