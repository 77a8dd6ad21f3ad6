/** What the database keeps by itself of balances, coupons and subscriptions, tried with raw SQL. */
import { env } from 'cloudflare:workers';
import { describe, expect, test } from 'vitest';
import type { OrderStatus } from '../../src/core/order/lifecycle.ts';
import {
  ACCEPTED,
  attempt,
  attemptRow,
  captureRow,
  count,
  eventRow,
  insert,
  must,
  newNumber,
  orderRow,
  refundRow,
  type Row,
  sql,
  type Write,
} from './raw-rows.ts';

let users = 0;
const newUser = (): string => `user-${users++}`;

const TERMS = JSON.stringify({ planId: '1', effect: 'begin', months: 1, surplusFen: 0, creditFen: 0 });

/** An order of a user on their account, and its first event. */
function onAccount(userId: string, changes: Row = {}): { orderNo: string; writes: [Write, Write] } {
  const orderNo = newNumber();
  const row = orderRow(orderNo, { user_id: userId, subscription: TERMS, ...changes });
  return { orderNo, writes: [insert('orders', row), insert('order_events', eventRow(orderNo, 1))] };
}

async function placed(userId: string, changes: Row = {}): Promise<string> {
  const { orderNo, writes } = onAccount(userId, changes);
  await must(...writes);
  return orderNo;
}

/** The events that lead from a placed order to a state. */
const WAYS: Readonly<Record<Exclude<OrderStatus, 'split'>, readonly Row[]>> = {
  pending_payment: [],
  paid: [{ type: 'order_paid', order_status: 'paid' }],
  completed: [
    { type: 'order_paid', order_status: 'paid' },
    { type: 'order_completed', order_status: 'completed' },
  ],
  cancelled: [{ type: 'order_cancelled', order_status: 'cancelled' }],
  expired: [{ type: 'order_expired', order_status: 'expired' }],
  refunded: [
    { type: 'order_paid', order_status: 'paid' },
    { type: 'order_refunded', order_status: 'refunded' },
  ],
  absorbed: [
    { type: 'order_paid', order_status: 'paid' },
    { type: 'order_completed', order_status: 'completed' },
    { type: 'order_absorbed', order_status: 'absorbed' },
  ],
};

/** An order of a user that has come to a state. */
async function inState(status: keyof typeof WAYS, userId: string, changes: Row = {}): Promise<string> {
  const orderNo = await placed(userId, changes);
  await go(orderNo, ...WAYS[status]);
  return orderNo;
}

/** Lets a placed order go on, one event after the other. */
async function go(orderNo: string, ...events: readonly Row[]): Promise<void> {
  for (const [nth, changes] of events.entries()) {
    await must(insert('order_events', eventRow(orderNo, nth + 2, changes)));
  }
}

const entryRow = (userId: string, seq: number, changes: Row = {}): Row => ({
  user_id: userId,
  seq,
  at_ms: 1000,
  kind: 'set',
  amount_fen: 500,
  balance_fen: 500,
  actor: 'operator:1',
  ...changes,
});

/** A user with a balance, from the first row of their ledger on. */
async function withBalance(fen: number): Promise<string> {
  const userId = newUser();
  await must(insert('balance_entries', entryRow(userId, 1, { amount_fen: fen, balance_fen: fen })));
  return userId;
}

const rowsOf = async (query: string, ...values: string[]) =>
  (
    await env.DB.prepare(query)
      .bind(...values)
      .all()
  ).results;
const ledgerOf = (userId: string) =>
  rowsOf('SELECT seq, kind, amount_fen, balance_fen, order_no FROM balance_entries WHERE user_id = ?1', userId);
/** Each row of a ledger in one word. */
const storyOf = async (userId: string) =>
  (await ledgerOf(userId)).map(
    ({ kind, amount_fen, balance_fen }) => `${String(kind)} ${String(amount_fen)} = ${String(balance_fen)}`,
  );

