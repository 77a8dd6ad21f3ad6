/** The rules that the database keeps by itself, tried with the raw SQL of somebody who knows none of them. */
import { env } from 'cloudflare:workers';
import { getTableColumns, getTableName } from 'drizzle-orm';
import { type SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core';
import { describe, expect, test } from 'vitest';
import { MACHINES } from '../../src/core/order/lifecycle.ts';
import * as schema from '../../src/db/schema.ts';
import {
  ACCEPTED,
  AMOUNT_FEN,
  attempt,
  attemptRow,
  captured,
  captureRow,
  count,
  eventRow,
  insert,
  must,
  newNumber,
  orderRow,
  placed,
  refundRow,
  type Row,
  sql,
  triggerText,
  type Write,
} from './raw-rows.ts';

/** An order whose log has gone through states one after the other. */
async function walked(path: readonly Row[]): Promise<string> {
  const orderNo = await placed();
  const events = path.map((changes, index) => insert('order_events', eventRow(orderNo, index + 2, changes)));
  if (events.length > 0) await must(...events);
  return orderNo;
}

/** The states from a machine's start up to one of its states. */
function pathTo(table: Readonly<Record<string, readonly string[]>>, starts: readonly string[], end: string): string[] {
  const paths = starts.map((start) => [start]);
  for (const path of paths) {
    const last = path.at(-1) ?? '';
    if (last === end) return path;
    for (const next of table[last] ?? []) if (!path.includes(next)) paths.push([...path, next]);
  }
  throw new Error(`no way to ${end}`);
}

/** Every pair of states, and whether the machine may go from the one to the other. */
function movesOf(table: Readonly<Record<string, readonly string[]>>): [from: string, to: string, allowed: boolean][] {
  const states = Object.keys(table);
  return states.flatMap((from) =>
    states
      .filter((to) => to !== from)
      .map((to): [string, string, boolean] => [from, to, table[from]?.includes(to) === true]),
  );
}

describe('the schema', () => {
  const tables = Object.values<unknown>(schema).filter((one) => one instanceof SQLiteTable);

  test('has the tables that the code knows, and the moves', async () => {
    const { results } = await env.DB.prepare(
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 1 ORDER BY name",
    ).all();
    const known = [...tables.map((table) => getTableName(table)), 'lifecycle_moves'];
    expect(results.map(({ name }) => name)).toEqual(known.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  test('has no table of its own that takes a fraction or a text for a number', async () => {
    const { results } = await env.DB.prepare(
      `SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'
          AND name NOT LIKE '_cf_%' ORDER BY name`,
    ).all();
    expect(results).toEqual([{ name: 'd1_migrations' }]);
  });

  test.each(tables.map((table) => [getTableName(table), table] as const))(
    '%s, column by column',
    async (name, table) => {
      const { results } = await env.DB.prepare(`PRAGMA table_info(${name})`).all();
      const inDatabase = results.map((column) => ({
        name: column['name'],
        type: column['type'],
        // The one column that names the row is never null, which the pragma does not say.
        notNull: column['notnull'] === 1 || (column['type'] === 'INTEGER' && column['pk'] === 1),
      }));
      const inCode = Object.values<SQLiteColumn>(getTableColumns(table)).map((column) => ({
        name: column.name,
        type: column.getSQLType().toUpperCase(),
        notNull: column.notNull,
      }));
      expect(inCode).toEqual(inDatabase);
    },
  );

  test('has an index for each thing of which there is one at most, beside the triggers that say so', async () => {
    const { results } = await env.DB.prepare(
      "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE UNIQUE INDEX % WHERE %' ORDER BY name",
    ).all();
    expect(results.map(({ name }) => name)).toEqual([
      'coupons_by_code',
      'one_capture_pays_an_order',
      'one_entry_of_a_kind_per_order',
      'one_live_attempt_per_order',
      'one_open_refund_per_order',
      'one_refund_per_surplus',
      'one_unfinished_subscription_per_user',
    ]);
  });

  test('holds the same moves as the core', async () => {
    const { results } = await env.DB.prepare(
      "SELECT machine || ': ' || from_status || ' → ' || to_status AS move FROM lifecycle_moves",
    ).all<{ move: string }>();
    const inCore = Object.entries(MACHINES).flatMap(([machine, table]) =>
      Object.entries<readonly string[]>(table).flatMap(([from, targets]) =>
        targets.map((to) => `${machine}: ${from} → ${to}`),
      ),
    );
    expect(new Set(results.map(({ move }) => move))).toEqual(new Set(inCore));
  });
});

describe('placing an order', () => {
  test('takes a good one', async () => {
    expect(await attempt(insert('orders', orderRow(newNumber())))).toBe(ACCEPTED);
  });

  test.each<[string, Row, RegExp]>([
    ['a fraction of a fen', { amount_fen: 19.99 }, /cannot store REAL value in INTEGER column/],
    ['a text for an amount', { amount_fen: 'abc' }, /cannot store TEXT value in INTEGER column/],
    ['a negative amount', { amount_fen: -1 }, /CHECK/],
    ['more than the limit', { amount_fen: 10_000_000_001 }, /CHECK/],
    ['no amount', { amount_fen: null }, /NOT NULL/],
    ['a short number', { order_no: '202211220000000000001' }, /CHECK/],
    ['a long number', { order_no: '20221122000000000000000000001' }, /CHECK/],
    ['no user', { user_id: '' }, /CHECK/],
    ['a user of 65 characters', { user_id: 'u'.repeat(65) }, /CHECK/],
    ['no subject', { subject: '' }, /CHECK/],
    ['a subject of 257 characters', { subject: 's'.repeat(257) }, /CHECK/],
    ['details that are no object', { details: '[]' }, /CHECK/],
    ['details that are no JSON', { details: 'x' }, /malformed JSON/],
    ['items that are no list', { items: '{}' }, /CHECK/],
    ['a sale that is no object', { sale_of: '[]' }, /CHECK/],
    ['an end before its beginning', { expires_at_ms: 1000 }, /CHECK/],
    ['a time that is no number', { created_at_ms: 'now' }, /cannot store TEXT value/],
    ['paid from the start', { status: 'paid' }, /an order starts unpaid/],
    ['worked on from the start', { fulfilment: 'in_progress' }, /an order starts unpaid/],
    ['with a version', { version: 1 }, /an order starts unpaid/],
  ])('refuses %s', async (_name, changes, expected) => {
    expect(await attempt(insert('orders', orderRow(newNumber(), changes)))).toMatch(expected);
  });

  test('refuses a number that is taken', async () => {
    const taken = orderRow(await placed(), { place: 1_000_000 });
    expect(await attempt(insert('orders', taken))).toMatch(/UNIQUE.*orders\.order_no/);
  });
});

describe('the log', () => {
  test.each([
    ['the same number again', 1],
    ['a number left out', 3],
    ['zero', 0],
    ['a negative number', -1],
  ])('refuses %s', async (_name, seq) => {
    const orderNo = await placed();
    expect(await attempt(insert('order_events', eventRow(orderNo, seq)))).toMatch(/order has moved on/);
  });

  test.each<[string, Row, RegExp]>([
    ['an order that does not exist', { order_no: '2022112299999999999999' }, /order has moved on/],
    ['a fraction for a number', { seq: 1.5 }, /order has moved on|cannot store REAL/],
    ['a state that does not exist', { order_status: 'lost' }, /no such move of an order/],
    ['work in a state that does not exist', { order_fulfilment: 'lost' }, /no such move of a fulfilment/],
    ['nobody', { actor: null }, /NOT NULL/],
    ['no commit', { commit_id: null }, /NOT NULL/],
  ])('refuses %s', async (_name, changes, expected) => {
    const orderNo = await placed();
    expect(await attempt(insert('order_events', eventRow(orderNo, 2, changes)))).toMatch(expected);
  });

  test('of two writers who saw the same version, the second loses all that it wrote', async () => {
    const orderNo = await placed();
    const second = [
      insert('order_events', eventRow(orderNo, 2)),
      insert('payment_attempts', attemptRow(orderNo, 1)),
    ] as const;
    await must(insert('order_events', eventRow(orderNo, 2)));
    expect(await attempt(...second)).toMatch(/order has moved on/);
    expect(await count('payment_attempts', `order_no = '${orderNo}'`)).toBe(0);
  });

  test('carries its states and times over to the order', async () => {
    const orderNo = await walked([
      { type: 'order_paid', order_status: 'paid' },
      { type: 'fulfilment_advanced', order_status: 'paid', order_fulfilment: 'fulfilled' },
      { type: 'order_completed', order_status: 'completed', order_fulfilment: 'fulfilled' },
    ]);
    expect(await env.DB.prepare('SELECT * FROM orders WHERE order_no = ?').bind(orderNo).first()).toMatchObject({
      status: 'completed',
      fulfilment: 'fulfilled',
      version: 4,
      last_commit_id: 'c-4',
      updated_at_ms: 1004,
      paid_at_ms: 1002,
      completed_at_ms: 1004,
      deleted_at_ms: null,
    });
  });

  test('tells the shop of each event, at once', async () => {
    const orderNo = await walked([{ type: 'order_paid', order_status: 'paid' }]);
    const { results } = await env.DB.prepare('SELECT * FROM outbox WHERE order_no = ? ORDER BY seq')
      .bind(orderNo)
      .all();
    expect(results).toMatchObject([
      { seq: 1, status: 'pending', tries: 0, next_at_ms: 1001 },
      { seq: 2, status: 'pending', tries: 0, next_at_ms: 1002 },
    ]);
    expect(await count('outbox')).toBe(await count('order_events'));
  });
});

describe('an order that is there', () => {
  const CHANGES: Row = {
    id: 999_999,
    order_no: '2022112288888888888888',
    dialect: 'print-shop',
    user_id: '1',
    status: 'paid',
    fulfilment: 'fulfilled',
    amount_fen: 1,
    subject: 'another',
    details: '{"a":1}',
    items: '[1]',
    sale_of: '{}',
    pay_with: 'alipay',
    created_at_ms: 1,
    updated_at_ms: 1,
    expires_at_ms: 9_999_999,
    paid_at_ms: 1,
    completed_at_ms: 1,
    deleted_at_ms: 1,
    version: 2,
    last_commit_id: 'c-none',
    place: 99,
    commission_to: '2',
    refunding: 1,
    parent_no: '2022112299999999999999',
    held_back_fen: 1,
    balance_fen: 1,
    coupon_id: '1',
    subscription: '{}',
    share_fen: 1,
    share_wait_ms: 1,
    share_paid_at_ms: 1,
  };

  test('has no column that this test forgets', () => {
    expect(Object.keys(CHANGES)).toEqual(Object.values(getTableColumns(schema.orders)).map(({ name }) => name));
  });

  test.each(Object.entries(CHANGES))('changes %s only by its log', async (column, value) => {
    const orderNo = await placed();
    const before = await env.DB.prepare('SELECT * FROM orders WHERE order_no = ?').bind(orderNo).first();
    const write = sql(`UPDATE orders SET ${column} = ? WHERE order_no = ?`, value, orderNo);
    expect(await attempt(write)).toMatch(/an order moves only by its log|no such move|the terms of an order are fixed/);
    expect(await env.DB.prepare('SELECT * FROM orders WHERE order_no = ?').bind(orderNo).first()).toEqual(before);
  });

  test('does not move with another order’s log', async () => {
    const [mine, other] = [await placed(), await walked([{ order_status: 'paid', type: 'order_paid' }])];
    const write = sql("UPDATE orders SET status = 'paid', version = 2 WHERE order_no = ?", mine);
    expect(await attempt(write)).toMatch(/an order moves only by its log/);
    expect(await count('orders', `order_no = '${other}' AND status = 'paid'`)).toBe(1);
  });

  test('is never deleted, and never replaced', async () => {
    const orderNo = await walked([{ order_status: 'paid', type: 'order_paid' }]);
    expect(await attempt(sql('DELETE FROM orders WHERE order_no = ?', orderNo))).toMatch(/orders are kept/);
    expect(await attempt(insert('orders', orderRow(orderNo), 'OR REPLACE'))).not.toBe(ACCEPTED);
    expect(await count('orders', `order_no = '${orderNo}' AND status = 'paid'`)).toBe(1);
  });

  test('keeps its terms even where an event would move it', async () => {
    // The log's own guard stands in front of this one: without it, the terms are still fixed.
    const guard = await triggerText('orders_move_only_by_the_log');
    await must(sql('DROP TRIGGER orders_move_only_by_the_log'));
    try {
      const orderNo = await placed();
      const terms = ['dialect', 'user_id', 'amount_fen', 'created_at_ms', 'expires_at_ms', 'id', 'order_no'];
      terms.push('place', 'commission_to', 'share_fen', 'share_wait_ms', 'parent_no');
      terms.push('balance_fen', 'coupon_id', 'subscription');
      for (const column of terms) {
        const write = sql(`UPDATE orders SET ${column} = ? WHERE order_no = ?`, CHANGES[column] ?? null, orderNo);
        expect([column, await attempt(write)]).toEqual([column, expect.stringMatching(/terms of an order are fixed/)]);
      }
    } finally {
      await must(sql(guard));
    }
  });

  test.each(movesOf(MACHINES.order))('from %s to %s: %s', async (from, to, allowed) => {
    const path = pathTo(MACHINES.order, ['pending_payment'], from).slice(1);
    const orderNo = await walked(path.map((status) => ({ order_status: status })));
    const write = insert('order_events', eventRow(orderNo, path.length + 2, { order_status: to }));
    expect(await attempt(write)).toMatch(allowed ? /^accepted$/ : /no such move of an order/);
  });

  test.each(movesOf(MACHINES.fulfilment))('its work from %s to %s: %s', async (from, to, allowed) => {
    const path = pathTo(MACHINES.fulfilment, ['unfulfilled'], from).slice(1);
    const orderNo = await walked(path.map((status) => ({ order_fulfilment: status })));
    const write = insert('order_events', eventRow(orderNo, path.length + 2, { order_fulfilment: to }));
    expect(await attempt(write)).toMatch(allowed ? /^accepted$/ : /no such move of a fulfilment/);
  });
});

/** Tables whose rows are facts: one row of each, and where to find it. */
const KEPT = {
  order_events: (orderNo: string) => `order_no = '${orderNo}'`,
  payment_attempts: (orderNo: string) => `order_no = '${orderNo}'`,
  captures: (orderNo: string) => `order_no = '${orderNo}'`,
  refunds: (orderNo: string) => `order_no = '${orderNo}'`,
} as const;

describe('facts', () => {
  test.each(Object.entries(KEPT))('%s never leave', async (table, where) => {
    const orderNo = await captured();
    await must(insert('refunds', refundRow(orderNo, 1)));
    const before = await count(table, where(orderNo));
    expect(before).toBeGreaterThan(0);
    expect(await attempt(sql(`DELETE FROM ${table} WHERE ${where(orderNo)}`))).toMatch(/kept|only grows|is a fact/);
    expect(await count(table, where(orderNo))).toBe(before);
  });

  const EVENT = { actor: 'somebody', reason: 'another', at_ms: 1, order_status: 'paid', seq: 9, commit_id: 'x' };
  test.each(Object.entries(EVENT))('an event’s %s never changes', async (column, value) => {
    const orderNo = await placed();
    const write = sql(`UPDATE order_events SET ${column} = ? WHERE order_no = ?`, value, orderNo);
    expect(await attempt(write)).toMatch(/the log only grows/);
  });

  const CAPTURE = { amount_fen: 1, role: 'surplus', transaction_id: 'x', order_no: 'x', captured_at_ms: 1 };
  test.each(Object.entries(CAPTURE))('captured money’s %s never changes', async (column, value) => {
    const orderNo = await captured();
    const write = sql(`UPDATE captures SET ${column} = ? WHERE order_no = ?`, value, orderNo);
    expect(await attempt(write)).toMatch(/captured money is a fact/);
  });

  test.each<[string, (orderNo: string) => [table: string, row: Row]]>([
    ['an event', (orderNo) => ['order_events', eventRow(orderNo, 1, { actor: 'somebody' })]],
    ['an attempt', (orderNo) => ['payment_attempts', attemptRow(orderNo, 2, { status: 'closed' })]],
    ['the live attempt', (orderNo) => ['payment_attempts', attemptRow(orderNo, 3)]],
    ['captured money', (orderNo) => ['captures', captureRow(orderNo, 1, { role: 'surplus', amount_fen: 1 })]],
    ['the money that pays', (orderNo) => ['captures', captureRow(orderNo, 1, { transaction_id: orderNo })]],
  ])('%s never gives way to another', async (_name, another) => {
    const orderNo = await captured();
    await must(insert('payment_attempts', attemptRow(orderNo, 2)));
    const before = await rowsOf(orderNo);
    const [table, row] = another(orderNo);
    expect(await attempt(insert(table, row, 'OR REPLACE'))).not.toBe(ACCEPTED);
    expect(await rowsOf(orderNo)).toEqual(before);
  });

  test.each<[string, Row, Row]>([
    ['a refund', { status: 'processing' }, { refund_no: 'the same', purpose: 'surplus' }],
    ['the refund that was asked for', { status: 'requested' }, {}],
    ['the refund of surplus money', { purpose: 'surplus', status: 'processing' }, {}],
  ])('%s never gives way to another', async (_name, first, changes) => {
    const orderNo = await captured('surplus');
    await must(insert('refunds', refundRow(orderNo, 1, first)));
    const before = await rowsOf(orderNo);
    const same = changes['refund_no'] === undefined ? {} : { refund_no: `${orderNo}000101` };
    const second = refundRow(orderNo, 2, { ...first, amount_fen: 1, ...changes, ...same });
    expect(await attempt(insert('refunds', second, 'OR REPLACE'))).not.toBe(ACCEPTED);
    expect(await attempt(insert('refunds', { ...second, id: await idOf(orderNo) }, 'OR REPLACE'))).not.toBe(ACCEPTED);
    expect(await rowsOf(orderNo)).toEqual(before);
  });
});

async function idOf(orderNo: string): Promise<number> {
  return Number(await env.DB.prepare('SELECT id FROM refunds WHERE order_no = ?').bind(orderNo).first('id'));
}

async function rowsOf(orderNo: string): Promise<unknown[]> {
  const tables = await env.DB.batch(
    Object.keys(KEPT).map((table) => sql(`SELECT * FROM ${table} WHERE order_no = ?`, orderNo)),
  );
  return tables.map(({ results }) => results);
}

/** The time of payment, which exactly the paid ones have. */
const paidAt = (status: string) => (status === 'paid' ? 1500 : null);

describe('attempts', () => {
  test.each<[string, Row, RegExp]>([
    ['a number that does not begin with its order’s', { out_trade_no: '20221122999999999999990001' }, /CHECK/],
    ['a state that does not exist', { status: 'lost' }, /CHECK/],
    ['nothing to pay', { amount_fen: 0 }, /CHECK/],
    ['a negative amount', { amount_fen: -1 }, /CHECK/],
    ['more than the limit', { amount_fen: 10_000_000_001 }, /CHECK/],
    ['a fraction of a fen', { amount_fen: 19.99 }, /cannot store REAL value/],
    ['a text for an amount', { amount_fen: 'abc' }, /cannot store TEXT value/],
    ['paid at no time', { status: 'paid' }, /CHECK/],
    ['a time of payment without one', { paid_at_ms: 1 }, /CHECK/],
  ])('refuse %s', async (_name, changes, expected) => {
    const orderNo = await placed();
    expect(await attempt(insert('payment_attempts', attemptRow(orderNo, 1, changes)))).toMatch(expected);
  });

  test('refuse an order that does not exist', async () => {
    expect(await attempt(insert('payment_attempts', attemptRow(newNumber(), 1)))).toMatch(/FOREIGN KEY/);
  });

  test.each([
    ['pending', 'pending'],
    ['pending', 'opening'],
    ['opening', 'pending'],
    ['opening', 'opening'],
  ])('one live one an order: beside one that is %s, none that is %s', async (first, second) => {
    const orderNo = await placed();
    await must(insert('payment_attempts', attemptRow(orderNo, 1, { status: first })));
    const write = insert('payment_attempts', attemptRow(orderNo, 2, { status: second }));
    expect(await attempt(write)).not.toBe(ACCEPTED);
    expect(await count('payment_attempts', `order_no = '${orderNo}'`)).toBe(1);
  });

  test('two live ones in one batch are refused both', async () => {
    const orderNo = await placed();
    const writes = [1, 2].map((nth) => insert('payment_attempts', attemptRow(orderNo, nth)));
    expect(await attempt(...writes)).not.toBe(ACCEPTED);
    expect(await count('payment_attempts', `order_no = '${orderNo}'`)).toBe(0);
  });

  test('another may follow one that is over, and the same number comes once', async () => {
    const orderNo = await placed();
    await must(insert('payment_attempts', attemptRow(orderNo, 1, { status: 'closed' })));
    await must(insert('payment_attempts', attemptRow(orderNo, 2)));
    const again = insert('payment_attempts', attemptRow(orderNo, 1, { status: 'closed' }));
    expect(await attempt(again)).not.toBe(ACCEPTED);
  });

  test.each(movesOf(MACHINES.attempt))('from %s to %s: %s', async (from, to, allowed) => {
    const orderNo = await placed();
    await must(insert('payment_attempts', attemptRow(orderNo, 1, { status: from, paid_at_ms: paidAt(from) })));
    const move = 'UPDATE payment_attempts SET status = ?, paid_at_ms = ? WHERE order_no = ?';
    const said = await attempt(sql(move, to, paidAt(to), orderNo));
    expect(said).toMatch(allowed ? /^accepted$/ : /no such move of an attempt/);
  });

  test.each([
    'out_trade_no',
    'order_no',
    'provider',
    'kind',
    'amount_fen',
    'created_at_ms',
    'expires_at_ms',
    'payable_until_ms',
    'choice',
  ])('their %s never changes', async (column) => {
    const orderNo = await placed();
    await must(insert('payment_attempts', attemptRow(orderNo, 1)));
    const write = sql(`UPDATE payment_attempts SET ${column} = ${column} || 1 WHERE order_no = ?`, orderNo);
    expect(await attempt(write)).toMatch(/the terms of an attempt are fixed/);
  });
});

describe('captured money', () => {
  test.each<[string, Row, RegExp]>([
    ['a fen too much', { amount_fen: AMOUNT_FEN + 1 }, /what pays an order is its amount/],
    ['a fen too little', { amount_fen: AMOUNT_FEN - 1 }, /what pays an order is its amount/],
    ['none', { role: 'surplus', amount_fen: 0 }, /CHECK/],
    ['a negative amount', { role: 'surplus', amount_fen: -1 }, /CHECK/],
    ['a fraction of a fen', { role: 'surplus', amount_fen: 19.99 }, /cannot store REAL value/],
    ['a text for an amount', { role: 'surplus', amount_fen: 'abc' }, /cannot store TEXT value/],
    ['a role that does not exist', { role: 'gift' }, /CHECK/],
    ['an attempt that does not exist', { out_trade_no: '20221122999999999999990001' }, /FOREIGN KEY/],
  ])('refuses %s', async (_name, changes, expected) => {
    const orderNo = await placed();
    await must(insert('payment_attempts', attemptRow(orderNo, 1)));
    expect(await attempt(insert('captures', captureRow(orderNo, 1, changes)))).toMatch(expected);
  });

  test('pays an order once', async () => {
    const orderNo = await captured();
    const second = { transaction_id: `${orderNo}-t2` };
    expect(await attempt(insert('captures', captureRow(orderNo, 1, second)))).not.toBe(ACCEPTED);
    await must(insert('captures', captureRow(orderNo, 1, { ...second, role: 'surplus' })));
  });

  test('is recorded once for each transaction of a provider, whatever order it is said to be for', async () => {
    const [first, second] = [await captured(), await placed()];
    await must(insert('payment_attempts', attemptRow(second, 1)));
    const same = { transaction_id: `${first}-t1` };
    expect(await attempt(insert('captures', captureRow(second, 1, same)))).not.toBe(ACCEPTED);
    await must(insert('captures', captureRow(second, 1, { ...same, provider: 'wechat-pay' })));
  });
});

describe('refunds', () => {
  test.each<[string, Row, RegExp]>([
    ['a fen more than was captured', { amount_fen: AMOUNT_FEN + 1 }, /more than was captured/],
    ['nothing', { amount_fen: 0 }, /CHECK/],
    ['a negative amount', { amount_fen: -1 }, /CHECK/],
    ['a fraction of a fen', { amount_fen: 19.99 }, /cannot store REAL value/],
    ['a text for an amount', { amount_fen: 'abc' }, /cannot store TEXT value|more than was captured/],
    ['a number that does not begin with its attempt’s', { refund_no: '2022112299999999999999000101' }, /CHECK/],
    ['a purpose that does not exist', { purpose: 'gift' }, /CHECK/],
    ['a state that does not exist', { status: 'lost' }, /a refund starts open/],
    ['succeeded from the start', { status: 'succeeded' }, /a refund starts open/],
    ['failed from the start', { status: 'failed' }, /a refund starts open/],
    ['rejected from the start', { status: 'rejected' }, /a refund starts open/],
    ['money that nobody captured', { transaction_id: 'none' }, /FOREIGN KEY/],
    ['another provider’s money', { provider: 'wechat-pay' }, /FOREIGN KEY/],
  ])('refuse %s', async (_name, changes, expected) => {
    const orderNo = await captured();
    expect(await attempt(insert('refunds', refundRow(orderNo, 1, changes)))).toMatch(expected);
  });

  test('take all that was captured, and then not a fen more', async () => {
    const orderNo = await captured();
    await must(insert('refunds', refundRow(orderNo, 1, { amount_fen: AMOUNT_FEN, status: 'processing' })));
    await must(sql("UPDATE refunds SET status = 'succeeded' WHERE order_no = ?", orderNo));
    const write = insert('refunds', refundRow(orderNo, 2, { amount_fen: 1 }));
    expect(await attempt(write)).toMatch(/more than was captured/);
  });

  test.each([
    ['processing', 'failed', true],
    ['requested', 'rejected', true],
    ['processing', 'succeeded', false],
  ])('one that was %s and then %s leaves the money free: %s', async (from, to, isFree) => {
    const orderNo = await captured();
    await must(insert('refunds', refundRow(orderNo, 1, { amount_fen: AMOUNT_FEN, status: from })));
    await must(sql('UPDATE refunds SET status = ? WHERE order_no = ?', to, orderNo));
    const said = await attempt(insert('refunds', refundRow(orderNo, 2, { amount_fen: AMOUNT_FEN })));
    expect(said).toMatch(isFree ? /^accepted$/ : /more than was captured/);
  });

  test('two in one batch are added up', async () => {
    const orderNo = await captured('surplus');
    const half = AMOUNT_FEN / 2;
    // The first is asked for, the second surplus: only the sum can refuse them.
    const first = insert('refunds', refundRow(orderNo, 1, { amount_fen: half + 1 }));
    const second = { amount_fen: half, purpose: 'surplus', status: 'processing' };
    expect(await attempt(first, insert('refunds', refundRow(orderNo, 2, second)))).toMatch(/more than was captured/);
    expect(await count('refunds', `order_no = '${orderNo}'`)).toBe(0);
    await must(first, insert('refunds', refundRow(orderNo, 2, { ...second, amount_fen: half - 1 })));
  });

  test.each([
    ['requested', 'requested'],
    ['requested', 'processing'],
    ['processing', 'requested'],
  ])('one open one an order: beside one that is %s, none that is %s', async (first, second) => {
    const orderNo = await captured();
    await must(insert('refunds', refundRow(orderNo, 1, { status: first })));
    expect(await attempt(insert('refunds', refundRow(orderNo, 2, { status: second })))).not.toBe(ACCEPTED);
  });

  test('one a surplus, until it has come to nothing', async () => {
    const orderNo = await captured('surplus');
    const surplus = { purpose: 'surplus', status: 'processing' };
    await must(insert('refunds', refundRow(orderNo, 1, surplus)));
    expect(await attempt(insert('refunds', refundRow(orderNo, 2, surplus)))).not.toBe(ACCEPTED);
    await must(sql("UPDATE refunds SET status = 'failed' WHERE order_no = ?", orderNo));
    await must(insert('refunds', refundRow(orderNo, 2, surplus)));
  });

  test('the same number comes once', async () => {
    const orderNo = await captured();
    await must(insert('refunds', refundRow(orderNo, 1)));
    await must(sql("UPDATE refunds SET status = 'rejected' WHERE order_no = ?", orderNo));
    expect(await attempt(insert('refunds', refundRow(orderNo, 1)))).not.toBe(ACCEPTED);
  });

  test.each(movesOf(MACHINES.refund))('from %s to %s: %s', async (from, to, allowed) => {
    const orderNo = await captured();
    const [start = '', ...rest] = pathTo(MACHINES.refund, ['requested', 'processing'], from);
    await must(insert('refunds', refundRow(orderNo, 1, { status: start })));
    for (const status of rest) await must(sql('UPDATE refunds SET status = ? WHERE order_no = ?', status, orderNo));
    const said = await attempt(sql('UPDATE refunds SET status = ? WHERE order_no = ?', to, orderNo));
    expect(said).toMatch(allowed ? /^accepted$/ : /no such move of a refund/);
  });

  test.each([
    'refund_no',
    'order_no',
    'out_trade_no',
    'provider',
    'transaction_id',
    'purpose',
    'amount_fen',
    'created_at_ms',
  ])('their %s never changes', async (column) => {
    const orderNo = await captured();
    await must(insert('refunds', refundRow(orderNo, 1)));
    const write = sql(`UPDATE refunds SET ${column} = ${column} || 1 WHERE order_no = ?`, orderNo);
    expect(await attempt(write)).toMatch(/the terms of a refund are fixed/);
  });
});

describe('what is kept beside', () => {
  const note: Row = {
    provider: 'alipay',
    notification_id: 'n1',
    out_trade_no: 'x',
    outcome: 'foreign',
    first_at_ms: 1,
    last_at_ms: 1,
  };
  const item: Row = { kind: 'technicians', id: '1', body: '{}', created_at_ms: 1, updated_at_ms: 1 };
  const key: Row = { user_id: '1', route: 'r', key: 'k', body_hash: 'h', created_at_ms: 1 };

  test.each<[string, string, Row, RegExp]>([
    [
      'a notification with an outcome that does not exist',
      'provider_notifications',
      { ...note, outcome: 'x' },
      /CHECK/,
    ],
    ['half a fen notified', 'provider_notifications', { ...note, amount_fen: 0.5 }, /cannot store REAL value/],
    ['a catalogue row without an id', 'catalog_items', { ...item, id: '' }, /CHECK/],
    ['a catalogue row with an id of 65 characters', 'catalog_items', { ...item, id: 'i'.repeat(65) }, /CHECK/],
    ['a catalogue row that is a list', 'catalog_items', { ...item, body: '[]' }, /CHECK/],
    ['a catalogue row that is no JSON', 'catalog_items', { ...item, body: 'x' }, /malformed JSON/],
    ['a key for no order', 'idempotency_keys', { ...key, order_no: '2022112299999999999999' }, /FOREIGN KEY/],
    ['a run at no time', 'job_runs', { job: 'j', ran_at_ms: 'now' }, /cannot store TEXT value/],
    ['a notice of no event', 'outbox', { order_no: 'x', seq: 1, next_at_ms: 1 }, /FOREIGN KEY/],
    ['a move of no machine', 'lifecycle_moves', { machine: 'x', from_status: 'a', to_status: 'b' }, /CHECK/],
  ])('refuses %s', async (_name, table, row, expected) => {
    expect(await attempt(insert(table, row))).toMatch(expected);
  });

  test('a key is used once, by its user, on its route', async () => {
    const orderNo = await placed();
    const row = { ...key, order_no: orderNo };
    await must(insert('idempotency_keys', row));
    expect(await attempt(insert('idempotency_keys', row))).toMatch(/UNIQUE.*idempotency_keys/);
    for (const other of [{ user_id: '2' }, { route: 's' }, { key: 'l' }]) {
      await must(insert('idempotency_keys', { ...row, ...other }));
    }
    for (const bad of ['', 'k'.repeat(256)]) {
      expect(await attempt(insert('idempotency_keys', { ...row, key: bad }))).toMatch(/CHECK/);
    }
  });

  test('a notification is kept once, a catalogue row once, a job once', async () => {
    await must(insert('provider_notifications', note), insert('catalog_items', item));
    await must(insert('job_runs', { job: 'j', ran_at_ms: 1 }));
    expect(await attempt(insert('provider_notifications', note))).toMatch(/UNIQUE/);
    expect(await attempt(insert('catalog_items', item))).toMatch(/UNIQUE/);
    expect(await attempt(insert('job_runs', { job: 'j', ran_at_ms: 2 }))).toMatch(/UNIQUE/);
  });

  test('an outbox row has one of its three states', async () => {
    const orderNo = await placed();
    const write = sql("UPDATE outbox SET status = 'lost' WHERE order_no = ?", orderNo);
    expect(await attempt(write)).toMatch(/CHECK/);
  });
});

/** A sealed text of a key, as the vault writes it. */
const sealedRow = (changes: Row = {}): Row => ({ row_name: 'order/1', key_id: 'k1', sealed: 'k1.text', ...changes });

describe('personal data', () => {
  test.each(['order/1', 'order/1/words/a-b', 'attempt/1', 'catalog/users/1'])(
    'is kept under %s, once',
    async (name) => {
      const row = sealedRow({ row_name: `${name}-kept` });
      await must(insert('personal_data', row));
      expect(await attempt(insert('personal_data', row))).toMatch(/UNIQUE.*personal_data/);
    },
  );

  test.each<[string, Row, RegExp]>([
    ['a row of nobody’s', { row_name: 'person/1' }, /CHECK/],
    ['a row that only begins like one', { row_name: 'orders/1' }, /CHECK/],
    ['a row without a name', { row_name: '' }, /CHECK/],
    ['no row', { row_name: null }, /NOT NULL/],
    ['a text in plain', { sealed: '张三 13800138000' }, /CHECK/],
    ['a text of another key than it says', { key_id: 'k2' }, /CHECK/],
    ['a text that only begins with its key’s id', { sealed: 'k1text' }, /CHECK/],
    ['a text of no key', { key_id: null }, /NOT NULL/],
    ['no text', { sealed: null }, /NOT NULL/],
    ['bytes that are no text', { sealed: 12 }, /CHECK/],
  ])('refuses %s', async (_name, changes, expected) => {
    expect(await attempt(insert('personal_data', sealedRow(changes)))).toMatch(expected);
    expect(await attempt(insert('personal_data', sealedRow(changes), 'OR REPLACE'))).toMatch(expected);
  });

  test.each(['key_id', 'sealed'])('never has a new %s alone', async (column) => {
    const row = sealedRow({ row_name: `order/${column}` });
    await must(insert('personal_data', row));
    const both = sql(
      "UPDATE personal_data SET key_id = 'k2', sealed = 'k2.text' WHERE row_name = ?",
      `order/${column}`,
    );
    const one = `UPDATE personal_data SET ${column} = ? WHERE row_name = ?`;
    expect(await attempt(sql(one, column === 'key_id' ? 'k2' : 'k2.text', `order/${column}`))).toMatch(/CHECK/);
    await must(both);
  });

  test('can be taken away without a trace: a person can be forgotten, and their order stays', async () => {
    const orderNo = await captured();
    const names = [`order/${orderNo}`, `order/${orderNo}/words/1`, `attempt/${orderNo}0001`];
    await must(...names.map((name) => insert('personal_data', sealedRow({ row_name: name }))));
    const before = await rowsOf(orderNo);
    await must(...names.map((name) => sql('DELETE FROM personal_data WHERE row_name = ?', name)));
    expect(await rowsOf(orderNo)).toEqual(before);
  });
});

describe('places', () => {
  test('are each taken once, by a user of a dialect', async () => {
    const row = orderRow(newNumber(), { user_id: 'places', place: 1 });
    await must(insert('orders', row));
    const again = orderRow(newNumber(), { user_id: 'places', place: 1 });
    expect(await attempt(insert('orders', again))).toMatch(/UNIQUE.*orders\.place/);
    for (const other of [{ place: 2 }, { user_id: 'another' }, { dialect: 'print-shop' }]) {
      await must(insert('orders', { ...again, order_no: newNumber(), ...other }));
    }
  });

  test.each([
    ['a fraction', 1.5],
    ['a text', 'first'],
    ['none', null],
  ])('are never %s', async (_name, place) => {
    const said = await attempt(insert('orders', orderRow(newNumber(), { user_id: 'nowhere', place })));
    expect(said).toMatch(/cannot store (?:REAL|TEXT) value|NOT NULL/);
  });

  test('of two orders in one batch that take the same one, neither is placed', async () => {
    const writes = [1, 2].map(() => insert('orders', orderRow(newNumber(), { user_id: 'twins', place: 1 })));
    expect(await attempt(...writes)).toMatch(/UNIQUE/);
    expect(await count('orders', "user_id = 'twins'")).toBe(0);
    expect(await tallies('twins')).toEqual({});
  });
});

/** How many orders the tallies say that a user has, by dialect and state; nothing where there are none. */
async function tallies(userId: string): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare('SELECT * FROM order_tallies WHERE user_id = ? AND orders > 0')
    .bind(userId)
    .all<{ dialect: string; listed_state: string; orders: number }>();
  return Object.fromEntries(
    results.map(({ dialect, listed_state: state, orders: some }) => [`${dialect} ${state}`, some]),
  );
}

/** An order of a user, and one step on its way. */
async function placedBy(userId: string, changes: Row = {}): Promise<string> {
  const orderNo = newNumber();
  const row = orderRow(orderNo, { user_id: userId, ...changes });
  await must(insert('orders', row), insert('order_events', eventRow(orderNo, 1)));
  return orderNo;
}

const go = (orderNo: string, seq: number, changes: Row) =>
  must(insert('order_events', eventRow(orderNo, seq, changes)));

describe('tallies', () => {
  let users = 0;
  const newUser = (): string => `tallied-${users++}`;

  test('count each order as it is placed, by its user, its dialect and its state', async () => {
    const [userId, other] = [newUser(), newUser()];
    for (const dialect of ['technician-booking', 'technician-booking', 'print-shop']) {
      await placedBy(userId, { dialect });
    }
    await placedBy(other);
    expect(await tallies(userId)).toEqual({ 'technician-booking pending_payment': 2, 'print-shop pending_payment': 1 });
    expect(await tallies(other)).toEqual({ 'technician-booking pending_payment': 1 });
  });

  test('follow it through its states, and lose it when it is deleted', async () => {
    const userId = newUser();
    const [paid, gone] = [await placedBy(userId), await placedBy(userId)];
    await go(paid, 2, { type: 'order_paid', order_status: 'paid' });
    const unpaid = { 'technician-booking pending_payment': 1 };
    expect(await tallies(userId)).toEqual({ ...unpaid, 'technician-booking paid/unfulfilled': 1 });
    await go(paid, 3, { type: 'refund_requested', order_status: 'paid', refunding: 1 });
    expect(await tallies(userId)).toEqual({ ...unpaid, 'technician-booking paid/unfulfilled/refunding': 1 });
    await go(paid, 4, { type: 'fulfilment_advanced', order_status: 'paid', order_fulfilment: 'fulfilled' });
    expect(await tallies(userId)).toEqual({ ...unpaid, 'technician-booking paid/fulfilled/refunding': 1 });
    await go(paid, 5, {
      type: 'refund_rejected',
      order_status: 'paid',
      order_fulfilment: 'fulfilled',
      refunding: 0,
    });
    expect(await tallies(userId)).toEqual({ ...unpaid, 'technician-booking paid/fulfilled': 1 });
    await go(paid, 6, { type: 'order_completed', order_status: 'completed', order_fulfilment: 'fulfilled' });
    await go(gone, 2, { type: 'order_deleted', order_status: 'cancelled' });
    expect(await tallies(userId)).toEqual({ 'technician-booking completed': 1 });
  });

  test('are kept for all users of a dialect as well, under the name that nobody has', async () => {
    const [dialect, first, second] = [`dialect-${users}`, newUser(), newUser()];
    const inAll = async () =>
      Object.fromEntries(Object.entries(await tallies('')).filter(([name]) => name.startsWith(`${dialect} `)));
    const [one, two] = [await placedBy(first, { dialect }), await placedBy(second, { dialect })];
    expect(await inAll()).toEqual({ [`${dialect} pending_payment`]: 2 });
    await go(one, 2, { type: 'order_paid', order_status: 'paid' });
    expect(await inAll()).toEqual({ [`${dialect} pending_payment`]: 1, [`${dialect} paid/unfulfilled`]: 1 });
    await go(two, 2, { type: 'order_deleted', order_status: 'cancelled' });
    expect(await inAll()).toEqual({ [`${dialect} paid/unfulfilled`]: 1 });
    expect(await attempt(insert('orders', orderRow(newNumber(), { user_id: '' })))).toMatch(/CHECK/);
  });

  test('lose an order that is deleted once it has ended, and never twice', async () => {
    const userId = newUser();
    const [one, two] = [await placedBy(userId), await placedBy(userId)];
    for (const orderNo of [one, two]) await go(orderNo, 2, { type: 'order_expired', order_status: 'expired' });
    await go(one, 3, { type: 'order_deleted', order_status: 'expired' });
    expect(await tallies(userId)).toEqual({ 'technician-booking expired': 1 });
    await go(one, 4, { type: 'order_deleted', order_status: 'expired' });
    expect(await tallies(userId)).toEqual({ 'technician-booking expired': 1 });
  });

  test('are as they were where the write falls', async () => {
    const userId = newUser();
    const orderNo = await placedBy(userId);
    const paid = { type: 'order_paid', order_status: 'paid' };
    expect(await attempt(insert('order_events', eventRow(orderNo, 2, paid)), sql('SELECT nothing'))).not.toBe(ACCEPTED);
    expect(await attempt(insert('order_events', eventRow(orderNo, 5, paid)))).toMatch(/order has moved on/);
    expect(await attempt(insert('orders', orderRow(orderNo, { user_id: userId, place: 77 })))).toMatch(/UNIQUE/);
    expect(await tallies(userId)).toEqual({ 'technician-booking pending_payment': 1 });
  });

  test('never fall below nothing', async () => {
    const userId = newUser();
    await placedBy(userId);
    const write = sql('UPDATE order_tallies SET orders = orders - 2 WHERE user_id = ?', userId);
    expect(await attempt(write)).toMatch(/CHECK/);
  });
});

/** One column of an order. */
async function columnOf(orderNo: string, column: string): Promise<unknown> {
  return env.DB.prepare(`SELECT ${column} FROM orders WHERE order_no = ?`).bind(orderNo).first(column);
}

const SPLIT: Row = { type: 'order_split', order_status: 'split', to_status: 'split' };
const SPLIT_OFF: Row = { type: 'order_split_off', order_status: 'paid', to_status: 'paid' };

/** An order that a payment has paid, and whose log says so. */
async function paidOrder(): Promise<string> {
  const orderNo = await captured();
  await go(orderNo, 2, { type: 'order_paid', order_status: 'paid' });
  return orderNo;
}

/** A part as it is written: the order and the event that says that it is paid. */
function part(parentNo: string, amountFen: number, changes: Row = {}): { orderNo: string; writes: [Write, Write] } {
  const orderNo = newNumber();
  const row = orderRow(orderNo, { parent_no: parentNo, amount_fen: amountFen, ...changes });
  return { orderNo, writes: [insert('orders', row), insert('order_events', eventRow(orderNo, 1, SPLIT_OFF))] };
}

const NOT_OFF = /more than the order that it is split off/;

describe('parts', () => {
  test('of a paid order make the whole, to the fen; each is paid from its first event on', async () => {
    const whole = await paidOrder();
    const parts = [part(whole, 1), part(whole, AMOUNT_FEN - 1)];
    await must(insert('order_events', eventRow(whole, 3, SPLIT)), ...parts.flatMap(({ writes }) => writes));
    for (const { orderNo } of parts) {
      expect([await columnOf(orderNo, 'status'), await columnOf(orderNo, 'paid_at_ms')]).toEqual(['paid', 1001]);
    }
    expect(await attempt(...part(whole, 1).writes)).toMatch(NOT_OFF);
  });

  test.each([
    ['in one batch', 1],
    ['one after the other', 2],
  ])('never make more than the whole: %s', async (_name, batches) => {
    const whole = await paidOrder();
    const [first, second] = [part(whole, AMOUNT_FEN / 2 + 1), part(whole, AMOUNT_FEN / 2)];
    if (batches === 2) await must(...first.writes);
    const said = await attempt(...(batches === 1 ? first.writes : []), ...second.writes);
    expect(said).toMatch(NOT_OFF);
    expect(await count('orders', `parent_no = '${whole}'`)).toBe(batches - 1);
  });

  test('are never as large as the whole and a fen', async () => {
    const whole = await paidOrder();
    expect(await attempt(...part(whole, AMOUNT_FEN + 1).writes)).toMatch(NOT_OFF);
    expect(await attempt(...part(whole, AMOUNT_FEN).writes)).toBe(ACCEPTED);
  });

  test.each<[string, () => Promise<string>]>([
    ['that nobody paid', placed],
    ['that only surplus money came for', () => captured('surplus')],
    ['that says that it is paid, and for which no money came', () => walked([{ order_status: 'paid' }])],
    ['that does not exist', () => Promise.resolve('2022112299999999999999')],
  ])('are never split off an order %s', async (_name, make) => {
    expect(await attempt(...part(await make(), 1).writes)).toMatch(NOT_OFF);
  });

  test('of a part that is split take its share of the one payment, and no more', async () => {
    const whole = await paidOrder();
    const [half, other] = [part(whole, AMOUNT_FEN / 2), part(whole, AMOUNT_FEN / 2)];
    await must(insert('order_events', eventRow(whole, 3, SPLIT)), ...half.writes, ...other.writes);
    // The payment is the whole order's: a part has none of its own to be split off.
    expect(await attempt(...part(half.orderNo, 1).writes)).toMatch(NOT_OFF);
    expect(await attempt(...part(whole, 1).writes)).toMatch(NOT_OFF);
    const quarters = [part(whole, AMOUNT_FEN / 4), part(whole, AMOUNT_FEN / 4)];
    await must(insert('order_events', eventRow(half.orderNo, 2, SPLIT)), ...quarters.flatMap(({ writes }) => writes));
    expect(await attempt(...part(whole, 1).writes)).toMatch(NOT_OFF);
  });

  test('start unpaid, like any order, and stay the children of theirs', async () => {
    const [whole, another] = [await paidOrder(), await paidOrder()];
    const { orderNo, writes } = part(whole, 1);
    for (const changes of [{ status: 'paid' }, { fulfilment: 'fulfilled' }, { version: 1 }]) {
      expect(await attempt(...part(whole, 1, changes).writes)).toMatch(/an order starts unpaid/);
    }
    await must(...writes);
    for (const parentNo of [another, null, orderNo, whole]) {
      const write = sql('UPDATE orders SET parent_no = ? WHERE order_no = ?', parentNo, orderNo);
      expect(await attempt(write)).toMatch(/an order moves only by its log|the terms of an order are fixed/);
    }
    expect(await columnOf(orderNo, 'parent_no')).toBe(whole);
  });

  test('have their refunds bounded together by the one payment', async () => {
    const whole = await paidOrder();
    const parts = [part(whole, AMOUNT_FEN / 2), part(whole, AMOUNT_FEN / 2)] as const;
    await must(insert('order_events', eventRow(whole, 3, SPLIT)), ...parts.flatMap(({ writes }) => writes));
    const [first, second] = parts;
    const refund = (nth: number, orderNo: string, amountFen: number) =>
      insert('refunds', refundRow(whole, nth, { order_no: orderNo, amount_fen: amountFen, status: 'processing' }));
    await must(refund(1, first.orderNo, AMOUNT_FEN / 2));
    expect(await attempt(refund(1, second.orderNo, 1))).not.toBe(ACCEPTED);
    expect(await attempt(refund(2, second.orderNo, AMOUNT_FEN / 2 + 1))).toMatch(/more than was captured/);
    await must(refund(2, second.orderNo, AMOUNT_FEN / 2));
    expect(await attempt(refund(3, whole, 1))).toMatch(/more than was captured/);
  });
});

describe('what the log says of an order beside its states', () => {
  test('that money is asked back, and that it is not any more; nothing said leaves it', async () => {
    const orderNo = await paidOrder();
    const seen: unknown[] = [];
    for (const [nth, refunding] of [null, 1, null, 0, null].entries()) {
      await go(orderNo, nth + 3, { order_status: 'paid', refunding });
      seen.push(await columnOf(orderNo, 'refunding'));
    }
    expect(seen).toEqual([0, 1, 1, 0, 0]);
  });

  test('how much is held back; nothing said leaves it', async () => {
    const orderNo = await paidOrder();
    const seen: unknown[] = [];
    for (const [nth, heldBackFen] of [null, 1, null, AMOUNT_FEN, 0].entries()) {
      await go(orderNo, nth + 3, { order_status: 'paid', held_back_fen: heldBackFen });
      seen.push(await columnOf(orderNo, 'held_back_fen'));
    }
    expect(seen).toEqual([0, 1, 1, AMOUNT_FEN, 0]);
  });

  test.each<[string, Row, RegExp]>([
    ['a fen more than the order held back', { held_back_fen: AMOUNT_FEN + 1 }, /CHECK/],
    ['less than nothing held back', { held_back_fen: -1 }, /CHECK/],
    ['half a fen held back', { held_back_fen: 0.5 }, /cannot store REAL value/],
    ['a text held back', { held_back_fen: 'all' }, /cannot store TEXT value/],
    ['something between asked back and not', { refunding: 2 }, /CHECK/],
    ['facts that are a list', { facts: '["a"]' }, /CHECK/],
    ['facts that are a word', { facts: '"a"' }, /CHECK/],
    ['facts that are no JSON', { facts: 'x' }, /malformed JSON/],
  ])('refuses %s, with all that was written beside it', async (_name, changes, expected) => {
    const orderNo = await paidOrder();
    const write = insert('order_events', eventRow(orderNo, 3, { order_status: 'paid', ...changes }));
    expect(await attempt(write)).toMatch(expected);
    expect(await count('order_events', `order_no = '${orderNo}'`)).toBe(2);
  });

  test.each(['refunding', 'held_back_fen', 'facts'])('an event’s %s never changes', async (column) => {
    const orderNo = await placed();
    const write = sql(`UPDATE order_events SET ${column} = NULL WHERE order_no = ?`, orderNo);
    expect(await attempt(write)).toMatch(/the log only grows/);
  });

  test.each(['refunding', 'held_back_fen'])(
    'nobody sets %s beside the log, not even with the next version',
    async (column) => {
      const orderNo = await paidOrder();
      for (const more of ['', ', version = version + 1']) {
        const write = sql(`UPDATE orders SET ${column} = 1${more} WHERE order_no = ?`, orderNo);
        expect(await attempt(write)).toMatch(/an order moves only by its log/);
      }
      expect(await columnOf(orderNo, column)).toBe(0);
    },
  );

  test('not even a part is placed with more held back than it is, or half refunding', async () => {
    const whole = await paidOrder();
    expect(await attempt(...part(whole, 100, { held_back_fen: 101 }).writes)).toMatch(/CHECK/);
    expect(await attempt(...part(whole, 100, { refunding: 2 }).writes)).toMatch(/CHECK/);
  });
});

describe('shares', () => {
  test.each<[string, Row, RegExp]>([
    ['nothing', { share_fen: 0 }, /CHECK/],
    ['less than nothing', { share_fen: -1 }, /CHECK/],
    ['more than the limit', { share_fen: 10_000_000_001 }, /CHECK/],
    ['half a fen', { share_fen: 0.5 }, /cannot store REAL value/],
    ['a text', { share_fen: 'all' }, /cannot store TEXT value/],
    ['due before the work is done', { share_fen: 1, share_wait_ms: -1 }, /CHECK/],
    ['due at half a millisecond', { share_fen: 1, share_wait_ms: 0.5 }, /cannot store REAL value/],
  ])('are never %s', async (_name, changes, expected) => {
    const row = orderRow(newNumber(), { commission_to: '2', ...changes });
    expect(await attempt(insert('orders', row))).toMatch(expected);
  });

  // Of what a balance has paid, too: more than what was left to pay.
  test.each([1, AMOUNT_FEN, AMOUNT_FEN + 1, null])('may be %s fen', async (shareFen) => {
    const row = orderRow(newNumber(), { commission_to: '2', share_fen: shareFen });
    expect(await attempt(insert('orders', row))).toBe(ACCEPTED);
  });
});

describe('the checks at the head of the migrations', () => {
  test('find nothing amiss after all of this', async () => {
    const outOfStep = await env.DB.prepare(
      `SELECT o.order_no FROM orders o
        WHERE o.version <> (SELECT coalesce(max(seq), 0) FROM order_events e WHERE e.order_no = o.order_no)
           OR o.status <> coalesce((SELECT order_status FROM order_events e
                                     WHERE e.order_no = o.order_no AND e.seq = o.version), o.status)`,
    ).all();
    expect(outOfStep.results).toEqual([]);
    const overdrawn = await env.DB.prepare(
      `SELECT c.transaction_id FROM captures c
        WHERE c.amount_fen < (SELECT coalesce(sum(r.amount_fen), 0) FROM refunds r
                               WHERE r.provider = c.provider AND r.transaction_id = c.transaction_id
                                 AND r.status NOT IN ('failed', 'rejected'))`,
    ).all();
    expect(overdrawn.results).toEqual([]);
    const listed = 'dialect, listed_state, count(*) FROM orders WHERE deleted_at_ms IS NULL GROUP BY 1, 2, 3';
    const counted = `SELECT * FROM (SELECT user_id, ${listed} UNION ALL SELECT '', ${listed})`;
    const tallied = 'SELECT user_id, dialect, listed_state, orders FROM order_tallies WHERE orders > 0';
    const miscounted = await env.DB.batch([sql(`${counted} EXCEPT ${tallied}`), sql(`${tallied} EXCEPT ${counted}`)]);
    const unevenly = await env.DB.prepare(
      `SELECT p.parent_no FROM orders p WHERE p.status <> 'split' GROUP BY p.parent_no
        HAVING p.parent_no IS NOT NULL
           AND sum(p.amount_fen) > (SELECT amount_fen FROM orders w WHERE w.order_no = p.parent_no)`,
    ).all();
    expect(unevenly.results).toEqual([]);
    expect(miscounted.map(({ results }) => results)).toEqual([[], []]);
    expect(await count('order_tallies', 'orders > 0')).toBeGreaterThan(10);
    expect(await count('order_events')).toBe(await count('outbox'));
    expect(await count('order_events')).toBeGreaterThan(100);
  });
});
