/** The migration that brings accounts, on a database in which shares were agreed on: they stay what they were. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import accountsText from '../../migrations/0009_accounts.sql?raw';
import { commissionOf } from '../../src/core/commission/commission.ts';
import type { OrderStatus } from '../../src/core/order/lifecycle.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { createAccountStore } from '../../src/db/account-store.ts';
import { createOrderLog } from '../../src/db/order-log.ts';
import { createOrderStore } from '../../src/db/order-store.ts';
import { attempt, attemptRow, captureRow, eventRow, insert, must, newNumber, orderRow, type Row } from './raw-rows.ts';

/** The last migration before there were accounts. */
const BEFORE = '0008_parts_of_orders.sql';
const DIALECT = 'medical-companion';
const LATE_MS = 10_000_000_000_000;

/** Ways of an order through its states, and what of its share is due at their end. */
const WAYS: readonly (readonly [way: readonly OrderStatus[], share: string | null])[] = [
  [[], null],
  [['paid'], 'accrued'],
  [['paid', 'completed'], 'payable'],
  [['cancelled'], null],
  [['expired'], null],
];

type Old = { orderNo: string; share: string | null; shareFen: number | null };
const olds: Old[] = [];

/** An order as it could be written then, with a share or without. */
async function place(nth: number, shareFen: number | null): Promise<void> {
  const orderNo = newNumber();
  const [way, share] = WAYS[nth % WAYS.length] ?? [[], null];
  const row = orderRow(orderNo, {
    dialect: DIALECT,
    user_id: `user-${nth % 5}`,
    created_at_ms: nth,
    expires_at_ms: 9999,
  });
  const shared: Row = shareFen === null ? {} : { commission_to: `user-${(nth + 1) % 5}`, commission_fen: shareFen };
  const events = way.map((status, index) =>
    insert('order_events', eventRow(orderNo, index + 2, { type: `order_${status}`, order_status: status })),
  );
  await must(insert('orders', { ...row, ...shared }), insert('order_events', eventRow(orderNo, 1)), ...events);
  if (way.includes('paid')) {
    const paid = attemptRow(orderNo, 1, { status: 'paid', paid_at_ms: 1500 });
    await must(insert('payment_attempts', paid), insert('captures', captureRow(orderNo, 1)));
  }
  olds.push({ orderNo, share: shareFen === null ? null : share, shareFen });
}

const TABLES = ['orders', 'order_events', 'payment_attempts', 'captures', 'outbox', 'order_tallies', 'lifecycle_moves'];

async function rowsOf(query: string): Promise<Record<string, unknown>[]> {
  return (await env.DB.prepare(query).all()).results;
}

async function everything(): Promise<Record<string, unknown>[][]> {
  const tables: Record<string, unknown>[][] = [];
  for (const table of TABLES) tables.push(await rowsOf(`SELECT * FROM ${table} ORDER BY 1, 2, 3`));
  return tables;
}

async function guards(): Promise<Record<string, unknown>> {
  const rows = await rowsOf("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'table'");
  return Object.fromEntries(rows.map(({ name, sql }) => [String(name), sql]));
}

let fresh: Record<string, unknown>;
let before: Record<string, unknown>[][];
let guardsBefore: Record<string, unknown>;
beforeAll(async () => {
  fresh = await guards();
  await reset();
  const last = env.TEST_MIGRATIONS.findIndex(({ name }) => name === BEFORE);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, last + 1));
  for (let nth = 0; nth < 60; nth++) await place(nth, nth % 4 === 3 ? null : 1 + nth * 100);
  before = await everything();
  guardsBefore = await guards();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});

const db = () => openDatabase(env.DB, 'first-primary').db;

test('every row is what it was, but for the share, which has a column of another name', async () => {
  const after = await everything();
  const added = 'balance_fen coupon_id subscription share_wait_ms share_paid_at_ms share_due_at_ms choice'.split(' ');
  for (const [nth, rows] of after.entries()) {
    const known = rows.map((row) =>
      Object.fromEntries(
        Object.entries(row)
          .filter(([name]) => !added.includes(name))
          .map(([name, value]) => [name === 'share_fen' ? 'commission_fen' : name, value]),
      ),
    );
    expect(known).toEqual(before[nth]);
  }
  expect(before[0]).toHaveLength(60);
});

