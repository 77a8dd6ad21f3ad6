/** Migrations on a database that has been in use: what was there stays, and what is new is right for it. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import ordersText from '../../migrations/0001_orders.sql?raw';
import moneyText from '../../migrations/0002_money.sql?raw';
import placesText from '../../migrations/0007_places_and_shares.sql?raw';
import partsText from '../../migrations/0008_parts_of_orders.sql?raw';
import {
  FULFILMENT_MOVES,
  type FulfilmentStatus,
  ORDER_MOVES,
  type OrderStatus,
} from '../../src/core/order/lifecycle.ts';
import { submitCommand } from '../../src/core/order/submit-command.ts';
import { openDatabase } from '../../src/db/open-database.ts';
import { createOrderLog } from '../../src/db/order-log.ts';
import { createOrderStore } from '../../src/db/order-store.ts';
import { storageText } from '../../src/db/storage-error.ts';

type Row = Record<string, string | number | null>;

/** The last migration before personal data had a table of its own. */
const BEFORE = '0005_network_prepay.sql';
const USERS = [
  ['1', 'technician-booking'],
  ['1', 'medical-companion'],
  ['2', 'technician-booking'],
  ['3', 'medical-companion'],
] as const;
const ORDERS = 120;
/** One of them that is still unpaid at the end of its way. */
const UNPAID = 13;
const SEALED = 'abcd-_12.c2VhbGVkIHRleHQ';

/** One step on an order's way: its state, and how far its work is. */
type Station = readonly [status: OrderStatus, fulfilment?: FulfilmentStatus];

/** Ways through the states, as far as an order may go. */
const PATHS: readonly (readonly Station[])[] = [
  [],
  [['paid']],
  [['paid'], ['completed', 'fulfilled']],
  [['paid'], ['completed', 'fulfilled'], ['refunded', 'fulfilled']],
  [['cancelled']],
  [['expired']],
  [['paid'], ['refunded']],
  [['paid'], ['paid', 'in_progress']],
  [['paid'], ['paid', 'in_progress'], ['paid', 'partially_fulfilled']],
  [['paid'], ['paid', 'fulfilled']],
  [['paid'], ['paid', 'failed']],
  [['paid'], ['absorbed']],
  [['paid'], ['split']],
];

/** What may have been asked back of an order by then; of each kind, some orders have it. */
const REFUNDS: readonly (Row | null)[] = [
  null,
  { purpose: 'order', status: 'requested' },
  { purpose: 'order', status: 'processing' },
  { purpose: 'order', status: 'rejected' },
  { purpose: 'order', status: 'succeeded' },
  { purpose: 'surplus', status: 'processing' },
  { purpose: 'order', status: 'failed' },
];
const REFUND_STARTS: Readonly<Record<string, string>> = {
  rejected: 'requested',
  succeeded: 'processing',
  failed: 'processing',
};

function insert(table: string, row: Row): D1PreparedStatement {
  const names = Object.keys(row);
  const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  return env.DB.prepare(sql).bind(...Object.values(row));
}

const orderNoOf = (nth: number): string => `20240115${String(nth).padStart(14, '0')}`;

/** An order as it could be written then, its log, and what belongs to it. Every eleventh was deleted. */
function anOldOrder(nth: number): D1PreparedStatement[] {
  const orderNo = orderNoOf(nth);
  const [userId, dialect] = USERS[(nth * 7) % 5] ?? USERS[0];
  const path = PATHS[nth % PATHS.length] ?? [];
  const event = (seq: number, type: string, [status, fulfilment = 'unfulfilled']: Station): D1PreparedStatement =>
    insert('order_events', {
      order_no: orderNo,
      seq,
      at_ms: 1000 + seq,
      actor: `user:${userId}`,
      type,
      to_status: status,
      reason: seq === 1 ? null : 'closed today',
      order_status: status,
      order_fulfilment: fulfilment,
      commit_id: `c-${seq}`,
    });
  const last = path.at(-1) ?? (['pending_payment'] as const);
  const isPaid = path.some(([status]) => status === 'paid');
  return [
    insert('orders', {
      order_no: orderNo,
      dialect,
      user_id: userId,
      amount_fen: 19_600,
      subject: `order ${nth}`,
      details: '{"a":1}',
      items: '[]',
      created_at_ms: 1000,
      updated_at_ms: 1000,
      expires_at_ms: 2000,
    }),
    event(1, 'order_placed', ['pending_payment']),
    ...path.map((station, index) => event(index + 2, `order_${station[0]}`, station)),
    ...(nth % 11 === 4 ? [event(path.length + 2, 'order_deleted', last)] : []),
    insert('payment_attempts', {
      out_trade_no: `${orderNo}0001`,
      order_no: orderNo,
      provider: 'wechat-pay',
      kind: 'app_params',
      status: isPaid ? 'paid' : nth % 2 === 0 ? 'pending' : 'opening',
      amount_fen: 19_600,
      created_at_ms: 1000,
      expires_at_ms: 1500,
      payable_until_ms: 1500,
      paid_at_ms: isPaid ? 1400 : null,
      leased_until_ms: nth,
      sealed: nth % 3 === 0 ? null : `${SEALED}${nth}`,
    }),
    ...(isPaid ? [aCapture(orderNo), ...aRefund(orderNo, REFUNDS[nth % REFUNDS.length] ?? null)] : []),
  ];
}

