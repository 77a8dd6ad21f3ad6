/** An order, and all that is known of its money. */

import type { CatalogRef } from '../catalog/catalog.ts';
import type { CommissionTerms } from '../commission/commission-terms.ts';
import type { Fen } from '../money.ts';
import type { Attempt, Capture } from '../payment/attempt.ts';
import type { Refund } from '../refund/refund.ts';
import type { SubscriptionTerms } from '../subscription/subscription.ts';
import type { FulfilmentStatus, OrderStatus } from './lifecycle.ts';

/** What can be kept as JSON. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** A JSON object: what a dialect keeps of its own with an order. */
export type Details = { readonly [key: string]: Json };

/** One order. Everything but the states and their times is fixed when it is placed. */
export type Order = {
  /** Position among all orders; some documents show it. */
  id: number;
  orderNo: string;
  /** The folder name of the dialect that it was placed in. */
  dialect: string;
  userId: string;
  status: OrderStatus;
  fulfilment: FulfilmentStatus;
  amountFen: Fen;
  /** What the cashier shows. */
  subject: string;
  /** The dialect's own facts. */
  details: Details;
  /** The catalogue rows that it was placed for. */
  items: readonly CatalogRef[];
  /** The catalogue row whose sales this order counts in, once paid. */
  saleOf: CatalogRef | null;
  /** The provider that it was placed for; `null` where that is chosen when paying. */
  payWith: string | null;
  /** Who gets a share of it, once it is paid; `null`: nobody. */
  commission: CommissionTerms | null;
  /** What its user's balance paid of it when it was placed, beside its amount. */
  balanceFen: Fen;
  /** The coupon that it uses. */
  couponId: string | null;
  /** What opening it does; `null` where nothing is opened: somebody works on it. */
  subscription: SubscriptionTerms | null;
  /** What was captured for it, and what of that has gone back on request. Surplus money is in neither. */
  paidFen: Fen;
  refundedFen: Fen;
  /** The provider's number of the payment that paid it. */
  transactionId: string | null;
  /** What the customer paid with, or else last chose to, as the dialect names it. */
  choice: string | null;
  /** Whether another order counts on what is unused of it: then nothing of it is given back. */
  isPromised: boolean;
  /** What of it is earned by work that was done in part, and is not given back. */
  heldBackFen: Fen;
  createdAtMs: number;
  updatedAtMs: number;
  expiresAtMs: number;
  paidAtMs: number | null;
  completedAtMs: number | null;
  deletedAtMs: number | null;
  /** When its share was put on the receiver's balance. */
  commissionPaidAtMs: number | null;
  /** The number of its last event: the lock that every write checks. */
  version: number;
};

/** An order as decisions see it: with every attempt, capture and refund. */
export type OrderState = {
  order: Order;
  attempts: readonly Attempt[];
  captures: readonly Capture[];
  refunds: readonly Refund[];
  /** The write that made this version; tells a writer who lost the answer that the write was its own. */
  lastCommitId: string;
};

/** Whether an order can no longer be paid because its time has run out, whether or not the cron has seen it. */
export function isPastExpiry(order: Order, nowMs: number): boolean {
  return order.status === 'expired' || (order.status === 'pending_payment' && nowMs >= order.expiresAtMs);
}

/** What of an order is fixed when it is placed. */
export type OrderTerms = Omit<
  Order,
  | 'status'
  | 'fulfilment'
  | 'paidFen'
  | 'refundedFen'
  | 'transactionId'
  | 'choice'
  | 'isPromised'
  | 'heldBackFen'
  | 'updatedAtMs'
  | 'paidAtMs'
  | 'completedAtMs'
  | 'deletedAtMs'
  | 'commissionPaidAtMs'
  | 'version'
>;

/** The order as it is, or was, the moment it is placed: also what a repeated request is answered with. */
export function asPlaced(terms: OrderTerms): Order {
  return {
    ...terms,
    status: 'pending_payment',
    fulfilment: 'unfulfilled',
    paidFen: 0,
    refundedFen: 0,
    transactionId: null,
    choice: null,
    isPromised: false,
    heldBackFen: 0,
    updatedAtMs: terms.createdAtMs,
    paidAtMs: null,
    completedAtMs: null,
    deletedAtMs: null,
    commissionPaidAtMs: null,
    version: 1,
  };
}
