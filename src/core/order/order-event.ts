/** What happens to an order: one row each in a log that only grows, and one notification each. */

import type { FulfilmentStatus, OrderStatus } from './lifecycle.ts';
import type { Details } from './order.ts';

/** The closed list of things that happen. The noun is what moved, the verb how. */
export type OrderEventType =
  | 'order_placed'
  | 'order_paid'
  | 'order_completed'
  | 'order_cancelled'
  | 'order_deleted'
  | 'order_expired'
  | 'order_refunded'
  | 'order_split'
  | 'order_split_off'
  | 'order_absorbed'
  | 'fulfilment_advanced'
  | 'commission_paid'
  | 'attempt_opened'
  | 'attempt_taken_up'
  | 'attempt_ready'
  | 'attempt_unanswered'
  | 'attempt_closed'
  | 'attempt_failed'
  | 'surplus_captured'
  | 'refund_requested'
  | 'refund_approved'
  | 'refund_rejected'
  | 'refund_succeeded'
  | 'refund_failed';

/** One row of the log. */
export type OrderEvent = {
  orderNo: string;
  /** Counts from 1 without a gap; the order's version after it. */
  seq: number;
  atMs: number;
  /** Who: `user:<id>`, `operator:<id>`, `provider:<name>`, or `system`. */
  actor: string;
  type: OrderEventType;
  /** What the event's own machine (order, fulfilment, attempt or refund) moved from and to. */
  from: string | null;
  to: string;
  /** Why, or which number it is about. */
  reason: string | null;
  /** The order's own states after it. */
  orderStatus: OrderStatus;
  orderFulfilment: FulfilmentStatus;
  /** What is known of it beside its reason, such as a supplier's numbers; about nobody. */
  facts: Details | null;
};
