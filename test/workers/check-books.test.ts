/** The judge is judged: what must never be found in the books is planted, with the guards gone, and has to be seen. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Order } from '../../src/core/order/order.ts';
import { type AccountDesk, openAccountDesk, valueOf, WAIT_MS } from '../harness/account-desk.ts';
import { NEVER_IN_ACCOUNTS, NEVER_IN_ACCOUNTS_AT_REST } from '../harness/account-books.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';

const INVITER = 'inviter';

let shop: Shop;
let desk: AccountDesk;
/** An order of each kind, and its user. */
let first: Order;
let change: Order;
let paid: Order;
let cancelled: Order;
let unpaid: Order;
let free: Order;

beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  desk = openAccountDesk(shop);
  const couponCode = await desk.newCoupon();
  const userId = await desk.newUser(500);
  first = await desk.newOpened(userId, { priceFen: 3000, inviterId: INVITER, couponCode });
  change = await desk.newOpened(userId, { planId: '2', priceFen: 100 });
  paid = await desk.newOpened(await desk.newUser(300), { inviterId: INVITER });
  valueOf(await desk.refund(paid, 100));
  shop.pass(WAIT_MS);
  await shop.cron();
  cancelled = await desk.newOrder(await desk.newUser(300), { couponCode });
  await desk.cancel(cancelled);
  unpaid = await desk.newOrder(await desk.newUser(300), { couponCode, inviterId: INVITER });
  free = await desk.newOpened(await desk.newUser(1000));
  first = await desk.order(first.orderNo);
  await dropGuards();
}, 60_000);

test('there is an order of each kind to plant in', () => {
  expect([first.status, change.status, free.amountFen]).toEqual(['absorbed', 'completed', 0]);
});

/** Takes away all that stands between a wrong write and the books. */
async function dropGuards(): Promise<void> {
  const { results } = await env.DB.prepare(
    `SELECT type, name FROM sqlite_schema
      WHERE type = 'trigger' OR (type = 'index' AND sql LIKE 'CREATE UNIQUE%' AND name LIKE 'one\\_%' ESCAPE '\\')`,
  ).all<{ type: string; name: string }>();
  await env.DB.batch(results.map(({ type, name }) => env.DB.prepare(`DROP ${type} ${name}`)));
}

/** What is planted in, the rows before those that refer to them. */
const TABLES = [
  'orders',
  'order_events',
  'payment_attempts',
  'captures',
  'refunds',
  'outbox',
  'balance_entries',
  'coupon_uses',
  'absorptions',
  'subscription_periods',
] as const;
/** Columns that follow from others, and cannot be written. */
const GENERATED = ['listed_state', 'share_due_at_ms'];

type Rows = readonly Record<string, unknown>[];

async function copyBooks(): Promise<ReadonlyMap<string, Rows>> {
  const results = await env.DB.batch<Record<string, unknown>>(
    TABLES.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)),
  );
  return new Map(TABLES.map((table, nth) => [table, results[nth]?.results ?? []]));
}

/** Puts everything back as it was, in one write. */
async function restore(books: ReadonlyMap<string, Rows>): Promise<void> {
  const away = TABLES.toReversed().map((table) => env.DB.prepare(`DELETE FROM ${table}`));
  const back = [...books].flatMap(([table, rows]) =>
    rows.map((row) => {
      const columns = Object.keys(row).filter((name) => !GENERATED.includes(name));
      const places = columns.map(() => '?').join();
      return env.DB.prepare(`INSERT INTO ${table} (${columns.join()}) VALUES (${places})`).bind(
        ...columns.map((name) => row[name]),
      );
    }),
  );
  await env.DB.batch([...away, ...back]);
}

/** Writes what must not be; gives the names of what is found, and puts everything back. */
async function findPlanted(when: 'any_time' | 'at_rest', writes: readonly string[]): Promise<string[]> {
  const books = await copyBooks();
  try {
    await env.DB.batch(writes.map((write) => env.DB.prepare(write)));
    return (await checkBooks(shop, when)).map((one) => one.split(': ')[0] ?? '');
  } finally {
    await restore(books);
  }
}

const of = ({ orderNo }: Order) => `order_no = '${orderNo}'`;
const entry = (order: Order, kind: string) => `${of(order)} AND kind = '${kind}'`;
const set = (table: string, where: string, to: string) => `UPDATE ${table} SET ${to} WHERE ${where}`;

