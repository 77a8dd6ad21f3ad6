/** Attempts in D1, outside a decision: the looks at the provider, and the notifications that changed nothing. */

import { and, asc, eq, isNull, lte, or, sql } from 'drizzle-orm';
import { orderNoOf } from '../core/payment/attempt.ts';
import type { PaymentStore } from '../core/payment/payment-store.ts';
import type { Database } from './open-database.ts';
import { attemptColumns } from './order-rows.ts';
import { captures, orders, paymentAttempts, providerNotifications } from './schema.ts';

/** The store over one session. */
export function createPaymentStore(db: Database): PaymentStore {
  return {
    find: async (outTradeNo, scope) => {
      const [attempt] = await db
        .select({ ...attemptColumns, dialect: orders.dialect, userId: orders.userId })
        .from(paymentAttempts)
        .innerJoin(orders, eq(orders.orderNo, paymentAttempts.orderNo))
        .where(and(eq(paymentAttempts.outTradeNo, outTradeNo), eq(orders.orderNo, orderNoOf(outTradeNo))));
      if (!attempt) return null;
      const { dialect, userId, ...found } = attempt;
      if (scope === 'everything') return found;
      const isWithin = dialect === scope.dialect && (scope.userId === null || scope.userId === userId);
      return isWithin ? found : null;
    },
    isCaptured: async (provider, transactionId) => {
      const [capture] = await db
        .select({ orderNo: captures.orderNo })
        .from(captures)
        .where(and(eq(captures.provider, provider), eq(captures.transactionId, transactionId)));
      return capture !== undefined;
    },
    due: (nowMs, limit) =>
      db
        .select({ ...attemptColumns, looks: paymentAttempts.looks })
        .from(paymentAttempts)
        .where(lte(paymentAttempts.nextLookAtMs, nowMs))
        .orderBy(asc(paymentAttempts.nextLookAtMs))
        .limit(limit),
    claimLook: async ({ outTradeNo, looks }, nowMs, nextAtMs) => {
      const { meta } = await db
        .update(paymentAttempts)
        .set({ looks: looks + 1, lastLookAtMs: nowMs, nextLookAtMs: nextAtMs })
        .where(
          and(
            eq(paymentAttempts.outTradeNo, outTradeNo),
            eq(paymentAttempts.looks, looks),
            lte(paymentAttempts.nextLookAtMs, nowMs),
          ),
        );
      return meta.changes === 1;
    },
    claimGlance: async (outTradeNo, nowMs, apartMs) => {
      const { meta } = await db
        .update(paymentAttempts)
        .set({ lastLookAtMs: nowMs })
        .where(
          and(
            eq(paymentAttempts.outTradeNo, outTradeNo),
            or(isNull(paymentAttempts.lastLookAtMs), lte(paymentAttempts.lastLookAtMs, nowMs - apartMs)),
          ),
        );
      return meta.changes === 1;
    },
    stopLooking: async (outTradeNo) => {
      await db.update(paymentAttempts).set({ nextLookAtMs: null }).where(eq(paymentAttempts.outTradeNo, outTradeNo));
    },
    recordStray: async ({ receipt, outcome }) => {
      const { receivedAtMs, ...kept } = receipt;
      const [row] = await db
        .insert(providerNotifications)
        .values({ ...kept, outcome, firstAtMs: receivedAtMs, lastAtMs: receivedAtMs })
        .onConflictDoUpdate({
          target: [providerNotifications.provider, providerNotifications.notificationId],
          set: { lastAtMs: receivedAtMs, times: sql`${providerNotifications.times} + 1` },
        })
        .returning({ times: providerNotifications.times });
      return row?.times ?? 1;
    },
  };
}
