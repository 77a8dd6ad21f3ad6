/** Renders what the core knows in the words and shapes of the medical companion. */

import { yuanOfFen } from '../../core/money.ts';
import type { OrderDetail, PageWish, PersonalView } from '../../core/order/find-orders.ts';
import type { Order } from '../../core/order/order.ts';
import type { PrepayOf } from '../../core/payment/provider.ts';
import type { StartedPayment } from '../../core/payment/start-payment.ts';
import { detailsSchema, readPersonal } from './schema.ts';
import { METHODS, REFUND_STATUS, STATUS, STATUS_TEXT } from './status.ts';

/** What this dialect's payments are prepared as. */
type Kind = (typeof METHODS)[keyof typeof METHODS]['kind'];

/** The envelope of every success. */
export function envelope(data: object) {
  return { code: 0, data };
}

/** `POST /api/order/submit`. */
export function renderPlaced({ id, orderNo }: Order) {
  return { orderId: id, orderNo, message: '订单提交成功，请及时支付' };
}

/** `POST /api/order/pay/:id`. */
export function renderStarted({ order, prepay }: StartedPayment<Kind>) {
  const amount = yuanOfFen(order.amountFen);
  return { orderId: order.id, orderNo: order.orderNo, amount, paymentParams: renderParams(prepay) };
}

/** A page of `GET /api/order/list`. */
export function renderPage(
  { views, total }: { views: readonly PersonalView[]; total: number },
  { number, size }: PageWish,
) {
  return { list: views.map(renderListed), total, page: number, pageSize: size, hasMore: number * size < total };
}

/** `GET /api/order/detail/:id`. */
export function renderDetail(detail: OrderDetail) {
  const { order } = detail;
  const { appointmentDate, appointmentTime, specialRequirements, formData } = readPersonal(detail.personal);
  return {
    ...renderService(order),
    serviceDescription: detailsSchema.parse(order.details).serviceDescription,
    ...renderState(order),
    appointmentDate,
    appointmentTime,
    specialRequirements,
    formData,
    paymentInfo: renderPayment(detail),
    refundInfo: renderRefund(detail),
    ...renderTimes(order),
  };
}

function renderListed({ order, personal }: PersonalView) {
  const { appointmentDate, appointmentTime } = readPersonal(personal);
  return { ...renderService(order), ...renderState(order), appointmentDate, appointmentTime, ...renderTimes(order) };
}

function renderService(order: Order) {
  return {
    id: order.id,
    orderNo: order.orderNo,
    userId: Number(order.userId),
    serviceId: detailsSchema.parse(order.details).serviceId,
    serviceTitle: order.subject,
  };
}

function renderState(order: Order) {
  const status = STATUS[order.status];
  return { amount: yuanOfFen(order.amountFen), status, statusText: STATUS_TEXT[status] };
}

function renderTimes(order: Order) {
  return { createdAt: renderTime(order.createdAtMs), updatedAt: renderTime(order.updatedAtMs) };
}

/** The money that paid; what came in beside it goes back by itself, and is not shown. */
function renderPayment({ order, captures }: OrderDetail) {
  const capture = captures.find(({ role }) => role === 'pays');
  if (!capture || order.paidAtMs === null) return null;
  return {
    paymentMethod: capture.provider === METHODS.alipay.provider ? 'alipay' : 'wechat_pay',
    transactionId: capture.transactionId,
    paidAt: renderTime(order.paidAtMs),
  };
}

/** The latest refund that somebody asked for. */
function renderRefund({ refunds }: OrderDetail) {
  const refund = refunds.findLast(({ purpose }) => purpose === 'order');
  if (!refund) return null;
  const { id, amountFen, reason, status, finishedAtMs } = refund;
  return {
    refundId: id,
    refundAmount: yuanOfFen(amountFen),
    refundReason: reason ?? '',
    status: REFUND_STATUS[status],
    refundedAt: status === 'succeeded' && finishedAtMs !== null ? renderTime(finishedAtMs) : null,
  };
}

/** What the client opens the cashier with. */
function renderParams(prepay: PrepayOf<Kind>) {
  return prepay.kind === 'jsapi_params' ? prepay.params : { orderString: prepay.orderString };
}

/** UTC, to the second. */
function renderTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