test('what is new is nothing: no balance, no coupon, no subscription, no time at which a share is due', async () => {
  const rows = await rowsOf(
    `SELECT DISTINCT balance_fen, coupon_id, subscription, share_wait_ms, share_paid_at_ms, share_due_at_ms FROM orders`,
  );
  expect(rows).toEqual([
    {
      balance_fen: 0,
      coupon_id: null,
      subscription: null,
      share_wait_ms: null,
      share_paid_at_ms: null,
      share_due_at_ms: null,
    },
  ]);
  for (const table of ['balance_entries', 'coupon_uses', 'absorptions', 'subscription_periods']) {
    expect([table, await rowsOf(`SELECT * FROM ${table}`)]).toEqual([table, []]);
  }
});

test('each share is what was agreed on, and is paid out elsewhere', async () => {
  const log = createOrderLog(db());
  for (const { orderNo, share, shareFen } of olds) {
    const order = (await log.load(orderNo))?.order;
    if (!order) throw new Error('an order has gone');
    const terms = shareFen === null ? null : { amountFen: shareFen, payoutAfterMs: null };
    const to: unknown = expect.stringMatching(/^user-/);
    expect(order.commission).toEqual(terms && { ...terms, to });
    expect(order).toMatchObject({ balanceFen: 0, couponId: null, subscription: null, isPromised: false });
    expect([orderNo, commissionOf(order)?.status ?? null]).toEqual([orderNo, share]);
  }
  expect(new Set(olds.map(({ share }) => share)).size).toBe(3);
});

test('none of it is for the cron: nothing to open, nothing to pay, and the unpaid expire as before', async () => {
  const orders = createOrderStore(db(), new Map());
  expect(await orders.listToOpen(null, 100)).toEqual([]);
  expect(await orders.listDueShares(LATE_MS, null, 100)).toEqual([]);
  expect(await orders.expireIdle(LATE_MS, 100)).toBe(12);
});

describe('the guards', () => {
  test('are those of a new database', async () => {
    expect(await guards()).toEqual(fresh);
  });

  test('are what they were, but for the two that know of more now', async () => {
    const { order_events_move_the_order: moves, orders_keep_their_place: keeps, ...kept } = guardsBefore;
    expect([moves, keeps]).toEqual([expect.any(String), expect.any(String)]);
    expect(await guards()).toMatchObject(kept);
    const newer = await guards();
    expect([newer['order_events_move_the_order'] === moves, newer['orders_keep_their_place'] === keeps]).toEqual([
      false,
      false,
    ]);
  });

  test.each(['share_fen = 1', 'balance_fen = 1', 'commission_to = 1', 'place = 99', 'share_wait_ms = 1'])(
    'are back: nobody sets %s of an old order',
    async (change) => {
      const [{ orderNo } = { orderNo: '' }] = olds;
      expect(await attempt(env.DB.prepare(`UPDATE orders SET ${change} WHERE order_no = '${orderNo}'`))).toMatch(
        /an order moves only by its log|the terms of an order are fixed/,
      );
    },
  );
});

test('an old user has an account, and orders go on after the last one', async () => {
  const query = { dialect: DIALECT, userId: 'user-1', couponCode: null, nowMs: 0 };
  expect(await createAccountStore(db()).read(query)).toEqual({
    balanceFen: 0,
    lastPlace: Number((await rowsOf("SELECT max(place) AS last FROM orders WHERE user_id = 'user-1'"))[0]?.['last']),
    unfinished: null,
    standing: [],
    coupon: null,
  });
});

test('the check at its head finds nothing', async () => {
  const check = /^-- Check:\n((?:-- .*\n)+?)-- {3}-- no rows$/m.exec(accountsText)?.[1]?.replaceAll(/^--/gm, '') ?? '';
  const queries = check.split(';').filter((query) => query.trim() !== '');
  expect(queries).toHaveLength(2);
  for (const query of queries) expect(await rowsOf(query)).toEqual([]);
});
