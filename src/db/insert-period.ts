/** Writes the time that a subscription order was opened for. */

import { sql } from 'drizzle-orm';
import type { CommitHead } from '../core/order/order-log.ts';
import type { SubscriptionPeriod } from '../core/subscription/subscription.ts';
import type { Database } from './open-database.ts';
import { subscriptionPeriods } from './schema.ts';

/** The statement; whose period it is, the order says. */
export function insertPeriod(db: Database, period: SubscriptionPeriod, { orderNo }: CommitHead) {
  const { planId, startsAtMs, endsAtMs } = period;
  return db.insert(subscriptionPeriods).select(
    sql`SELECT o.order_no, o.user_id, o.dialect, ${planId}, ${startsAtMs}, ${endsAtMs}
      FROM orders o WHERE o.order_no = ${orderNo}`,
  );
}