function aCapture(orderNo: string): D1PreparedStatement {
  return insert('captures', {
    provider: 'wechat-pay',
    transaction_id: `${orderNo}-t`,
    out_trade_no: `${orderNo}0001`,
    order_no: orderNo,
    role: 'pays',
    amount_fen: 19_600,
    captured_at_ms: 1400,
    recorded_at_ms: 1400,
  });
}

function aRefund(orderNo: string, refund: Row | null): D1PreparedStatement[] {
  if (refund === null) return [];
  const status = String(refund['status']);
  const row: Row = {
    refund_no: `${orderNo}000101`,
    order_no: orderNo,
    out_trade_no: `${orderNo}0001`,
    provider: 'wechat-pay',
    transaction_id: `${orderNo}-t`,
    amount_fen: 100,
    requested_by: 'user:1',
    created_at_ms: 1500,
    updated_at_ms: 1500,
    ...refund,
    status: REFUND_STARTS[status] ?? status,
  };
  const move = env.DB.prepare('UPDATE refunds SET status = ? WHERE order_no = ?').bind(status, orderNo);
  return [insert('refunds', row), move];
}

const rowsSchema = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()])));

async function rowsOf(sql: string): Promise<Row[]> {
  return rowsSchema.parse((await env.DB.prepare(sql).all()).results);
}

/** Triggers and indexes by name, each as it is written. */
async function guards(): Promise<Row> {
  const sql = "SELECT name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL";
  return Object.fromEntries((await rowsOf(sql)).map(({ name, sql: text }) => [String(name), String(text)]));
}

async function refusalOf(sql: string): Promise<string> {
  try {
    await env.DB.prepare(sql).run();
    return 'accepted';
  } catch (error) {
    return storageText(error);
  }
}

const TABLES = [
  'orders',
  'order_events',
  'payment_attempts',
  'captures',
  'refunds',
  'outbox',
  'lifecycle_moves',
] as const;
const allOf = async (): Promise<Row[][]> => {
  const tables: Row[][] = [];
  for (const table of TABLES) tables.push(await rowsOf(`SELECT * FROM ${table} ORDER BY 1, 2`));
  return tables;
};

let fresh: Row;
let guardsBefore: Row;
let before: Row[][];
beforeAll(async () => {
  fresh = await guards();
  await reset();
  const last = env.TEST_MIGRATIONS.findIndex(({ name }) => name === BEFORE);
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS.slice(0, last + 1));
  for (let nth = 1; nth <= ORDERS; nth++) await env.DB.batch(anOldOrder(nth));
  guardsBefore = await guards();
  before = await allOf();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
});

describe('a database that was in use', () => {
  test('has orders of every user in every state, and some that were deleted', () => {
    const [orders = []] = before;
    expect(orders).toHaveLength(ORDERS);
    expect(new Set(orders.map(({ status }) => status))).toEqual(new Set(Object.keys(ORDER_MOVES)));
    expect(new Set(orders.map(({ user_id, dialect }) => `${user_id} ${dialect}`)).size).toBe(USERS.length);
    expect(new Set(orders.filter(({ status }) => status === 'paid').map(({ fulfilment }) => fulfilment))).toEqual(
      new Set(Object.keys(FULFILMENT_MOVES)),
    );
    expect(orders.some(({ deleted_at_ms }) => deleted_at_ms !== null)).toBe(true);
  });

  test('keeps every row as it was, but for what has moved or is new', async () => {
    const after = await allOf();
    const isNew = [
      'place commission_to refunding listed_state parent_no held_back_fen facts balance_fen coupon_id subscription',
      'share_fen share_wait_ms share_paid_at_ms share_due_at_ms choice',
    ].flatMap((names) => names.split(' '));
    for (const [nth, rows] of after.entries()) {
      const known = rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !isNew.includes(name))),
      );
      const expected = (before[nth] ?? []).map(({ sealed: _moved, ...row }) => row);
      expect(known).toEqual(expected);
    }
  });

  test('keeps every guard word for word but the two that were widened, and has those of a new database', async () => {
    const { order_events_move_the_order: widened, orders_of_user: replaced, ...kept } = guardsBefore;
    expect([widened, replaced]).toEqual([expect.any(String), expect.any(String)]);
    expect(Object.keys(kept).length).toBeGreaterThan(28);
    const after = await guards();
    expect(after).toMatchObject(kept);
    expect(after).toEqual(fresh);
  });

  test('keeps what was sealed, under its attempt’s name and its key’s id', async () => {
    const sealed = await rowsOf('SELECT * FROM personal_data ORDER BY row_name');
    const numbers = Array.from({ length: ORDERS }, (_, index) => index + 1).filter((nth) => nth % 3 !== 0);
    expect(sealed).toEqual(
      numbers.map((nth) => ({
        row_name: `attempt/${orderNoOf(nth)}0001`,
        key_id: 'abcd-_12',
        sealed: `${SEALED}${nth}`,
      })),
    );
    const log = createOrderLog(openDatabase(env.DB, 'first-primary').db);
    const read = async (nth: number) => (await log.load(orderNoOf(nth)))?.attempts.map((one) => one.sealed);
    expect([await read(1), await read(3)]).toEqual([[`${SEALED}1`], [null]]);
  });
});

