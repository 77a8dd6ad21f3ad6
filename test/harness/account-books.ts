/** What must never be found in the books of accounts: balances, coupons, subscriptions and shares. */

/** The terms of a subscription order `o`, one by one. */
const term = (name: string) => `json_extract(o.subscription, '$.${name}')`;

/** What an order's ledger rows of one kind come to; of whomever's ledger. */
const sumOf = (kind: string) =>
  `coalesce((SELECT sum(e.amount_fen) FROM balance_entries e WHERE e.order_no = o.order_no AND e.kind = '${kind}'), 0)`;

const ENDED_UNPAID = `('cancelled', 'expired')`;

/** What of an order's money had gone back, on request, before its share was paid. */
const BACK_BEFORE_THE_SHARE = `coalesce((
  SELECT sum(r.amount_fen) FROM refunds r
    JOIN order_events back ON back.order_no = r.order_no AND back.type = 'refund_succeeded' AND back.reason = r.refund_no
   WHERE r.order_no = o.order_no AND r.purpose = 'order' AND back.seq < paid.seq), 0)`;

/** Queries that must find nothing. Each one names what it would have found. */
export const NEVER_IN_ACCOUNTS: Readonly<Record<string, string>> = {
  'a balance that is not the sum of its ledger': `
    SELECT user_id, seq FROM (
      SELECT user_id, seq, balance_fen, sum(amount_fen) OVER ledger AS sum_fen, row_number() OVER ledger AS nth
        FROM balance_entries WINDOW ledger AS (PARTITION BY user_id ORDER BY seq))
     WHERE balance_fen <> sum_fen OR seq <> nth`,
  'a balance below nothing': `SELECT user_id, seq FROM balance_entries WHERE balance_fen < 0`,
  'a ledger that an order is in twice': `
    SELECT order_no, kind FROM balance_entries WHERE order_no IS NOT NULL GROUP BY order_no, kind HAVING count(*) > 1`,
  'somebody else’s ledger that an order is in': `
    SELECT e.order_no, e.kind FROM balance_entries e JOIN orders o ON o.order_no = e.order_no
     WHERE e.user_id IS NOT iif(e.kind = 'commission', o.commission_to, o.user_id)`,
  'an order that took from the balance what it does not say': `
    SELECT o.order_no FROM orders o WHERE ${sumOf('spent')} <> -o.balance_fen`,
  'an order that kept what it took though it was not paid, or the reverse': `
    SELECT o.order_no FROM orders o
     WHERE ${sumOf('returned')} <> iif(o.status IN ${ENDED_UNPAID}, o.balance_fen, 0)`,
  'value that was credited without opening, or not with it': `
    SELECT o.order_no FROM orders o
     WHERE ${sumOf('credited')} <> iif(o.completed_at_ms IS NULL, 0, coalesce(${term('creditFen')}, 0))`,
  'an order that was opened without its period, or the reverse': `
    SELECT o.order_no FROM orders o LEFT JOIN subscription_periods p ON p.order_no = o.order_no
     WHERE (o.subscription IS NOT NULL AND o.completed_at_ms IS NOT NULL AND ${term('effect')} <> 'reset')
           <> (p.order_no IS NOT NULL)`,
  'a period that is not its order’s': `
    SELECT o.order_no FROM subscription_periods p JOIN orders o ON o.order_no = p.order_no
     WHERE p.user_id <> o.user_id OR p.dialect <> o.dialect OR p.plan_id IS NOT ${term('planId')}
        OR (p.ends_at_ms IS NULL) <> (${term('months')} IS NULL)`,
  'an order that was absorbed by none that is opened and promised it, or by two': `
    SELECT a.order_no FROM orders a WHERE a.status = 'absorbed' AND 1 <> (
      SELECT count(*) FROM absorptions promised JOIN orders o ON o.order_no = promised.order_no
       WHERE promised.absorbed_no = a.order_no AND o.completed_at_ms IS NOT NULL AND ${term('effect')} = 'replace')`,
  'an order that was opened, and something that it promised to absorb stands': `
    SELECT o.order_no, a.order_no AS absorbed_no FROM orders o
      JOIN absorptions promised ON promised.order_no = o.order_no
      JOIN orders a ON a.order_no = promised.absorbed_no
     WHERE o.completed_at_ms IS NOT NULL AND a.status NOT IN ('absorbed', 'refunded')`,
  'an order that two others count on': `
    SELECT promised.absorbed_no FROM absorptions promised JOIN orders o ON o.order_no = promised.order_no
     WHERE o.status NOT IN ${ENDED_UNPAID} GROUP BY promised.absorbed_no HAVING count(*) > 1`,
  'an order that takes over what it has no terms for, or more than was paid for it': `
    SELECT o.order_no FROM orders o WHERE o.subscription IS NOT NULL AND (
      ${term('creditFen')} < 0 OR ${term('creditFen')} > ${term('surplusFen')}
      OR (${term('effect')} <> 'replace'
          AND (${term('surplusFen')} > 0 OR EXISTS (SELECT 1 FROM absorptions none WHERE none.order_no = o.order_no)))
      OR ${term('surplusFen')} > coalesce((
           SELECT sum(a.amount_fen + a.balance_fen
                      + json_extract(a.subscription, '$.surplusFen') - json_extract(a.subscription, '$.creditFen'))
             FROM absorptions promised JOIN orders a ON a.order_no = promised.absorbed_no
            WHERE promised.order_no = o.order_no), 0))`,
  'a coupon that was used more or less often than its orders say': `
    SELECT coupon_id, user_id FROM (
      SELECT coupon_id, user_id, uses FROM coupon_uses WHERE uses <> 0
      UNION ALL
      SELECT o.coupon_id, counted.user_id, -count(*)
        FROM orders o JOIN (SELECT order_no, user_id FROM orders UNION ALL SELECT order_no, '' FROM orders) AS counted
          ON counted.order_no = o.order_no
       WHERE o.coupon_id IS NOT NULL AND o.status NOT IN ${ENDED_UNPAID} GROUP BY 1, 2)
     GROUP BY 1, 2 HAVING sum(uses) <> 0`,
  'two unfinished subscriptions of one user': `
    SELECT user_id, dialect FROM orders WHERE subscription IS NOT NULL AND status IN ('pending_payment', 'paid')
     GROUP BY user_id, dialect HAVING count(*) > 1`,
  'a share on a balance that nobody was paid, or the reverse': `
    SELECT o.order_no FROM orders o WHERE
      (o.share_paid_at_ms IS NOT NULL)
        <> EXISTS (SELECT 1 FROM order_events paid WHERE paid.order_no = o.order_no AND paid.type = 'commission_paid')
      OR (o.share_paid_at_ms IS NULL AND ${sumOf('commission')} <> 0)`,
  'a share that was paid twice, too early, or otherwise than it was due': `
    SELECT o.order_no, paid.seq FROM orders o
      JOIN order_events paid ON paid.order_no = o.order_no AND paid.type = 'commission_paid'
     WHERE o.share_due_at_ms IS NULL OR paid.at_ms < o.share_due_at_ms
        OR paid.seq <> (SELECT max(l.seq) FROM order_events l WHERE l.order_no = o.order_no AND l.type = 'commission_paid')
        OR ${sumOf('commission')} <> o.share_fen * (o.amount_fen + o.balance_fen - ${BACK_BEFORE_THE_SHARE})
                                     / (o.amount_fen + o.balance_fen)`,
};

/** What only holds once everything has settled. */
export const NEVER_IN_ACCOUNTS_AT_REST: Readonly<Record<string, string>> = {
  'a subscription that is paid for and not opened': `
    SELECT order_no FROM orders WHERE subscription IS NOT NULL AND status = 'paid'`,
};
