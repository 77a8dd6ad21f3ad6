/** The port under the gate: one order read whole, and one decision written whole. */

import type { Decision } from './decision.ts';
import type { OrderState } from './order.ts';

/** Names a write and says what it was decided on. */
export type CommitHead = { orderNo: string; version: number; commitId: string; nowMs: number };

/** `conflict`: the order has moved on since it was read, or a guard of the database said no; nothing was written. */
export type CommitOutcome = { status: 'committed'; state: OrderState } | { status: 'conflict' };

/**
 * Reads and writes one order. Both throw when the database does not answer: then nobody knows whether the write
 * happened, and the commit id in the order tells.
 */
export type OrderLog = {
  load(orderNo: string): Promise<OrderState | null>;
  commit(head: CommitHead, decision: Decision): Promise<CommitOutcome>;
};