describe('a ledger', () => {
  test('takes a good row, the first and the next', async () => {
    const userId = await withBalance(500);
    await must(insert('balance_entries', entryRow(userId, 2, { amount_fen: -500, balance_fen: 0 })));
    expect(await storyOf(userId)).toEqual(['set 500 = 500', 'set -500 = 0']);
  });

  test.each<[string, number, Row, RegExp]>([
    ['the same number again', 1, { amount_fen: 1, balance_fen: 501 }, /the balance has moved on/],
    ['a number left out', 3, { amount_fen: 1, balance_fen: 501 }, /the balance has moved on/],
    ['zero for a number', 0, { amount_fen: 1, balance_fen: 501 }, /the balance has moved on|CHECK/],
    ['a balance that is a fen too high', 2, { amount_fen: 1, balance_fen: 502 }, /the balance has moved on/],
    ['a balance that is a fen too low', 2, { amount_fen: 1, balance_fen: 500 }, /the balance has moved on/],
    ['a balance below nothing', 2, { amount_fen: -501, balance_fen: -1 }, /CHECK/],
    ['a balance above all bounds', 2, { amount_fen: 1_000_000_000_001 - 500, balance_fen: 1_000_000_000_001 }, /CHECK/],
    ['a change of nothing', 2, { amount_fen: 0, balance_fen: 500 }, /CHECK/],
    ['half a fen', 2, { amount_fen: 0.5, balance_fen: 500.5 }, /cannot store REAL value/],
    ['a text for an amount', 2, { amount_fen: 'all', balance_fen: 500 }, /cannot store TEXT value|moved on/],
    ['a kind that does not exist', 2, { amount_fen: 1, balance_fen: 501, kind: 'gift' }, /CHECK/],
    ['nobody who did it', 2, { amount_fen: 1, balance_fen: 501, actor: null }, /NOT NULL/],
  ])('refuses %s', async (_name, seq, changes, expected) => {
    const userId = await withBalance(500);
    expect(await attempt(insert('balance_entries', entryRow(userId, seq, changes)))).toMatch(expected);
    expect(await attempt(insert('balance_entries', entryRow(userId, seq, changes), 'OR REPLACE'))).toMatch(expected);
    expect(await storyOf(userId)).toEqual(['set 500 = 500']);
  });

  test.each([
    ['a second row first', 2, 500, 500],
    ['a balance out of nothing', 1, 500, 600],
    ['a debt', 1, -1, -1],
  ])('does not begin with %s', async (_name, seq, amountFen, balanceFen) => {
    const row = entryRow(newUser(), seq, { amount_fen: amountFen, balance_fen: balanceFen });
    expect(await attempt(insert('balance_entries', row))).not.toBe(ACCEPTED);
  });

  test.each(['', 'u'.repeat(65)])('is of no user %j', async (userId) => {
    expect(await attempt(insert('balance_entries', entryRow(userId, 1)))).toMatch(/CHECK/);
  });

  test.each<[kind: string, amountFen: number]>([
    ['spent', 1],
    ['returned', -1],
    ['credited', -1],
    ['commission', -1],
  ])('has nothing %s that goes the wrong way', async (kind, amountFen) => {
    const userId = await withBalance(500);
    const orderNo = await placed(newUser());
    const row = { kind, amount_fen: amountFen, balance_fen: 500 + amountFen, order_no: orderNo };
    expect(await attempt(insert('balance_entries', entryRow(userId, 2, row)))).toMatch(/CHECK/);
    const right = { ...row, amount_fen: -amountFen, balance_fen: 500 - amountFen };
    expect(await attempt(insert('balance_entries', entryRow(userId, 2, right)))).toBe(ACCEPTED);
  });

  test.each(['spent', 'returned', 'credited', 'commission'])('has nothing %s without its order', async (kind) => {
    const userId = await withBalance(500);
    const amountFen = kind === 'spent' ? -1 : 1;
    const row = { kind, amount_fen: amountFen, balance_fen: 500 + amountFen };
    expect(await attempt(insert('balance_entries', entryRow(userId, 2, row)))).toMatch(/CHECK/);
    const nowhere = { ...row, order_no: '2022112299999999999999' };
    expect(await attempt(insert('balance_entries', entryRow(userId, 2, nowhere)))).toMatch(/FOREIGN KEY/);
  });

  test('has nothing set for an order', async () => {
    const userId = await withBalance(500);
    const row = { amount_fen: 1, balance_fen: 501, order_no: await placed(newUser()) };
    expect(await attempt(insert('balance_entries', entryRow(userId, 2, row)))).toMatch(/CHECK/);
  });

  test.each(['spent', 'returned', 'credited', 'commission'])(
    'has what an order has %s once, whoever’s it is',
    async (kind) => {
      const [one, two, orderNo] = [await withBalance(500), await withBalance(500), await placed(newUser())];
      const amountFen = kind === 'spent' ? -1 : 1;
      const row = { kind, amount_fen: amountFen, balance_fen: 500 + amountFen, order_no: orderNo };
      await must(insert('balance_entries', entryRow(one, 2, row)));
      const again = { ...row, balance_fen: 500 + 2 * amountFen };
      for (const or of ['', 'OR REPLACE', 'OR IGNORE']) {
        expect(await attempt(insert('balance_entries', entryRow(one, 3, again), or))).not.toBe(ACCEPTED);
        expect(await attempt(insert('balance_entries', entryRow(two, 2, row), or))).not.toBe(ACCEPTED);
      }
      expect([(await ledgerOf(one)).length, (await ledgerOf(two)).length]).toEqual([2, 1]);
    },
  );

  test('never changes, and never loses a row', async () => {
    const userId = await withBalance(500);
    for (const column of ['amount_fen', 'balance_fen', 'seq', 'at_ms', 'user_id', 'actor', 'reason', 'kind']) {
      const write = sql(`UPDATE balance_entries SET ${column} = ${column} WHERE user_id = ?`, userId);
      expect(await attempt(write)).toMatch(/the ledger only grows/);
    }
    expect(await attempt(sql('DELETE FROM balance_entries WHERE user_id = ?', userId))).toMatch(/only grows/);
    expect(await ledgerOf(userId)).toHaveLength(1);
  });
});

