/** Accounts in D1: what an order is placed on, and the ledger of each balance. */

import { and, desc, eq, sql } from 'drizzle-orm';
import type { Account } from '../core/balance/account.ts';
import type { AccountQuery, AccountStore } from '../core/balance/account-store.ts';
import type { Sealed } from '../core/personal/personal-store.ts';
import type { StandingOrder } from '../core/subscription/subscription.ts';
import { keyIdOf } from '../core/vault.ts';
import { insertEntry } from './add-to-balance.ts';
import type { Database } from './open-database.ts';
import { balanceEntries, catalogItems, couponUses, orders, personalData, subscriptionPeriods } from './schema.ts';
import { isGuardRefusal } from './storage-error.ts';
import { itemColumns } from './view-orders.ts';

/** The store over one session. */
export function createAccountStore(db: Database): AccountStore {
  return {
    read: (query) => readAccount(db, query),
    balances: async (userIds) => {
      const rows = await db.all<{ userId: string; balanceFen: number }>(sql`
        SELECT wanted.value AS userId, (
            SELECT balance_fen FROM balance_entries WHERE user_id = wanted.value ORDER BY seq DESC LIMIT 1) AS balanceFen
          FROM json_each(${JSON.stringify(userIds)}) AS wanted WHERE balanceFen IS NOT NULL`);
      return new Map(rows.map(({ userId, balanceFen }) => [userId, balanceFen]));
    },
    entries: (userId, limit) =>
      db
        .select()
        .from(balanceEntries)
        .where(eq(balanceEntries.userId, userId))
        .orderBy(desc(balanceEntries.seq))
        .limit(limit),
    set: async ({ userId, balanceFen, actor, reason, atMs }) => {
      const entry = { userId, kind: 'set', orderNo: null, actor, reason: reason?.row ?? null, atMs } as const;
      const write = insertEntry(db, entry, sql`(${balanceFen} - last.balance_fen)`);
      try {
        await (reason ? db.batch([write, keepReason(db, userId, reason)]) : write);
        return true;
      } catch (error) {
        if (isGuardRefusal(error)) return false;
        throw error;
      }
    },
  };
}

/** The statement that keeps the words of the row that was just written; none where none was. */
function keepReason(db: Database, userId: string, { row, sealed }: Sealed) {
  return db.insert(personalData).select(
    sql`SELECT ${row}, ${keyIdOf(sealed)}, ${sealed}
      FROM (SELECT reason FROM balance_entries WHERE user_id = ${userId} ORDER BY seq DESC LIMIT 1) AS last
     WHERE last.reason = ${row}`,
  );
}

/** One round trip. */
async function readAccount(db: Database, query: AccountQuery): Promise<Account> {
  const { nowMs } = query;
  const [entries, places, unfinished, standing, coupons, uses] = await db.batch(accountQueries(db, query));
  const [first] = unfinished;
  const [coupon] = coupons;
  const usesBy = (userId: string) => uses.find((one) => one.userId === userId)?.uses ?? 0;
  return {
    balanceFen: entries[0]?.balanceFen ?? 0,
    lastPlace: places[0]?.place ?? 0,
    unfinished: first
      ? { orderNo: first.orderNo, isPaid: first.status === 'paid', isPayable: nowMs < first.expiresAtMs }
      : null,
    standing: standing.map(({ subscription, paidFen, backFen, ...row }): StandingOrder => {
      const takenOverFen = subscription === null ? 0 : subscription.surplusFen - subscription.creditFen;
      return { ...row, worthFen: paidFen + takenOverFen - backFen };
    }),
    coupon: coupon ? { item: coupon, uses: usesBy(''), ownUses: usesBy(query.userId) } : null,
  };
}

function accountQueries(db: Database, { dialect, userId, couponCode, nowMs }: AccountQuery) {
  const isTheirs = and(eq(orders.userId, userId), eq(orders.dialect, dialect));
  const isCoupon = sql`${catalogItems.kind} = 'coupons' AND ${catalogItems.removedAtMs} IS NULL
    AND json_extract(${catalogItems.body}, '$.code') = ${couponCode}`;
  return [
    db
      .select({ balanceFen: balanceEntries.balanceFen })
      .from(balanceEntries)
      .where(eq(balanceEntries.userId, userId))
      .orderBy(desc(balanceEntries.seq))
      .limit(1),
    db.select({ place: orders.place }).from(orders).where(isTheirs).orderBy(desc(orders.place)).limit(1),
    // Written out: the database uses a partial index only for what it can read in the statement.
    db
      .select({ orderNo: orders.orderNo, status: orders.status, expiresAtMs: orders.expiresAtMs })
      .from(orders)
      .where(sql`${isTheirs} AND orders.subscription IS NOT NULL AND orders.status IN ('pending_payment', 'paid')`)
      .limit(1),
    // A plus before a state: else the database walks through all orders that are completed, whoever's they are.
    db
      .select({
        id: orders.id,
        orderNo: orders.orderNo,
        version: orders.version,
        planId: subscriptionPeriods.planId,
        startsAtMs: subscriptionPeriods.startsAtMs,
        endsAtMs: subscriptionPeriods.endsAtMs,
        subscription: orders.subscription,
        paidFen: sql<number>`orders.amount_fen + orders.balance_fen`,
        backFen: sql<number>`coalesce((
          SELECT sum(r.amount_fen) FROM refunds r
           WHERE r.refund_no BETWEEN orders.order_no || '000000' AND orders.order_no || '999999'
             AND r.purpose = 'order' AND +r.status IN ('requested', 'processing', 'succeeded')), 0)`,
      })
      .from(subscriptionPeriods)
      .innerJoin(orders, eq(orders.orderNo, subscriptionPeriods.orderNo))
      .where(
        sql`${subscriptionPeriods.userId} = ${userId} AND ${subscriptionPeriods.dialect} = ${dialect}
          AND (${subscriptionPeriods.endsAtMs} > ${nowMs} OR ${subscriptionPeriods.endsAtMs} IS NULL)
          AND +${orders.status} = 'completed'`,
      )
      .orderBy(orders.id),
    db
      .select(itemColumns)
      .from(catalogItems)
      .where(couponCode === null ? sql`0` : isCoupon),
    db
      .select({ userId: couponUses.userId, uses: couponUses.uses })
      .from(couponUses)
      .where(
        couponCode === null
          ? sql`0`
          : sql`${couponUses.couponId} = (SELECT id FROM catalog_items WHERE ${isCoupon})
              AND ${couponUses.userId} IN ('', ${userId})`,
      ),
  ] as const;
}
