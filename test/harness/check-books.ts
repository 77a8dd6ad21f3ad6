/** Holds our books against the providers' own: the invariants of money, asked of the database itself. */
import { env } from 'cloudflare:workers';
import { mayMove, ORDER_MOVES, type OrderStatus } from '../../src/core/order/lifecycle.ts';
import { NEVER_IN_ACCOUNTS, NEVER_IN_ACCOUNTS_AT_REST } from './account-books.ts';
import type { Shop } from './shop.ts';

const PAID_FOR = `('paid', 'completed', 'refunded', 'split', 'absorbed')`;

/** Queries that must find nothing. Each one names what it would have found. */
const NEVER: Readonly<Record<string, string>> = {
  'an order whose state is not the last of its log': `
    SELECT o.order_no FROM orders o LEFT JOIN order_events e ON e.order_no = o.order_no AND e.seq = o.version
     WHERE e.seq IS NULL OR e.order_status <> o.status OR e.order_fulfilment <> o.fulfilment
        OR o.version <> (SELECT max(seq) FROM order_events l WHERE l.order_no = o.order_no)`,
  'a gap in a log': `
    SELECT order_no FROM order_events GROUP BY order_no HAVING max(seq) <> count(*)`,
  'an event nobody is told of': `
    SELECT e.order_no FROM order_events e LEFT JOIN outbox b ON b.order_no = e.order_no AND b.seq = e.seq
     GROUP BY e.order_no, e.seq HAVING count(b.id) <> 1`,
  'two live attempts': `
    SELECT order_no FROM payment_attempts WHERE status IN ('opening', 'pending') GROUP BY order_no HAVING count(*) > 1`,
  'an order that is paid without money, or unpaid with it': `
    SELECT o.order_no FROM orders o
     WHERE (o.amount_fen > 0 AND o.status IN ${PAID_FOR}) <>
           EXISTS (SELECT 1 FROM captures c WHERE c.order_no = coalesce(o.parent_no, o.order_no) AND c.role = 'pays')
        OR (o.status IN ${PAID_FOR}) <> (o.paid_at_ms IS NOT NULL)`,
  'somebody who was asked to pay nothing': `
    SELECT a.out_trade_no FROM payment_attempts a JOIN orders o ON o.order_no = a.order_no WHERE o.amount_fen = 0`,
  'an order that was split, whose parts are not the whole of it': `
    SELECT o.order_no FROM orders o
     WHERE o.parent_no IS NULL AND (o.status = 'split') <> (o.amount_fen IS (
       SELECT sum(p.amount_fen) FROM orders p WHERE p.parent_no = o.order_no AND p.status <> 'split'))`,
  'a list that counts wrong': `
    SELECT * FROM (SELECT user_id, dialect, listed_state, count(*) AS orders FROM orders
                    WHERE deleted_at_ms IS NULL GROUP BY user_id, dialect, listed_state)
    EXCEPT SELECT user_id, dialect, listed_state, orders FROM order_tallies`,
  'an order refunding without a refund, or the reverse': `
    SELECT o.order_no FROM orders o WHERE o.refunding <> EXISTS (
      SELECT 1 FROM refunds r WHERE r.order_no = o.order_no AND r.purpose = 'order'
         AND r.status IN ('requested', 'processing'))`,
  'more given back of an order than it may': `
    SELECT o.order_no FROM orders o WHERE o.amount_fen < (
      SELECT coalesce(sum(r.amount_fen), 0) FROM refunds r
       WHERE r.order_no = o.order_no AND r.purpose = 'order' AND r.status NOT IN ('failed', 'rejected'))`,
  'an order paid with another amount than its own': `
    SELECT o.order_no FROM orders o JOIN captures c ON c.order_no = o.order_no AND c.role = 'pays'
     WHERE c.amount_fen <> o.amount_fen`,
  'refunds beyond the captured money': `
    SELECT c.order_no FROM captures c WHERE c.amount_fen < (
      SELECT coalesce(sum(r.amount_fen), 0) FROM refunds r
       WHERE r.provider = c.provider AND r.transaction_id = c.transaction_id
         AND r.status NOT IN ('failed', 'rejected'))`,
  'surplus money without its refund': `
    SELECT c.order_no FROM captures c WHERE c.role = 'surplus' AND c.amount_fen <> (
      SELECT coalesce(sum(r.amount_fen), 0) FROM refunds r
       WHERE r.provider = c.provider AND r.transaction_id = c.transaction_id
         AND r.status NOT IN ('failed', 'rejected'))`,
  ...NEVER_IN_ACCOUNTS,
};