describe('an order on an account', () => {
  test.each<[string, Row, RegExp]>([
    ['less than nothing from the balance', { balance_fen: -1 }, /CHECK/],
    ['more than the limit from the balance', { balance_fen: 10_000_000_001 }, /CHECK/],
    ['half a fen from the balance', { balance_fen: 0.5 }, /cannot store REAL value/],
    ['nothing said of the balance', { balance_fen: null }, /NOT NULL/],
    ['terms that are a list', { subscription: '[]' }, /CHECK/],
    ['terms that are no JSON', { subscription: 'x' }, /malformed JSON/],
  ])('is not placed with %s', async (_name, changes, expected) => {
    expect(await attempt(...onAccount(newUser(), changes).writes)).toMatch(expected);
  });

  test('takes what the balance pays with its first event', async () => {
    const userId = await withBalance(500);
    const orderNo = await placed(userId, { balance_fen: 500 });
    expect(await ledgerOf(userId)).toMatchObject([
      { seq: 1 },
      { seq: 2, kind: 'spent', amount_fen: -500, balance_fen: 0, order_no: orderNo },
    ]);
  });

  test.each([
    ['a fen more than there is', 500, 501],
    ['a fen of nothing', 0, 1],
  ])('is not placed for %s, and nothing of it stays', async (_name, balanceFen, wantedFen) => {
    const userId = balanceFen === 0 ? newUser() : await withBalance(balanceFen);
    const before = await ledgerOf(userId);
    const { orderNo, writes } = onAccount(userId, { balance_fen: wantedFen });
    expect(await attempt(...writes)).toMatch(/CHECK/);
    expect(await count('orders', `order_no = '${orderNo}'`)).toBe(0);
    expect(await ledgerOf(userId)).toEqual(before);
  });

  test('that takes nothing leaves no trace', async () => {
    const userId = await withBalance(500);
    await inState('cancelled', userId);
    expect(await storyOf(userId)).toEqual(['set 500 = 500']);
  });

  test.each<[string, readonly Row[], string[]]>([
    ['is unpaid', [], []],
    ['is paid', WAYS.paid, []],
    ['is opened', WAYS.completed, []],
    ['is refunded', WAYS.refunded, []],
    ['is cancelled', WAYS.cancelled, ['returned 500 = 500']],
    ['is expired', WAYS.expired, ['returned 500 = 500']],
    ['is deleted', [{ type: 'order_deleted', order_status: 'cancelled' }], ['returned 500 = 500']],
    [
      'is expired and then deleted',
      [...WAYS.expired, { type: 'order_deleted', order_status: 'expired' }],
      ['returned 500 = 500'],
    ],
    [
      'is cancelled by somebody who does not say from where',
      [{ type: 'x', order_status: 'cancelled', from_status: null }],
      ['returned 500 = 500'],
    ],
    [
      'is cancelled by somebody who says that it was paid',
      [{ type: 'order_paid', order_status: 'cancelled', from_status: 'paid' }],
      ['returned 500 = 500'],
    ],
    [
      'is paid by somebody who says that it was cancelled',
      [{ type: 'order_cancelled', order_status: 'paid', from_status: 'pending_payment' }],
      [],
    ],
  ])('that %s: what it took is back as it should be', async (_name, events, returned) => {
    const userId = await withBalance(500);
    const orderNo = await placed(userId, { balance_fen: 500 });
    await go(orderNo, ...events);
    expect(await storyOf(userId)).toEqual(['set 500 = 500', 'spent -500 = 0', ...returned]);
    const third = await rowsOf('SELECT * FROM balance_entries WHERE user_id = ?1 AND seq = 3', userId);
    expect(third).toMatchObject(
      returned.map(() => ({ at_ms: 1002, actor: 'system', order_no: orderNo, reason: null })),
    );
  });

  test('that the first event names otherwise takes it all the same', async () => {
    const userId = await withBalance(500);
    const orderNo = newNumber();
    await must(
      insert('orders', orderRow(orderNo, { user_id: userId, balance_fen: 200 })),
      insert('order_events', eventRow(orderNo, 1, { type: 'attempt_opened' })),
    );
    expect(await storyOf(userId)).toEqual(['set 500 = 500', 'spent -200 = 300']);
  });

  test('in one write with others: each balance is right at the end', async () => {
    const [one, two] = [await withBalance(500), await withBalance(300)];
    const orders = [
      onAccount(one, { balance_fen: 100, subscription: null }),
      onAccount(two, { balance_fen: 300 }),
      onAccount(one, { balance_fen: 400 }),
    ];
    await must(...orders.flatMap(({ writes }) => writes));
    expect([await storyOf(one), await storyOf(two)]).toEqual([
      ['set 500 = 500', 'spent -100 = 400', 'spent -400 = 0'],
      ['set 300 = 300', 'spent -300 = 0'],
    ]);
    // As the cron does it: a page of orders in one statement.
    await must(
      sql(`INSERT INTO order_events (order_no, seq, at_ms, actor, type, from_status, to_status, order_status,
             order_fulfilment, commit_id)
           SELECT order_no, version + 1, 5000, 'system', 'order_expired', status, 'expired', 'expired', fulfilment, ''
             FROM orders WHERE user_id IN ('${one}', '${two}') AND status = 'pending_payment'`),
    );
    expect((await storyOf(one)).slice(3).toSorted()).toHaveLength(2);
    const balances = await rowsOf(
      `SELECT user_id, sum(amount_fen) AS fen FROM balance_entries WHERE user_id IN (?1, ?2) GROUP BY 1`,
      one,
      two,
    );
    expect(balances).toEqual([
      { user_id: one, fen: 500 },
      { user_id: two, fen: 300 },
    ]);
  });
});

