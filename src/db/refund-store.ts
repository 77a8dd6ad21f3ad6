/** Refunds in D1, outside a decision: the approval desk, the looks at the provider, and surplus money left over. */

import { and, asc, desc, eq, lt, lte, sql } from 'drizzle-orm';
import type { RefundStore } from '../core/refund/refund-store.ts';
import type { Database } from './open-database.ts';
import { refundColumns } from './order-rows.ts';
import { captures, refunds } from './schema.ts';

/** The store over one session. */
export function createRefundStore(db: Database): RefundStore {
  const ofCapture = and(eq(captures.provider, refunds.provider), eq(captures.transactionId, refunds.transactionId));
  return {
    find: async (refundNo) => {
      const [refund] = await db
        .select({ ...refundColumns, capturedFen: captures.amountFen })
        .from(refunds)
        .innerJoin(captures, ofCapture)
        .where(eq(refunds.refundNo, refundNo));
      return refund ?? null;
    },
    list: ({ status, beforeId, limit }) =>
      db
        .select(refundColumns)
        .from(refunds)
        .where(
          and(
            status === null ? undefined : eq(refunds.status, status),
            beforeId === null ? undefined : lt(refunds.id, beforeId),
          ),
        )
        .orderBy(desc(refunds.id))
        .limit(limit),
    due: (nowMs, limit) =>
      db
        .select({ ...refundColumns, capturedFen: captures.amountFen, looks: refunds.looks })
        .from(refunds)
        .innerJoin(captures, ofCapture)
        .where(lte(refunds.nextLookAtMs, nowMs))
        .orderBy(asc(refunds.nextLookAtMs))
        .limit(limit),
    claimLook: async ({ refundNo, looks }, nowMs, nextAtMs) => {
      const { meta } = await db
        .update(refunds)
        .set({ looks: looks + 1, lastLookAtMs: nowMs, nextLookAtMs: nextAtMs })
        .where(and(eq(refunds.refundNo, refundNo), eq(refunds.looks, looks), lte(refunds.nextLookAtMs, nowMs)));
      return meta.changes === 1;
    },
    // Every surplus capture is written with its refund, so loose money is found among refunds that failed.
    looseSurplus: (failedBeforeMs, limit) =>
      db
        .select({ orderNo: refunds.orderNo, provider: refunds.provider, transactionId: refunds.transactionId })
        .from(refunds)
        .where(
          and(
            eq(refunds.purpose, 'surplus'),
            eq(refunds.status, 'failed'),
            sql`NOT EXISTS (
              SELECT 1 FROM refunds newer
               WHERE newer.provider = ${refunds.provider} AND newer.transaction_id = ${refunds.transactionId}
                 AND newer.purpose = 'surplus'
                 AND (newer.status <> 'failed' OR newer.finished_at_ms > ${failedBeforeMs}))`,
          ),
        )
        .groupBy(refunds.provider, refunds.transactionId)
        .limit(limit),
  };
}
