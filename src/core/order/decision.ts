/** What a decision is: what happened, and the rows that change with it. Plain data, so that it can be compared. */

import type { CatalogRef } from '../catalog/catalog.ts';
import type { Result } from '../errors.ts';
import type { Fen } from '../money.ts';
import type { Attempt, Capture } from '../payment/attempt.ts';
import type { Sealed } from '../personal/personal-store.ts';
import type { Refund } from '../refund/refund.ts';
import type { SubscriptionPeriod } from '../subscription/subscription.ts';
import type { OrderPart } from './order-part.ts';
import type { AttemptStatus, FulfilmentStatus, OrderStatus, RefundStatus } from './lifecycle.ts';
import type { Details } from './order.ts';
import type { OrderEventType } from './order-event.ts';

/** One row to write beside the event. The list is closed; `db/apply-change.ts` knows each. */
export type Change =
  | { type: 'insert_attempt'; attempt: Attempt; nextQueryAtMs: number | null }
  | {
      type: 'move_attempt';
      outTradeNo: string;
      from: AttemptStatus;
      to: AttemptStatus;
      paidAtMs: number | null;
      /** When the provider is asked about it again; `null`: never. */
      nextQueryAtMs: number | null;
    }
  | { type: 'lease_attempt'; outTradeNo: string; leasedUntilMs: number }
  /** Keeps a sealed text, in place of what the row held. */
  | ({ type: 'keep_personal' } & Sealed)
  /** A part of the order, paid by its payment. */
  | { type: 'insert_part'; part: OrderPart; parentNo: string; event: DecidedEvent }
  | { type: 'insert_capture'; capture: Capture; recordedAtMs: number }
  | { type: 'insert_refund'; refund: Omit<Refund, 'id'>; nextQueryAtMs: number | null }
  | {
      type: 'move_refund';
      refundNo: string;
      from: RefundStatus;
      to: RefundStatus;
      decidedBy: string | null;
      finishedAtMs: number | null;
      nextQueryAtMs: number | null;
    }
  /** A row of a user's ledger, for what the order does to their balance. */
  | { type: 'add_to_balance'; userId: string; kind: 'credited' | 'commission'; amountFen: Fen; actor: string }
  /** The time that a subscription order was opened for. */
  | { type: 'insert_period'; period: SubscriptionPeriod }
  /** Ends all the orders that this one takes over. */
  | { type: 'absorb'; actor: string }
  | { type: 'count_sale'; item: CatalogRef; by: 1 | -1 }
  | { type: 'record_notification'; receipt: NotificationReceipt; outcome: 'pays' | 'surplus' };

/** What is kept of a provider's notification: enough to follow it up, nothing about a person. */
export type NotificationReceipt = {
  provider: string;
  /** The provider's name for the event: the same over all its repeats. */
  notificationId: string;
  outTradeNo: string;
  transactionId: string | null;
  amountFen: Fen | null;
  receivedAtMs: number;
};

/** The event of a decision, before it has its number and its time. */
export type DecidedEvent = {
  type: OrderEventType;
  actor: string;
  from: string | null;
  to: string;
  reason: string | null;
  orderStatus: OrderStatus;
  orderFulfilment: FulfilmentStatus;
  /** What is known of it beside its reason; about nobody. */
  facts?: Details;
  /** Whether from now on money is asked back, and nobody has ended that; absent: as before. */
  refunding?: boolean;
  /** What of the amount no refund may take from now on; absent: as before. */
  heldBackFen?: Fen;
};

/** Something to write, all of it or nothing. */
export type Decision = {
  events: readonly [DecidedEvent, ...DecidedEvent[]];
  changes: readonly Change[];
  /** The attempt or refund that it is about, for the verb that asked. */
  subject: string | null;
};

/**
 * What deciding gives: something to write; `already`, nothing to write because it is so already; or a refusal.
 */
export type Decided = Result<Decision | { already: true; subject: string | null }>;

/** Nothing to write: it is so already. */
export function already(subject: string | null = null): Decided {
  return { ok: true, value: { already: true, subject } };
}