describe('an unfinished subscription', () => {
  test.each<[keyof typeof WAYS, boolean]>([
    ['pending_payment', false],
    ['paid', false],
    ['completed', true],
    ['cancelled', true],
    ['expired', true],
    ['refunded', true],
    ['absorbed', true],
  ])('beside one that is %s another is taken: %s', async (status, isTaken) => {
    const userId = newUser();
    await inState(status, userId);
    const { orderNo, writes } = onAccount(userId);
    expect(await attempt(...writes)).toMatch(isTaken ? /^accepted$/ : /UNIQUE.*orders\.user_id/);
    expect(await count('orders', `order_no = '${orderNo}'`)).toBe(isTaken ? 1 : 0);
  });

  test.each<[string, Row]>([
    ['another user’s', { user_id: 'somebody else' }],
    ['another dialect’s', { dialect: 'print-shop' }],
    ['an order that opens nothing', { subscription: null }],
  ])('does not stand in the way of %s', async (_name, changes) => {
    const userId = newUser();
    await placed(userId);
    expect(await attempt(...onAccount(userId, changes).writes)).toBe(ACCEPTED);
  });

  test('never gives way to another', async () => {
    const userId = newUser();
    const orderNo = await placed(userId);
    const another = insert('orders', orderRow(newNumber(), { user_id: userId, subscription: TERMS }), 'OR REPLACE');
    expect(await attempt(another)).not.toBe(ACCEPTED);
    expect(await rowsOf('SELECT order_no FROM orders WHERE user_id = ?1', userId)).toEqual([{ order_no: orderNo }]);
  });
});

