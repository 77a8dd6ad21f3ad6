/** The statement of each change of the core's closed list. */

import { and, eq, sql } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import type { Change } from '../core/order/decision.ts';
import type { CommitHead } from '../core/order/order-log.ts';
import { absorb } from './absorb.ts';
import { addToBalance } from './add-to-balance.ts';
import { insertPart } from './insert-part.ts';
import { insertPeriod } from './insert-period.ts';
import type { Database } from './open-database.ts';
import { keepSealed } from './personal-store.ts';
import { captures, catalogItems, paymentAttempts, providerNotifications, refunds } from './schema.ts';

/** One change as statements of the commit's batch; triggers and constraints hold the rules once more. */
export function applyChange(db: Database, change: Change, head: CommitHead): BatchItem<'sqlite'>[] {
  return change.type === 'insert_part' ? insertPart(db, change, head) : [statementOf(db, change, head)];
}

function statementOf(
  db: Database,
  change: Exclude<Change, { type: 'insert_part' }>,
  head: CommitHead,
): BatchItem<'sqlite'> {
  const { nowMs } = head;
  switch (change.type) {
    case 'insert_attempt': {
      const { sealed: _sealed, ...attempt } = change.attempt;
      return db.insert(paymentAttempts).values({ ...attempt, nextLookAtMs: change.nextQueryAtMs });
    }
    case 'move_attempt':
      return db
        .update(paymentAttempts)
        .set({ status: change.to, paidAtMs: change.paidAtMs, nextLookAtMs: change.nextQueryAtMs })
        .where(and(eq(paymentAttempts.outTradeNo, change.outTradeNo), eq(paymentAttempts.status, change.from)));
    case 'lease_attempt':
      return db
        .update(paymentAttempts)
        .set({ leasedUntilMs: change.leasedUntilMs })
        .where(eq(paymentAttempts.outTradeNo, change.outTradeNo));
    case 'keep_personal':
      return keepSealed(db, change);
    case 'insert_capture':
      return db.insert(captures).values({ ...change.capture, recordedAtMs: change.recordedAtMs });
    case 'insert_refund':
      return db.insert(refunds).values({ ...change.refund, nextLookAtMs: change.nextQueryAtMs });
    case 'move_refund':
      return db
        .update(refunds)
        .set({
          status: change.to,
          decidedBy: change.decidedBy,
          updatedAtMs: nowMs,
          finishedAtMs: change.finishedAtMs,
          nextLookAtMs: change.nextQueryAtMs,
        })
        .where(and(eq(refunds.refundNo, change.refundNo), eq(refunds.status, change.from)));
    case 'add_to_balance':
      return addToBalance(db, change, head);
    case 'insert_period':
      return insertPeriod(db, change.period, head);
    case 'absorb':
      return absorb(db, change.actor, head);
    case 'count_sale':
      // A sale is no change of the offer: the version, which prices are checked against, stays.
      return db
        .update(catalogItems)
        .set({
          body: sql`json_set(${catalogItems.body}, '$.soldCount',
            max(0, coalesce(json_extract(${catalogItems.body}, '$.soldCount'), 0) + ${change.by}))`,
        })
        .where(and(eq(catalogItems.kind, change.item.kind), eq(catalogItems.id, change.item.id)));
    case 'record_notification': {
      const { receivedAtMs, ...receipt } = change.receipt;
      return db
        .insert(providerNotifications)
        .values({ ...receipt, outcome: change.outcome, firstAtMs: receivedAtMs, lastAtMs: receivedAtMs })
        .onConflictDoUpdate({
          target: [providerNotifications.provider, providerNotifications.notificationId],
          set: {
            outcome: change.outcome,
            lastAtMs: receivedAtMs,
            times: sql`${providerNotifications.times} + 1`,
          },
        });
    }
  }
}