describe('each order’s place', () => {
  test('is counted from one, for each user of a dialect, in the order in which they were placed', async () => {
    for (const [userId, dialect] of USERS) {
      const sql = `SELECT place FROM orders WHERE user_id = '${userId}' AND dialect = '${dialect}' ORDER BY id`;
      const places = (await rowsOf(sql)).map(({ place }) => place);
      expect(places.length).toBeGreaterThan(5);
      expect(places).toEqual(places.map((_, index) => index + 1));
    }
  });

  test('goes on from there', async () => {
    const orders = createOrderStore(openDatabase(env.DB, 'first-primary').db, new Map());
    const theirs = "FROM orders WHERE user_id = '2' AND dialect = 'technician-booking'";
    const [{ places } = { places: null }] = await rowsOf(`SELECT max(place) AS places ${theirs}`);
    const placed = await orders.place({
      orderNo: orderNoOf(ORDERS + 1),
      dialect: 'technician-booking',
      userId: '2',
      actor: 'user:2',
      amountFen: 1,
      subject: 'the next',
      details: {},
      items: [],
      saleOf: null,
      payWith: null,
      commission: null,
      account: null,
      personal: null,
      createdAtMs: 1000,
      expiresAtMs: 2000,
      commitId: 'c',
      idempotency: null,
    });
    expect(placed.status).toBe('placed');
    expect(await rowsOf(`SELECT max(place) AS places ${theirs}`)).toEqual([{ places: Number(places) + 1 }]);
  });
});

describe('what lists ask for', () => {
  test('says of each order what its state is, and whether money was asked back and nobody has ended that', async () => {
    const rows = await rowsOf(
      `SELECT o.order_no, o.status, o.fulfilment, o.refunding, o.listed_state, r.purpose, r.status AS refund
         FROM orders o LEFT JOIN refunds r USING (order_no) ORDER BY o.id`,
    );
    expect(rows.length).toBeGreaterThanOrEqual(ORDERS);
    for (const { status, fulfilment, refunding, listed_state, purpose, refund } of rows) {
      const isRefunding = purpose === 'order' && (refund === 'requested' || refund === 'processing');
      const listed = status === 'paid' ? `paid/${fulfilment}${isRefunding ? '/refunding' : ''}` : status;
      expect([status, fulfilment, refund, refunding, listed_state]).toEqual([
        status,
        fulfilment,
        refund,
        isRefunding ? 1 : 0,
        listed,
      ]);
    }
    expect(new Set(rows.map(({ listed_state }) => listed_state)).size).toBe(7 + 2 * 5);
  });

  test('leaves an order that nobody has split without a parent, and all of its money to be given back', async () => {
    expect(await rowsOf('SELECT order_no FROM orders WHERE parent_no IS NOT NULL OR held_back_fen <> 0')).toEqual([]);
  });
});

const LISTED = 'FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3';
const COUNTED = `SELECT user_id, dialect, listed_state, count(*) ${LISTED}
  UNION ALL SELECT '', dialect, listed_state, count(*) ${LISTED}`;
const TALLIED = 'SELECT user_id, dialect, listed_state, orders FROM order_tallies WHERE orders > 0';