let coupons = 0;
/** A coupon with its limits. */
async function coupon(limits: { limitUse?: number | null; limitUsePerUser?: number | null } = {}): Promise<string> {
  const id = String(++coupons);
  const body = JSON.stringify({ code: `CODE${id}`, ...limits });
  await must(insert('catalog_items', { kind: 'coupons', id, body, created_at_ms: 1, updated_at_ms: 1 }));
  return id;
}
const usesOf = async (couponId: string) =>
  Object.fromEntries(
    (await rowsOf('SELECT user_id, uses FROM coupon_uses WHERE coupon_id = ?1', couponId)).map(
      ({ user_id: userId, uses }) => [String(userId), uses],
    ),
  );

describe('a coupon', () => {
  test('counts each use, by its user and by all, and a use that is given back no more', async () => {
    const [id, one, two] = [await coupon(), newUser(), newUser()];
    const first = await placed(one, { coupon_id: id });
    await placed(two, { coupon_id: id });
    expect(await usesOf(id)).toEqual({ '': 2, [one]: 1, [two]: 1 });
    await go(first, ...WAYS.cancelled);
    expect(await usesOf(id)).toEqual({ '': 1, [one]: 0, [two]: 1 });
    await inState('expired', one, { coupon_id: id });
    expect(await usesOf(id)).toEqual({ '': 1, [one]: 0, [two]: 1 });
    await inState('completed', one, { coupon_id: id });
    expect(await usesOf(id)).toEqual({ '': 2, [one]: 1, [two]: 1 });
    await inState('refunded', one, { coupon_id: id });
    expect(await usesOf(id)).toEqual({ '': 3, [one]: 2, [two]: 1 });
  });

  test('is used as often as it may be by all, and not once more', async () => {
    const id = await coupon({ limitUse: 2, limitUsePerUser: null });
    const [first] = [await placed(newUser(), { coupon_id: id }), await placed(newUser(), { coupon_id: id })];
    const late = newUser();
    const write = () => attempt(...onAccount(late, { coupon_id: id }).writes);
    expect(await write()).toMatch(/the coupon is used up/);
    expect(await usesOf(id)).toMatchObject({ '': 2 });
    await go(first, ...WAYS.cancelled);
    expect(await write()).toBe(ACCEPTED);
  });

  test('is used as often as it may be by one user, and by others all the same', async () => {
    const [id, userId] = [await coupon({ limitUse: null, limitUsePerUser: 1 }), newUser()];
    await inState('completed', userId, { coupon_id: id });
    expect(await attempt(...onAccount(userId, { coupon_id: id }).writes)).toMatch(/the coupon is used up/);
    expect(await usesOf(id)).toEqual({ '': 1, [userId]: 1 });
    expect(await attempt(...onAccount(newUser(), { coupon_id: id }).writes)).toBe(ACCEPTED);
  });

  test('that may be used never is not', async () => {
    const id = await coupon({ limitUse: 0 });
    expect(await attempt(...onAccount(newUser(), { coupon_id: id }).writes)).toMatch(/the coupon is used up/);
  });

  test('has fewer than no uses never', async () => {
    const id = await coupon();
    await placed(newUser(), { coupon_id: id });
    expect(await attempt(sql('UPDATE coupon_uses SET uses = uses - 2 WHERE coupon_id = ?', id))).toMatch(/CHECK/);
  });

  test('of a code is the only one, until it is out of sale; codes of other kinds are none', async () => {
    const row = { kind: 'coupons', body: '{"code":"ONE"}', created_at_ms: 1, updated_at_ms: 1 };
    await must(insert('catalog_items', { ...row, id: 'a' }));
    const again = insert('catalog_items', { ...row, id: 'b' });
    expect(await attempt(again)).toMatch(/UNIQUE/);
    await must(insert('catalog_items', { ...row, id: 'b', kind: 'plans' }));
    await must(insert('catalog_items', { ...row, id: 'c', body: '{"code":"one"}' }));
    await must(sql("UPDATE catalog_items SET removed_at_ms = 2 WHERE kind = 'coupons' AND id = 'a'"));
    expect(await attempt(insert('catalog_items', { ...row, id: 'b' }))).toBe(ACCEPTED);
    const back = sql("UPDATE catalog_items SET removed_at_ms = NULL WHERE kind = 'coupons' AND id = 'a'");
    expect(await attempt(back)).toMatch(/UNIQUE/);
  });
});

