/** Writes a row of a user's ledger. */

import { type SQL, sql } from 'drizzle-orm';
import type { BalanceChange } from '../core/balance/balance.ts';
import type { Change } from '../core/order/decision.ts';
import type { CommitHead } from '../core/order/order-log.ts';
import type { Database } from './open-database.ts';
import { balanceEntries } from './schema.ts';

/** The statement for what an order adds to a balance, in the commit that decides so. */
export function addToBalance(
  db: Database,
  { userId, kind, amountFen, actor }: Extract<Change, { type: 'add_to_balance' }>,
  { orderNo, nowMs }: CommitHead,
) {
  return insertEntry(db, { userId, kind, orderNo, actor, reason: null, atMs: nowMs }, sql`${amountFen}`);
}

/** A row of the ledger that is about to be written: what it adds up to is computed as it is. */
type NewEntry = {
  userId: string;
  kind: BalanceChange;
  orderNo: string | null;
  actor: string;
  reason: string | null;
  atMs: number;
};

/** The row with the next number and the balance after it; none where it would add nothing. */
export function insertEntry(db: Database, entry: NewEntry, amountFen: SQL) {
  const { userId, kind, orderNo, actor, reason, atMs } = entry;
  return db.insert(balanceEntries).select(
    sql`SELECT ${userId}, 1 + last.seq, ${atMs}, ${kind}, ${amountFen}, last.balance_fen + ${amountFen}, ${orderNo}, ${actor}, ${reason}
      FROM (SELECT * FROM (SELECT seq, balance_fen FROM balance_entries WHERE user_id = ${userId} ORDER BY seq DESC LIMIT 1)
            UNION ALL SELECT 0, 0 LIMIT 1) AS last
      WHERE ${amountFen} <> 0`,
  );
}
