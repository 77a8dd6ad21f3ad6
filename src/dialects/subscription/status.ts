/** Projects the core's states, effects and lengths onto the words and numbers of the document. */

import { commissionOf } from '../../core/commission/commission.ts';
import type { FulfilmentPolicy } from '../../core/order/command.ts';
import type { OrderStatus } from '../../core/order/lifecycle.ts';
import { isPastExpiry, type Order } from '../../core/order/order.ts';
import type { OrderFilter } from '../../core/order/order-store.ts';
import type { SubscriptionEffect } from '../../core/subscription/subscription.ts';

/** The folder's name, as orders carry it. */
export const NAME = 'subscription';

/** `status`: 0 to be paid, 1 being opened, 2 cancelled, 3 completed, 4 absorbed by a change of plan. */
export type Status = 0 | 1 | 2 | 3 | 4;

const STATUS: Readonly<Record<OrderStatus, Status>> = {
  pending_payment: 0,
  paid: 1,
  completed: 3,
  absorbed: 4,
  cancelled: 2,
  expired: 2,
  // Nothing is left of it: neither the money nor the subscription.
  refunded: 2,
  // Orders of this dialect are not split.
  split: 1,
};

/** An order's `status`. One whose time to pay is over counts as cancelled from that millisecond on. */
export function statusOf(order: Order, nowMs: number): Status {
  return isPastExpiry(order, nowMs) ? 2 : STATUS[order.status];
}

/** `status` of the list: the orders that show it. */
export const LISTS: Readonly<Record<Status, OrderFilter>> = {
  0: { statuses: ['pending_payment'], unpaid: 'payable' },
  1: { statuses: ['paid', 'split'], unpaid: 'all' },
  2: { statuses: ['pending_payment', 'cancelled', 'expired', 'refunded'], unpaid: 'overdue' },
  3: { statuses: ['completed'], unpaid: 'all' },
  4: { statuses: ['absorbed'], unpaid: 'all' },
};

/** Every order of a list without a `status`. */
export const ALL: OrderFilter = { statuses: 'all', unpaid: 'all' };

/** `cycle`: what of a plan is ordered. */
export const CYCLES = [
  'month_price',
  'quarter_price',
  'half_year_price',
  'year_price',
  'two_year_price',
  'three_year_price',
  'onetime_price',
  'reset_price',
] as const;
export type Cycle = (typeof CYCLES)[number];

/** How many calendar months each lasts; `null`: for good. A reset has no length. */
export const MONTHS: Readonly<Record<Cycle, number | null>> = {
  month_price: 1,
  quarter_price: 3,
  half_year_price: 6,
  year_price: 12,
  two_year_price: 24,
  three_year_price: 36,
  onetime_price: null,
  reset_price: null,
};

/** `type`: 1 new, 2 renewal, 3 change of plan, 4 reset of the traffic. It is what opening the order does. */
export const TYPE: Readonly<Record<SubscriptionEffect, 1 | 2 | 3 | 4>> = { begin: 1, extend: 2, replace: 3, reset: 4 };

/** How long after the opening a share goes to its receiver's balance. */
export const COMMISSION_WAIT_MS = 3 * 24 * 60 * 60 * 1000;

/**
 * `commission_status`: 0 not due, also where nobody gets a share; 1 due; 2 on the receiver's balance; 3 void, because
 * nothing is left of it or the order was never paid.
 */
export function commissionStatusOf(order: Order, nowMs: number): 0 | 1 | 2 | 3 {
  if (order.commission === null) return 0;
  const status = commissionOf(order)?.status;
  if (status === 'paid') return 2;
  if (status === 'reversed' || statusOf(order, nowMs) === 2) return 3;
  const dueAtMs = (order.completedAtMs ?? Infinity) + (order.commission.payoutAfterMs ?? Infinity);
  return nowMs < dueAtMs ? 0 : 1;
}

/** Opening is automatic, so operators move nothing. What was opened may be given back. */
export const FULFILMENT: FulfilmentPolicy = { moves: {}, refundFrom: ['fulfilled'], whileRefunding: 'goes_on' };