const promise = (orderNo: string, absorbedNo: string, version: number): Row => ({
  order_no: orderNo,
  absorbed_no: absorbedNo,
  version,
});

/** A new order of a user that promises to take over another one. */
function promising(userId: string, absorbedNo: string, version = 3, changes: Row = {}) {
  const { orderNo, writes } = onAccount(userId, changes);
  return { orderNo, writes: [...writes, insert('absorptions', promise(orderNo, absorbedNo, version))] };
}

describe('what an order takes over', () => {
  const NOT_STANDING = /order has moved on/;

  test('is an opened one of its user’s, at its version', async () => {
    const userId = newUser();
    const absorbedNo = await inState('completed', userId);
    for (const version of [0, 2, 4]) {
      expect(await attempt(...promising(userId, absorbedNo, version).writes)).toMatch(NOT_STANDING);
    }
    expect(await attempt(...promising(userId, absorbedNo, 3).writes)).toBe(ACCEPTED);
  });

  test.each<[keyof typeof WAYS, number]>([
    ['cancelled', 2],
    ['expired', 2],
    ['refunded', 3],
    ['absorbed', 4],
  ])('is none that is %s', async (status, version) => {
    const userId = newUser();
    const absorbedNo = await inState(status, userId);
    expect(await attempt(...promising(userId, absorbedNo, version).writes)).toMatch(NOT_STANDING);
  });

  test.each<[keyof typeof WAYS, number]>([
    ['pending_payment', 1],
    ['paid', 2],
  ])('is none that is %s, even if nobody minded two at once', async (status, version) => {
    const userId = newUser();
    const absorbedNo = await inState(status, userId);
    const { writes } = promising(userId, absorbedNo, version, { subscription: null });
    expect(await attempt(...writes)).toMatch(NOT_STANDING);
  });

  test.each<[string, Row]>([
    ['another user’s', { user_id: 'another user' }],
    ['another dialect’s', { dialect: 'print-shop' }],
    ['one that opens nothing', { subscription: null }],
  ])('is not %s', async (_name, changes) => {
    const userId = newUser();
    const absorbedNo = await inState('completed', userId, changes);
    expect(await attempt(...promising(userId, absorbedNo).writes)).toMatch(NOT_STANDING);
  });

  test('is none that does not exist, and for none that does not', async () => {
    const userId = newUser();
    const absorbedNo = await inState('completed', userId);
    expect(await attempt(...promising(userId, newNumber()).writes)).toMatch(NOT_STANDING);
    expect(await attempt(insert('absorptions', promise(newNumber(), absorbedNo, 3)))).toMatch(NOT_STANDING);
  });

  test('is promised with the order, and never afterwards', async () => {
    const userId = newUser();
    const absorbedNo = await inState('completed', userId);
    const orderNo = await inState('paid', userId);
    expect(await attempt(insert('absorptions', promise(orderNo, absorbedNo, 3)))).toMatch(NOT_STANDING);
  });

  test('is fixed', async () => {
    const userId = newUser();
    const absorbedNo = await inState('completed', userId);
    const { orderNo, writes } = promising(userId, absorbedNo);
    await must(...writes);
    const where = `order_no = '${orderNo}'`;
    for (const change of ['version = 9', `absorbed_no = order_no`, 'order_no = absorbed_no']) {
      expect(await attempt(sql(`UPDATE absorptions SET ${change} WHERE ${where}`))).toMatch(/agreed on is fixed/);
    }
    expect(await attempt(sql(`DELETE FROM absorptions WHERE ${where}`))).toMatch(/agreed on is fixed/);
    const again = insert('absorptions', promise(orderNo, absorbedNo, 3), 'OR REPLACE');
    expect(await attempt(again)).not.toBe(ACCEPTED);
  });
});

