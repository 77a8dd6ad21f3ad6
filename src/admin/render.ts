/** Renders what the core knows for operators: its own words, fen, and ISO times. */

import type { CatalogItem } from '../core/catalog/catalog.ts';
import { type Commission, commissionOf } from '../core/commission/commission.ts';
import type { OrderHistory } from '../core/order/find-history.ts';
import type { Order } from '../core/order/order.ts';
import type { OrderEvent } from '../core/order/order-event.ts';
import type { OutboxMessage } from '../core/outbox/outbox.ts';
import type { Attempt, Capture } from '../core/payment/attempt.ts';
import type { Refund } from '../core/refund/refund.ts';

/** An order. */
export function renderOrder(order: Order) {
  return {
    orderNo: order.orderNo,
    dialect: order.dialect,
    userId: order.userId,
    status: order.status,
    fulfilment: order.fulfilment,
    amountFen: order.amountFen,
    paidFen: order.paidFen,
    refundedFen: order.refundedFen,
    createdAt: renderTime(order.createdAtMs),
    expiresAt: renderTime(order.expiresAtMs),
    paidAt: renderTime(order.paidAtMs),
    completedAt: renderTime(order.completedAtMs),
    version: order.version,
  };
}

/** An order with all that ever happened to it. */
export function renderHistory({ state, events, personal }: OrderHistory) {
  return {
    order: renderOrder(state.order),
    attempts: state.attempts.map((attempt) => renderAttempt(attempt, state.captures)),
    refunds: state.refunds.map(renderRefund),
    log: events.map(renderEvent),
    commission: renderCommission(commissionOf(state.order)),
    details: { ...state.order.details, ...termsOf(state.order), ...personal },
  };
}

/** What a subscription's order takes from its user's account, and what opening it does. */
function termsOf({ subscription, balanceFen, couponId }: Order) {
  return subscription === null ? {} : { ...subscription, couponId, balanceFen };
}

/** An attempt, with the provider's number of the money that came in under it. */
export function renderAttempt(attempt: Attempt, captures: readonly Capture[]) {
  const own = captures.filter(({ outTradeNo }) => outTradeNo === attempt.outTradeNo);
  // Should a provider ever have taken money twice under one number, the payment is what paid.
  const capture = own.find(({ role }) => role === 'pays') ?? own[0];
  return {
    outTradeNo: attempt.outTradeNo,
    provider: attempt.provider,
    kind: attempt.kind,
    status: attempt.status,
    amountFen: attempt.amountFen,
    transactionId: capture?.transactionId ?? null,
    createdAt: renderTime(attempt.createdAtMs),
    expiresAt: renderTime(attempt.expiresAtMs),
    paidAt: renderTime(attempt.paidAtMs),
  };
}

/** A refund. */
export function renderRefund(refund: Refund) {
  return {
    refundNo: refund.refundNo,
    orderNo: refund.orderNo,
    outTradeNo: refund.outTradeNo,
    status: refund.status,
    amountFen: refund.amountFen,
    reason: refund.reason,
    requestedBy: refund.requestedBy,
    decidedBy: refund.decidedBy,
    createdAt: renderTime(refund.createdAtMs),
    finishedAt: renderTime(refund.finishedAtMs),
  };
}

/** A catalogue row: its id beside the fields of its kind. */
export function renderItem({ id, body }: CatalogItem) {
  return { id, ...body };
}

/** A notification of the outbox; what it tells of is a line of its order's log. */
export function renderNotification(message: OutboxMessage) {
  return {
    id: message.id,
    type: message.event.type,
    orderNo: message.event.orderNo,
    seq: message.event.seq,
    status: message.status,
    tries: message.tries,
    // Nobody tries again unless it is still to be delivered.
    nextAt: message.status === 'pending' ? renderTime(message.nextAtMs) : null,
    deliveredAt: renderTime(message.deliveredAtMs),
    lastError: message.lastError,
  };
}

function renderEvent(event: OrderEvent) {
  return {
    seq: event.seq,
    at: renderTime(event.atMs),
    actor: event.actor,
    type: event.type,
    from: event.from,
    to: event.to,
    reason: event.reason,
    ...(event.facts === null ? {} : { facts: event.facts }),
  };
}

function renderCommission(commission: Commission | null) {
  if (commission === null) return null;
  const { to, ...rest } = commission;
  return { referrerId: to, ...rest };
}

/** UTC, to the millisecond. */
export function renderTime(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
