/** Compares the service's money with Alipay's. Holds once everything that was under way has come to its end. */
import type { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { AlipayBooks } from './alipay-books.ts';

const MONEY = z.array(z.object({ outTradeNo: z.string(), capturedFen: z.int(), refundedFen: z.int() }));

const OWN_MONEY = `
  SELECT a.out_trade_no AS outTradeNo,
         (SELECT coalesce(sum(amount_fen), 0) FROM captures c WHERE c.out_trade_no = a.out_trade_no) AS capturedFen,
         (SELECT coalesce(sum(amount_fen), 0) FROM refunds r
           WHERE r.out_trade_no = a.out_trade_no AND r.status = 'succeeded') AS refundedFen
    FROM payment_attempts a`;

/** Each of these finds no row once all is quiet. */
const QUIET: readonly (readonly [claim: string, sql: string])[] = [
  ['a refund has not come to its end', "SELECT refund_no FROM refunds WHERE status NOT IN ('requested', 'succeeded')"],
  [
    'what an order keeps is not what it is owed',
    `SELECT order_no, status, kept FROM (
       SELECT o.order_no, o.status, o.amount_fen,
              (SELECT coalesce(sum(amount_fen), 0) FROM captures c WHERE c.order_no = o.order_no)
            - (SELECT coalesce(sum(amount_fen), 0) FROM refunds r
                WHERE r.order_no = o.order_no AND r.status = 'succeeded') AS kept
         FROM orders o)
      WHERE kept <> CASE WHEN status IN ('paid', 'completed') THEN amount_fen ELSE 0 END`,
  ],
];

/** One sentence for each trade and order where the two do not agree to the fen. */
export function findDifferences(database: DatabaseSync, { trades }: Pick<AlipayBooks, 'trades'>): string[] {
  const own = new Map(MONEY.parse(database.prepare(OWN_MONEY).all()).map((money) => [money.outTradeNo, money]));
  const theirs = new Map(trades.map((trade) => [trade.outTradeNo, trade]));
  const numbers = new Set([...own.keys(), ...theirs.keys()]);
  return [
    ...[...numbers].flatMap((outTradeNo) => {
      const here = sums(own.get(outTradeNo));
      const there = sums(theirs.get(outTradeNo));
      return here === there ? [] : [`${outTradeNo}: here ${here}, at Alipay ${there}`];
    }),
    ...QUIET.flatMap(([claim, sql]) =>
      database
        .prepare(sql)
        .all()
        .map((row) => `${claim}: ${JSON.stringify(row)}`),
    ),
  ];
}

function sums(money: { capturedFen: number; refundedFen: number } | undefined): string {
  return money === undefined ? '0 − 0 fen' : `${money.capturedFen} − ${money.refundedFen} fen`;
}