/** Writes the money that paid an order. */
const paidBy = (orderNo: string) => [
  insert('payment_attempts', attemptRow(orderNo, 1, { status: 'paid', paid_at_ms: 1500 })),
  insert('captures', captureRow(orderNo, 1)),
];

describe('money of an order that another one takes over', () => {
  test.each<[keyof typeof WAYS, boolean]>([
    ['pending_payment', false],
    ['paid', false],
    ['completed', false],
    ['refunded', false],
    ['absorbed', false],
    ['cancelled', true],
    ['expired', true],
  ])('is asked back while that one is %s: %s', async (status, isTaken) => {
    const userId = newUser();
    const absorbedNo = await inState('completed', userId);
    await must(...paidBy(absorbedNo));
    const { orderNo, writes } = promising(userId, absorbedNo);
    await must(...writes);
    await go(orderNo, ...WAYS[status]);
    const refund = insert('refunds', refundRow(absorbedNo, 1));
    expect(await attempt(refund)).toMatch(isTaken ? /^accepted$/ : /its value counts for another order/);
    // Surplus money was never of any value to anybody.
    const surplus = { transaction_id: `${absorbedNo}-t2`, role: 'surplus', amount_fen: 100 };
    const back = { transaction_id: `${absorbedNo}-t2`, purpose: 'surplus', status: 'processing' };
    await must(
      insert('captures', captureRow(absorbedNo, 1, surplus)),
      insert('refunds', refundRow(absorbedNo, 2, back)),
    );
  });

  test('was asked back before: it is decided on, and goes back', async () => {
    const userId = newUser();
    const absorbedNo = await inState('completed', userId);
    await must(...paidBy(absorbedNo), insert('refunds', refundRow(absorbedNo, 1)));
    await must(...promising(userId, absorbedNo).writes);
    for (const status of ['processing', 'succeeded']) {
      await must(sql('UPDATE refunds SET status = ? WHERE order_no = ?', status, absorbedNo));
    }
    expect(await rowsOf('SELECT status FROM refunds WHERE order_no = ?1', absorbedNo)).toEqual([
      { status: 'succeeded' },
    ]);
  });
});

const periodRow = (orderNo: string, userId: string, changes: Row = {}): Row => ({
  order_no: orderNo,
  user_id: userId,
  dialect: 'technician-booking',
  plan_id: '1',
  starts_at_ms: 1000,
  ends_at_ms: 2000,
  ...changes,
});

