/** Migrations on a database that has been in use: what was there stays, and what is new is right for it. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { ORDER_MOVES, type OrderStatus } from '../../src/core/order/lifecycle.ts';
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
const ORDERS = 60;
const SEALED = 'abcd-_12.c2VhbGVkIHRleHQ';

/** Ways through the states, as far as an order may go. */
const PATHS: readonly (readonly OrderStatus[])[] = [
  [],
  ['paid'],
  ['paid', 'completed'],
  ['paid', 'completed', 'refunded'],
  ['cancelled'],
  ['expired'],
  ['paid', 'refunded'],
];

function insert(table: string, row: Row): D1PreparedStatement {
  const names = Object.keys(row);
  const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  return env.DB.prepare(sql).bind(...Object.values(row));
}

const orderNoOf = (nth: number): string => `20240115${String(nth).padStart(14, '0')}`;

/** An order as it could be written then, its log, and what belongs to it. Every seventh was deleted. */
function anOldOrder(nth: number): D1PreparedStatement[] {
  const orderNo = orderNoOf(nth);
  const [userId, dialect] = USERS[(nth * 7) % 5] ?? USERS[0];
  const path = PATHS[nth % PATHS.length] ?? [];
  const event = (seq: number, type: string, status: OrderStatus, reason: string | null = null): D1PreparedStatement =>
    insert('order_events', {
      order_no: orderNo,
      seq,
      at_ms: 1000 + seq,
      actor: `user:${userId}`,
      type,
      to_status: status,
      reason,
      order_status: status,
      order_fulfilment: 'unfulfilled',
      commit_id: `c-${seq}`,
    });
  const last = path.at(-1) ?? 'pending_payment';
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
    event(1, 'order_placed', 'pending_payment'),
    ...path.map((status, index) => event(index + 2, `order_${status}`, status, 'closed today')),
    ...(nth % 7 === 4 ? [event(path.length + 2, 'order_deleted', last)] : []),
    insert('payment_attempts', {
      out_trade_no: `${orderNo}0001`,
      order_no: orderNo,
      provider: 'wechat-pay',
      kind: 'app_params',
      status: path.includes('paid') ? 'paid' : nth % 2 === 0 ? 'pending' : 'opening',
      amount_fen: 19_600,
      created_at_ms: 1000,
      expires_at_ms: 1500,
      payable_until_ms: 1500,
      paid_at_ms: path.includes('paid') ? 1400 : null,
      leased_until_ms: nth,
      sealed: nth % 3 === 0 ? null : `${SEALED}${nth}`,
    }),
    ...(path.includes('paid') ? [aCapture(orderNo)] : []),
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

const TABLES = ['orders', 'order_events', 'payment_attempts', 'captures', 'outbox', 'lifecycle_moves'] as const;
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
    expect(new Set(orders.map(({ status }) => status))).toEqual(
      new Set(['pending_payment', ...PATHS.flat()] satisfies (keyof typeof ORDER_MOVES)[]),
    );
    expect(new Set(orders.map(({ user_id, dialect }) => `${user_id} ${dialect}`)).size).toBe(USERS.length);
    expect(orders.some(({ deleted_at_ms }) => deleted_at_ms !== null)).toBe(true);
  });

  test('keeps every row as it was, but for what has moved or is new', async () => {
    const after = await allOf();
    const isNew = ['place', 'commission_to', 'commission_fen'];
    for (const [nth, rows] of after.entries()) {
      const known = rows.map((row) =>
        Object.fromEntries(Object.entries(row).filter(([name]) => !isNew.includes(name))),
      );
      const expected = (before[nth] ?? []).map(({ sealed: _moved, ...row }) => row);
      expect(known).toEqual(expected);
    }
  });

  test('keeps every guard word for word, and has those of a new database', async () => {
    expect(Object.keys(guardsBefore).length).toBeGreaterThan(30);
    const after = await guards();
    expect(after).toMatchObject(guardsBefore);
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

describe('the tallies', () => {
  test('are what a count finds', async () => {
    const counted =
      'SELECT user_id, dialect, status, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3';
    const tallied = 'SELECT user_id, dialect, status, orders FROM order_tallies';
    expect(await rowsOf(`${counted} EXCEPT ${tallied}`)).toEqual([]);
    expect(await rowsOf(`${tallied} EXCEPT ${counted}`)).toEqual([]);
    expect((await rowsOf(tallied)).length).toBeGreaterThan(15);
  });

  test('follow an old order on its way', async () => {
    const tally = async (status: string) => {
      const [row] = await rowsOf(
        `SELECT t.orders FROM order_tallies t JOIN orders o USING (user_id, dialect)
          WHERE o.order_no = '${orderNoOf(7)}' AND t.status = '${status}'`,
      );
      return Number(row?.['orders'] ?? 0);
    };
    const were = [await tally('pending_payment'), await tally('expired')];
    await insert('order_events', {
      order_no: orderNoOf(7),
      seq: 2,
      at_ms: 3000,
      actor: 'system',
      type: 'order_expired',
      to_status: 'expired',
      order_status: 'expired',
      order_fulfilment: 'unfulfilled',
      commit_id: 'c',
    }).run();
    const [unpaid = 0, expired = 0] = were;
    expect([await tally('pending_payment'), await tally('expired')]).toEqual([unpaid - 1, expired + 1]);
  });
});

describe('the guards that made way for the places', () => {
  test.each([
    ["status = 'paid'", /an order moves only by its log|no such move/],
    ['updated_at_ms = 1', /an order moves only by its log/],
    ['place = 99', /an order moves only by its log|the terms of an order are fixed/],
    ['amount_fen = 1', /an order moves only by its log|the terms of an order are fixed/],
  ])('are back: nobody sets %s', async (change, expected) => {
    expect(await refusalOf(`UPDATE orders SET ${change} WHERE order_no = '${orderNoOf(14)}'`)).toMatch(expected);
  });
});
