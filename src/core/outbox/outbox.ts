/** The outbox: one notification for each event of an order, written with it, delivered at least once. */

import type { OrderEvent } from '../order/order-event.ts';
import type { Fen } from '../money.ts';

export type NotificationStatus = 'pending' | 'delivered' | 'parked';

/** A notification and how its delivery goes. */
export type OutboxMessage = {
  id: number;
  event: OrderEvent;
  dialect: string;
  userId: string;
  amountFen: Fen;
  status: NotificationStatus;
  /** Deliveries that were tried. */
  tries: number;
  nextAtMs: number;
  deliveredAtMs: number | null;
  /** What went wrong last: an HTTP status, or that there was no answer. */
  lastError: string | null;
};

/** The outbox's store. */
export type OutboxStore = {
  due(nowMs: number, limit: number): Promise<OutboxMessage[]>;
  /**
   * Takes one try of each message for one run alone, before it is made, and says which it got: the others are
   * somebody else's. A run that dies loses nothing, for each try says when the next one is due.
   */
  claim(tries: readonly { id: number; tries: number; nextAtMs: number }[]): Promise<ReadonlySet<number>>;
  markDelivered(ids: readonly number[], atMs: number): Promise<void>;
  markFailed(id: number, how: { error: string; status: 'pending' | 'parked'; nextAtMs: number }): Promise<void>;
  list(search: { status: NotificationStatus | null; beforeId: number | null; limit: number }): Promise<OutboxMessage[]>;
  /** Puts a notification back to its first try. `false`: there is none of that id. */
  redeliver(id: number, nowMs: number): Promise<boolean>;
};

/** One signed delivery; an error names what went wrong without the body. */
export type NotificationSender = {
  send(message: {
    id: string;
    timestampMs: number;
    body: string;
  }): Promise<{ ok: true } | { ok: false; error: string }>;
};
