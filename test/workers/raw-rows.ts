/** Rows as somebody writes them who knows none of the rules, and what the database says of them. */
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { storageText } from '../../src/db/storage-error.ts';

/** A row by the names of its columns. */
export type Row = Record<string, string | number | null>;
/** A statement that writes. */
export type Write = D1PreparedStatement;

/** What an order costs. */
export const AMOUNT_FEN = 19_600;
/** What is said of a write that was taken. */
export const ACCEPTED = 'accepted';
let orders = 0;

/** Tries statements in one batch; what the database says of them, or that it took them. */
export async function attempt(...writes: Write[]): Promise<string> {
  try {
    await env.DB.batch(writes);
    return ACCEPTED;
  } catch (error) {
    return storageText(error);
  }
}

/** Writes what has to be taken. */
export async function must(...writes: Write[]): Promise<void> {
  expect(await attempt(...writes)).toBe(ACCEPTED);
}

/** The statement that inserts one row. */
export function insert(table: string, row: Row, or = ''): Write {
  const names = Object.keys(row);
  const places = names.map(() => '?').join(', ');
  return env.DB.prepare(`INSERT ${or} INTO ${table} (${names.join(', ')}) VALUES (${places})`).bind(
    ...Object.values(row),
  );
}

/** A statement with its values. */
export const sql = (text: string, ...values: (string | number | null)[]): Write => env.DB.prepare(text).bind(...values);

/** How many rows there are of a kind. */
export async function count(table: string, where = '1'): Promise<unknown> {
  return env.DB.prepare(`SELECT count(*) FROM ${table} WHERE ${where}`).first('count(*)');
}

/** An unpaid order, but for the changes. */
export const orderRow = (orderNo: string, changes: Row = {}): Row => ({
  order_no: orderNo,
  dialect: 'technician-booking',
  user_id: '50373883813',
  amount_fen: AMOUNT_FEN,
  subject: 'a service',
  details: '{}',
  items: '[]',
  created_at_ms: 1000,
  updated_at_ms: 1000,
  expires_at_ms: 2000,
  place: orders,
  ...changes,
});

/** An event of an order: that it was placed, but for the changes. */
export const eventRow = (orderNo: string, seq: number, changes: Row = {}): Row => ({
  order_no: orderNo,
  seq,
  at_ms: 1000 + seq,
  actor: 'system',
  type: 'order_placed',
  to_status: 'pending_payment',
  order_status: 'pending_payment',
  order_fulfilment: 'unfulfilled',
  commit_id: `c-${seq}`,
  ...changes,
});

/** An order’s nth attempt: an open slip, but for the changes. */
export const attemptRow = (orderNo: string, nth: number, changes: Row = {}): Row => ({
  out_trade_no: `${orderNo}${String(nth).padStart(4, '0')}`,
  order_no: orderNo,
  provider: 'alipay',
  kind: 'app_order_string',
  status: 'pending',
  amount_fen: AMOUNT_FEN,
  created_at_ms: 1000,
  expires_at_ms: 2000,
  payable_until_ms: 2000,
  ...changes,
});

/** Money under an order’s nth attempt, which pays it, but for the changes. */
export const captureRow = (orderNo: string, nth: number, changes: Row = {}): Row => ({
  provider: 'alipay',
  transaction_id: `${orderNo}-t${nth}`,
  out_trade_no: `${orderNo}${String(nth).padStart(4, '0')}`,
  order_no: orderNo,
  role: 'pays',
  amount_fen: AMOUNT_FEN,
  captured_at_ms: 1000,
  recorded_at_ms: 1000,
  ...changes,
});

/** The nth refund of an order’s first payment, but for the changes. */
export const refundRow = (orderNo: string, nth: number, changes: Row = {}): Row => ({
  refund_no: `${orderNo}0001${String(nth).padStart(2, '0')}`,
  order_no: orderNo,
  out_trade_no: `${orderNo}0001`,
  provider: 'alipay',
  transaction_id: `${orderNo}-t1`,
  purpose: 'order',
  status: 'requested',
  amount_fen: 100,
  requested_by: 'user:1',
  created_at_ms: 1000,
  updated_at_ms: 1000,
  ...changes,
});

/** A number that no order has. */
export function newNumber(): string {
  orders += 1;
  return `20221122${String(orders).padStart(14, '0')}`;
}

/** An order that was placed. */
export async function placed(): Promise<string> {
  const orderNo = newNumber();
  await must(insert('orders', orderRow(orderNo)), insert('order_events', eventRow(orderNo, 1)));
  return orderNo;
}

/** An order with one attempt that was paid, and the money that paid it. */
export async function captured(role: 'pays' | 'surplus' = 'pays'): Promise<string> {
  const orderNo = await placed();
  await must(
    insert('payment_attempts', attemptRow(orderNo, 1, { status: 'paid', paid_at_ms: 1500 })),
    insert('captures', captureRow(orderNo, 1, { role })),
  );
  return orderNo;
}

/** A trigger as it is written. */
export async function triggerText(name: string): Promise<string> {
  const found = await env.DB.prepare("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = ?")
    .bind(name)
    .first('sql');
  return String(found);
}
