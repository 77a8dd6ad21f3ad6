/** The port for refunds outside a decision: which are due for a look, and which money still waits for one. */

import type { Fen } from '../money.ts';
import type { RefundStatus } from '../order/lifecycle.ts';
import type { Refund } from './refund.ts';

/** A refund with what its provider has to be told. */
export type SendableRefund = Refund & { capturedFen: Fen };

/** A refund that has been sent or should have been, and how often that was looked into. */
export type DueRefund = SendableRefund & { looks: number };

/** Surplus money that no refund holds. */
export type LooseSurplus = { orderNo: string; provider: string; transactionId: string };

/** The refunds' store. */
export type RefundStore = {
  find(refundNo: string): Promise<SendableRefund | null>;
  /** For the approval desk: newest first, before the given id. */
  list(search: { status: RefundStatus | null; beforeId: number | null; limit: number }): Promise<Refund[]>;
  due(nowMs: number, limit: number): Promise<DueRefund[]>;
  /** As with attempts: taken before the provider is asked. */
  claimLook(refund: DueRefund, nowMs: number, nextAtMs: number): Promise<boolean>;
  /** Surplus captures whose refund came to nothing, not later than the given moment. */
  looseSurplus(failedBeforeMs: number, limit: number): Promise<LooseSurplus[]>;
};
