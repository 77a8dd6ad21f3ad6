/** Compares what the service said yes to with what is on its disk. Holds at every moment, also right after a crash. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { AlipayBooks } from './alipay-books.ts';
import type { Promised } from './promises.ts';

/** One sentence for each promise that is not on disk, and for each order that is at odds with its own log. */
export function findLosses(
  database: DatabaseSync,
  promises: readonly Promised[],
  { acknowledged }: Pick<AlipayBooks, 'acknowledged'>,
): string[] {
  const holds = (sql: string, ...values: SQLInputValue[]): boolean =>
    database.prepare(sql).get(...values) !== undefined;
  return [
    ...promises.filter((promised) => !isKept(promised, holds)).map((promised) => `lost: ${JSON.stringify(promised)}`),
    ...acknowledged
      .filter((outTradeNo) => !holds('SELECT 1 FROM captures WHERE out_trade_no = ?', outTradeNo))
      .map((outTradeNo) => `acknowledged to Alipay and not recorded: ${outTradeNo}`),
    ...SOUND.flatMap(([claim, sql]) =>
      database
        .prepare(sql)
        .all()
        .map((row) => `${claim}: ${JSON.stringify(row)}`),
    ),
  ];
}

function isKept(promised: Promised, holds: (sql: string, ...values: SQLInputValue[]) => boolean): boolean {
  switch (promised.what) {
    case 'placed': {
      const { orderNo, userId, key, amountFen } = promised;
      const order = 'SELECT 1 FROM orders WHERE order_no = ? AND user_id = ? AND amount_fen = ?';
      const idempotency = 'SELECT 1 FROM idempotency_keys WHERE order_no = ? AND user_id = ? AND key = ?';
      return holds(order, orderNo, userId, amountFen) && holds(idempotency, orderNo, userId, key);
    }
    case 'slip':
      return holds(
        'SELECT 1 FROM payment_attempts WHERE order_no = ? AND out_trade_no = ?',
        promised.orderNo,
        promised.outTradeNo,
      );
    case 'deleted':
      return holds('SELECT 1 FROM orders WHERE order_no = ? AND deleted_at_ms IS NOT NULL', promised.orderNo);
    case 'refund_requested':
      return holds("SELECT 1 FROM refunds WHERE order_no = ? AND purpose = 'order'", promised.orderNo);
    case 'refund_approved':
      return holds(
        "SELECT 1 FROM refunds WHERE refund_no = ? AND status IN ('processing', 'succeeded')",
        promised.refundNo,
      );
    case 'completed':
      return holds('SELECT 1 FROM orders WHERE order_no = ? AND completed_at_ms IS NOT NULL', promised.orderNo);
  }
}

/** Each of these finds no row, whatever happened. */
const SOUND: readonly (readonly [claim: string, sql: string])[] = [
  [
    'version is not the newest line of the log',
    `SELECT order_no FROM orders o
      WHERE version <> (SELECT coalesce(max(seq), 0) FROM order_events e WHERE e.order_no = o.order_no)`,
  ],
  ['a line of the log is missing', 'SELECT order_no FROM order_events GROUP BY order_no HAVING count(*) <> max(seq)'],
  [
    'the shop is not told of every line of the log',
    `SELECT order_no, seq FROM order_events EXCEPT SELECT order_no, seq FROM outbox`,
  ],
  [
    'the shop is told of what is not in the log',
    'SELECT order_no, seq FROM outbox EXCEPT SELECT order_no, seq FROM order_events',
  ],
  [
    'an answer that was repeated made a second order',
    'SELECT user_id FROM orders GROUP BY user_id HAVING count(*) > 1',
  ],
];