describe('the tallies', () => {
  test('are what a count finds, for each user and under the empty name for all', async () => {
    expect(await rowsOf(`SELECT * FROM (${COUNTED}) EXCEPT ${TALLIED}`)).toEqual([]);
    expect(await rowsOf(`${TALLIED} EXCEPT SELECT * FROM (${COUNTED})`)).toEqual([]);
    expect((await rowsOf(TALLIED)).length).toBeGreaterThan(40);
    expect((await rowsOf(`${TALLIED} AND user_id = ''`)).length).toBeGreaterThan(20);
  });

  test('follow an old order on its way, and all orders with it', async () => {
    const tally = async (userId: string, state: string) => {
      const [row] = await rowsOf(
        `SELECT t.orders FROM order_tallies t JOIN orders o USING (dialect)
          WHERE o.order_no = '${orderNoOf(UNPAID)}' AND t.user_id = ${userId} AND t.listed_state = '${state}'`,
      );
      return Number(row?.['orders'] ?? 0);
    };
    const all = async () => {
      const ofUser = [await tally('o.user_id', 'pending_payment'), await tally('o.user_id', 'expired')];
      return [...ofUser, await tally("''", 'pending_payment'), await tally("''", 'expired')];
    };
    const [unpaid = 0, expired = 0, unpaidInAll = 0, expiredInAll = 0] = await all();
    expect([unpaid > 0, expired > 0]).toEqual([true, true]);
    expect([unpaidInAll > unpaid, expiredInAll > expired]).toEqual([true, true]);
    await insert('order_events', {
      order_no: orderNoOf(UNPAID),
      seq: 2,
      at_ms: 3000,
      actor: 'system',
      type: 'order_expired',
      to_status: 'expired',
      order_status: 'expired',
      order_fulfilment: 'unfulfilled',
      commit_id: 'c',
    }).run();
    expect(await all()).toEqual([unpaid - 1, expired + 1, unpaidInAll - 1, expiredInAll + 1]);
  });

  test('follow money that was asked back before there were any', async () => {
    const asked = await rowsOf(
      `SELECT refund_no, order_no FROM refunds JOIN orders USING (order_no)
        WHERE refunds.status = 'processing' AND purpose = 'order' AND orders.status = 'paid' AND deleted_at_ms IS NULL`,
    );
    expect(asked.length).toBeGreaterThan(3);
    const log = createOrderLog(openDatabase(env.DB, 'first-primary').db);
    for (const { refund_no, order_no } of asked) {
      const command = { type: 'settle_refund', refundNo: String(refund_no), outcome: 'failed', cause: null } as const;
      const submission = { command, orderNo: String(order_no), actor: 'system', scope: 'everything' } as const;
      const { ok } = await submitCommand(log, null, { ...submission, nowMs: 4000, commitId: `c-${refund_no}` });
      expect(ok).toBe(true);
      const listed = await rowsOf(`SELECT listed_state FROM orders WHERE order_no = '${order_no}'`);
      expect(listed).toEqual([{ listed_state: expect.not.stringContaining('refunding') }]);
    }
    expect(await rowsOf(`SELECT * FROM (${COUNTED}) EXCEPT ${TALLIED}`)).toEqual([]);
  });
});

describe('the check at the head of each migration', () => {
  test.each([
    ['0001', ordersText],
    ['0002', moneyText],
    ['0007', placesText],
    ['0008', partsText],
  ])('of %s finds nothing', async (_name, text) => {
    const check = /^-- Check:\n((?:-- .*\n)+?)-- {3}-- no rows$/m.exec(text)?.[1]?.replaceAll(/^--/gm, '') ?? '';
    expect(check).toMatch(/SELECT/);
    expect(await rowsOf(check)).toEqual([]);
  });

  test('counts as many notices as events', async () => {
    const counts = 'SELECT (SELECT count(*) FROM order_events) AS events, (SELECT count(*) FROM outbox) AS notices';
    const [{ events, notices } = { events: 0, notices: 1 }] = await rowsOf(counts);
    expect(events).toBe(notices);
  });
});

describe('the guards that made way for the places', () => {
  test.each([
    ["status = 'paid'", /an order moves only by its log|no such move/],
    ['updated_at_ms = 1', /an order moves only by its log/],
    ['place = 99', /an order moves only by its log|the terms of an order are fixed/],
    ['refunding = 1', /an order moves only by its log/],
    ['held_back_fen = 1', /an order moves only by its log/],
    ['parent_no = order_no', /an order moves only by its log|the terms of an order are fixed/],
    ['amount_fen = 1', /an order moves only by its log|the terms of an order are fixed/],
  ])('are back: nobody sets %s', async (change, expected) => {
    expect(await refusalOf(`UPDATE orders SET ${change} WHERE order_no = '${orderNoOf(14)}'`)).toMatch(expected);
  });
});