/** A row of a ledger, added up as it should be: only why it is there is wrong. */
const newEntry = (userId: string, kind: string, fen: number, order: Order) =>
  `INSERT INTO balance_entries (user_id, seq, at_ms, kind, amount_fen, balance_fen, order_no, actor)
   SELECT '${userId}', 1 + coalesce(max(seq), 0), 1, '${kind}', ${fen},
     ${fen} + coalesce((SELECT balance_fen FROM balance_entries WHERE user_id = '${userId}' ORDER BY seq DESC LIMIT 1), 0),
     '${order.orderNo}', 'planted' FROM balance_entries WHERE user_id = '${userId}'`;

const term = (order: Order, name: string, value: string) =>
  set('orders', of(order), `subscription = json_set(subscription, '$.${name}', ${value})`);

const promise = (order: Order, absorbed: Order) =>
  `INSERT INTO absorptions VALUES ('${order.orderNo}', '${absorbed.orderNo}', 3)`;

type Plant = readonly [how: string, write: () => string];

/** What is planted for each thing that must never be found. */
const PLANTS: Readonly<Record<string, readonly Plant[]>> = {
  'a balance that is not the sum of its ledger': [
    ['another amount', () => set('balance_entries', entry(change, 'credited'), 'amount_fen = 1')],
    ['a gap', () => set('balance_entries', entry(change, 'credited'), 'seq = 9')],
  ],
  'a ledger that an order is in twice': [
    ['returned twice', () => newEntry(cancelled.userId, 'returned', 300, cancelled)],
  ],
  'somebody else’s ledger that an order is in': [
    ['credited to the inviter', () => newEntry(INVITER, 'credited', 1, free)],
    ['a share for the customer', () => newEntry(free.userId, 'commission', 1, free)],
  ],
  'an order that took from the balance what it does not say': [
    ['more in the order', () => set('orders', of(unpaid), 'balance_fen = 301')],
    ['nothing in the order', () => set('orders', of(unpaid), 'balance_fen = 0')],
  ],
  'an order that kept what it took though it was not paid, or the reverse': [
    ['returned while unpaid', () => newEntry(unpaid.userId, 'returned', 300, unpaid)],
    ['returned though opened', () => newEntry(free.userId, 'returned', 1000, free)],
    ['not returned', () => set('balance_entries', entry(cancelled, 'returned'), "kind = 'credited'")],
  ],
  'value that was credited without opening, or not with it': [
    ['credited while unpaid', () => newEntry(unpaid.userId, 'credited', 1, unpaid)],
    ['another value than agreed', () => term(change, 'creditFen', '2899')],
  ],
  'an order that was opened without its period, or the reverse': [
    ['no period', () => `DELETE FROM subscription_periods WHERE ${of(free)}`],
    [
      'a period of what is unpaid',
      () =>
        `INSERT INTO subscription_periods VALUES ('${unpaid.orderNo}', '${unpaid.userId}', 'subscription', '1', 1, 2)`,
    ],
    ['a period of a reset', () => term(free, 'effect', "'reset'")],
  ],
  'a period that is not its order’s': [
    ['of another user', () => set('subscription_periods', of(free), "user_id = 'another'")],
    ['of another dialect', () => set('subscription_periods', of(free), "dialect = 'another'")],
    ['of another plan', () => set('subscription_periods', of(free), "plan_id = '9'")],
    ['with an end that it should not have', () => term(free, 'months', 'NULL')],
  ],
  'an order that was absorbed by none that is opened and promised it, or by two': [
    ['by nobody', () => `DELETE FROM absorptions WHERE ${of(change)}`],
    ['by one that is unpaid', () => set('absorptions', of(change), `order_no = '${unpaid.orderNo}'`)],
    ['by a renewal', () => term(change, 'effect', "'extend'")],
  ],
  'an order that was opened, and something that it promised to absorb stands': [
    ['it stands', () => promise(change, free)],
  ],
  'an order that two others count on': [['another one', () => promise(unpaid, first)]],
  'an order that takes over what it has no terms for, or more than was paid for it': [
    ['more credit than value', () => term(change, 'creditFen', '3001')],
    ['credit below nothing', () => term(change, 'creditFen', '-1')],
    ['more value than was paid', () => term(change, 'surplusFen', '3001')],
    ['value without a change of plan', () => term(free, 'surplusFen', '1')],
    ['a promise without a change of plan', () => promise(unpaid, free)],
  ],
  'a coupon that was used more or less often than its orders say': [
    ['more often by all', () => set('coupon_uses', "user_id = ''", 'uses = uses + 1')],
    ['less often by one', () => set('coupon_uses', `user_id = '${unpaid.userId}'`, 'uses = 0')],
    ['never, by anybody', () => 'DELETE FROM coupon_uses'],
    ['by an order that does not say so', () => set('orders', of(unpaid), 'coupon_id = NULL')],
  ],
  'two unfinished subscriptions of one user': [
    [
      'of one user',
      () => set('orders', of(cancelled), `status = 'pending_payment', user_id = '${unpaid.userId}', place = 99`),
    ],
    ['one of them paid', () => set('orders', of(free), `status = 'paid', user_id = '${unpaid.userId}', place = 99`)],
  ],
  'a share on a balance that nobody was paid, or the reverse': [
    ['paid without an event', () => set('orders', of(unpaid), 'share_paid_at_ms = 1')],
    ['an event, and it is not paid', () => set('orders', of(paid), 'share_paid_at_ms = NULL')],
    ['on the balance of an order that is unpaid', () => newEntry(INVITER, 'commission', 100, unpaid)],
  ],
  'a share that was paid twice, too early, or otherwise than it was due': [
    ['a fen more than its entry', () => set('orders', of(paid), 'share_fen = 110')],
    ['no entry', () => set('balance_entries', entry(paid, 'commission'), "kind = 'credited'")],
    ['a millisecond too early', () => set('orders', of(paid), 'share_wait_ms = share_wait_ms + 1')],
    ['at no time', () => set('orders', of(paid), 'share_wait_ms = NULL')],
    ['with more of the money back', () => set('refunds', of(paid), 'amount_fen = 200')],
    [
      'as if no money had come back before',
      () => set('order_events', `${of(paid)} AND type = 'refund_succeeded'`, "reason = 'unknown'"),
    ],
    [
      'twice',
      () =>
        `INSERT INTO order_events (order_no, seq, at_ms, actor, type, to_status, order_status, order_fulfilment, commit_id)
         VALUES ('${paid.orderNo}', 99, ${Date.now()}, 'planted', 'commission_paid', 'paid', 'completed', 'fulfilled', '')`,
    ],
  ],
};