/** What only holds once everything has settled. */
const NEVER_AT_REST: Readonly<Record<string, string>> = {
  'a refund on its way': `SELECT refund_no FROM refunds WHERE status = 'processing'`,
  'an attempt that may still be paid': `SELECT out_trade_no FROM payment_attempts WHERE status IN ('opening', 'pending')`,
  'an order that is fully refunded and does not say so': `
    SELECT o.order_no FROM orders o WHERE o.status NOT IN ('refunded', 'absorbed') AND o.amount_fen = (
      SELECT sum(r.amount_fen) FROM refunds r
       WHERE r.order_no = o.order_no AND r.purpose = 'order' AND r.status = 'succeeded')`,
  ...NEVER_IN_ACCOUNTS_AT_REST,
};

/** The two sets of books that ours are held against. */
type Books = Pick<Shop, 'alipay' | 'wechatPay'>;

/**
 * Every violation found, in words; an empty list is what a test wants. `at_rest` also compares with the providers'
 * ledgers to the fen, which only agrees once everything under way has been followed to its end.
 */
export async function checkBooks(shop: Books, when: 'any_time' | 'at_rest'): Promise<string[]> {
  const found: string[] = [];
  const queries = when === 'at_rest' ? { ...NEVER, ...NEVER_AT_REST } : NEVER;
  const names = Object.keys(queries);
  const results = await env.DB.batch<Record<string, unknown>>(
    Object.values(queries).map((query) => env.DB.prepare(query)),
  );
  for (const [nth, { results: rows }] of results.entries()) {
    for (const row of rows) found.push(`${names[nth]}: ${Object.values(row).join()}`);
  }
  found.push(...(await checkMoves()));
  if (when === 'at_rest') found.push(...(await compareLedgers(shop)));
  return found;
}

/** Replays each log: every step of the order's state is one of the table. */
async function checkMoves(): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT order_no, order_status FROM order_events ORDER BY order_no, seq',
  ).all<{ order_no: string; order_status: OrderStatus }>();
  return results.flatMap(({ order_no, order_status }, nth) => {
    const before = results[nth - 1];
    if (before?.order_no !== order_no || before.order_status === order_status) return [];
    const isMove = mayMove<OrderStatus>(ORDER_MOVES, before.order_status, order_status);
    return isMove ? [] : [`${order_no} moved from ${before.order_status} to ${order_status}`];
  });
}

/**
 * Number by number, what was captured and what went back, here and there. The attempt says whose number it is; what was
 * paid by hand is in nobody else's books.
 */
async function compareLedgers(shop: Books): Promise<string[]> {
  const { results } = await env.DB.prepare(
    `SELECT a.provider, a.out_trade_no AS no,
       (SELECT coalesce(sum(c.amount_fen), 0) FROM captures c WHERE c.out_trade_no = a.out_trade_no) AS captured,
       (SELECT coalesce(sum(r.amount_fen), 0) FROM refunds r
         WHERE r.out_trade_no = a.out_trade_no AND r.status = 'succeeded') AS refunded
     FROM payment_attempts a WHERE a.provider <> 'by-hand'`,
  ).all<{ provider: string; no: string; captured: number; refunded: number }>();
  return results.flatMap(({ provider, no, captured, refunded }) => {
    const isAlipay = provider === 'alipay';
    const ledger = isAlipay ? shop.alipay.ledger : shop.wechatPay.ledger;
    const other = isAlipay ? shop.wechatPay.ledger : shop.alipay.ledger;
    const strays = other.trade(no) === null ? [] : [`${no}: two providers know it`];
    const theirs = { captured: ledger.capturedFen(no), refunded: ledger.refundedFen(no) };
    const agrees = captured === theirs.captured && refunded === theirs.refunded;
    const words = `${no}: ours ${captured} - ${refunded}, theirs ${theirs.captured} - ${theirs.refunded}`;
    return agrees ? strays : [...strays, words];
  });
}
