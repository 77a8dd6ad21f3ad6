/** A balance to load: what a user of the demo rows has, whatever they had before. */
import type { Fen } from '../../src/core/money.ts';
import { sqlText } from './sql-text.ts';

/** Whose balance, and what it is to be. */
export type DemoBalance = { userId: string; balanceFen: Fen };

/** One statement: the row of the ledger that brings the balance there, and none where it is there already. */
export function balanceSql({ userId, balanceFen }: DemoBalance, nowMs: number): string {
  const user = sqlText(userId);
  return `INSERT INTO balance_entries (user_id, seq, at_ms, kind, amount_fen, balance_fen, actor)
SELECT ${user}, 1 + last.seq, ${nowMs}, 'set', ${balanceFen} - last.balance_fen, ${balanceFen}, 'system'
  FROM (SELECT * FROM (SELECT seq, balance_fen FROM balance_entries WHERE user_id = ${user} ORDER BY seq DESC LIMIT 1)
        UNION ALL SELECT 0, 0 LIMIT 1) AS last
 WHERE last.balance_fen <> ${balanceFen}`;
}