describe('with the guards gone', () => {
  test('nothing is found before anything is planted', async () => {
    expect([first.status, change.status, free.amountFen]).toEqual(['absorbed', 'completed', 0]);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  for (const [name, plants] of Object.entries(PLANTS)) {
    test.each(plants)(`${name}: %s`, async (_how, write) => {
      expect(await findPlanted('any_time', [write()])).toContain(name);
      expect(await checkBooks(shop, 'any_time')).toEqual([]);
    });
  }

  test('each thing that must never be found has been planted', () => {
    // A balance below nothing the table itself refuses, whoever writes it.
    const planted = ['a balance below nothing', ...Object.keys(PLANTS)];
    expect(planted.toSorted()).toEqual(Object.keys(NEVER_IN_ACCOUNTS).toSorted());
  });

  test.each(Object.keys(NEVER_IN_ACCOUNTS_AT_REST))('%s', async (name) => {
    const paidFor = set('orders', of(change), "status = 'paid'");
    expect(await findPlanted('at_rest', [paidFor])).toContain(name);
    expect(await findPlanted('any_time', [paidFor])).not.toContain(name);
  });

  const NO_MONEY = 'an order that is paid without money, or unpaid with it';
  test.each<[string, string, () => string]>([
    [
      'somebody who was asked to pay nothing',
      'once',
      () =>
        `INSERT INTO payment_attempts (out_trade_no, order_no, provider, kind, status, amount_fen, created_at_ms,
           expires_at_ms, payable_until_ms)
         VALUES ('${free.orderNo}0001', '${free.orderNo}', 'alipay', 'qr_code', 'closed', 1, 1, 1, 1)`,
    ],
    [NO_MONEY, 'absorbed', () => set('orders', of(unpaid), "status = 'absorbed'")],
    [NO_MONEY, 'at no time', () => set('orders', of(free), 'paid_at_ms = NULL')],
    [NO_MONEY, 'at a time, and it is unpaid', () => set('orders', of(unpaid), 'paid_at_ms = 1')],
    [NO_MONEY, 'what costs something like what does not', () => set('orders', of(free), 'amount_fen = 1')],
  ])('%s: %s', async (name, _how, write) => {
    expect(await findPlanted('any_time', [write()])).toContain(name);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });
});