describe('the period of an order', () => {
  const ONCE = /a period is opened once/;

  test.each<[string, Row, RegExp]>([
    ['that ends as it begins', { ends_at_ms: 1000 }, /CHECK/],
    ['that ends before it begins', { ends_at_ms: 999 }, /CHECK/],
    ['of half milliseconds', { starts_at_ms: 0.5 }, /cannot store REAL value/],
    ['of no plan', { plan_id: null }, /NOT NULL/],
    ['of somebody else', { user_id: 'somebody else' }, ONCE],
    ['of another dialect', { dialect: 'print-shop' }, ONCE],
    ['of no order', { order_no: '2022112299999999999999' }, ONCE],
  ])('is none %s', async (_name, changes, expected) => {
    const userId = newUser();
    const row = periodRow(await inState('completed', userId), userId, changes);
    expect(await attempt(insert('subscription_periods', row))).toMatch(expected);
  });

  test.each<[keyof typeof WAYS, RegExp]>([
    ['pending_payment', ONCE],
    ['paid', ONCE],
    ['completed', /^accepted$/],
    ['cancelled', ONCE],
    ['expired', ONCE],
    ['refunded', ONCE],
    ['absorbed', ONCE],
  ])('that is %s: %s', async (status, expected) => {
    const userId = newUser();
    const row = periodRow(await inState(status, userId), userId);
    expect(await attempt(insert('subscription_periods', row))).toMatch(expected);
  });

  test('that opens nothing is none', async () => {
    const userId = newUser();
    const row = periodRow(await inState('completed', userId, { subscription: null }), userId);
    expect(await attempt(insert('subscription_periods', row))).toMatch(ONCE);
  });

  test('may never end; it is opened once, and stays', async () => {
    const userId = newUser();
    const row = periodRow(await inState('completed', userId), userId, { ends_at_ms: null });
    await must(insert('subscription_periods', row));
    for (const or of ['', 'OR REPLACE']) {
      expect(await attempt(insert('subscription_periods', { ...row, plan_id: '2' }, or))).not.toBe(ACCEPTED);
    }
    const write = sql('UPDATE subscription_periods SET ends_at_ms = 3000 WHERE user_id = ?', userId);
    expect(await attempt(write)).toMatch(ONCE);
    expect(await attempt(sql('DELETE FROM subscription_periods WHERE user_id = ?', userId))).toMatch(ONCE);
    expect(await rowsOf('SELECT plan_id, ends_at_ms FROM subscription_periods WHERE user_id = ?1', userId)).toEqual([
      { plan_id: '1', ends_at_ms: null },
    ]);
  });
});

describe('a share', () => {
  test('is due so long after the work is done, and paid at the time of its event', async () => {
    const orderNo = await inState('completed', newUser(), { commission_to: '2', share_fen: 1, share_wait_ms: 500 });
    const share = () => rowsOf('SELECT share_due_at_ms, share_paid_at_ms FROM orders WHERE order_no = ?1', orderNo);
    expect(await share()).toEqual([{ share_due_at_ms: 1503, share_paid_at_ms: null }]);
    await must(insert('order_events', eventRow(orderNo, 4, { type: 'commission_paid', order_status: 'completed' })));
    expect(await share()).toEqual([{ share_due_at_ms: 1503, share_paid_at_ms: 1004 }]);
  });

  test.each<[string, Row]>([
    ['that is paid out elsewhere', { share_wait_ms: null }],
    ['of work that is not done', { share_wait_ms: 0 }],
  ])('%s is never due', async (_name, changes) => {
    const status = changes['share_wait_ms'] === null ? 'completed' : 'paid';
    const orderNo = await inState(status, newUser(), { commission_to: '2', share_fen: 1, ...changes });
    expect(await rowsOf('SELECT share_due_at_ms AS due FROM orders WHERE order_no = ?1', orderNo)).toEqual([
      { due: null },
    ]);
  });
});

test('the check at the head of the migration finds nothing amiss after all of this', async () => {
  const wrongSums = `SELECT user_id FROM balance_entries e GROUP BY user_id HAVING sum(amount_fen) <> (
    SELECT balance_fen FROM balance_entries l WHERE l.user_id = e.user_id ORDER BY seq DESC LIMIT 1)`;
  const unreturned = `SELECT o.order_no FROM orders o
    WHERE o.balance_fen > 0 AND (o.status IN ('cancelled', 'expired')) <> EXISTS (
      SELECT 1 FROM balance_entries e WHERE e.order_no = o.order_no AND e.kind = 'returned')`;
  expect([await rowsOf(wrongSums), await rowsOf(unreturned)]).toEqual([[], []]);
  expect(await count('balance_entries')).toBeGreaterThan(50);
});
