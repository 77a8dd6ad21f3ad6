/** What each call of subscriptions may ask of the storage, and that nothing reads more as others come. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/db/open-database.ts';
import { createAccountStore } from '../../src/db/account-store.ts';
import { createOrderStore } from '../../src/db/order-store.ts';
import { openAccountDesk } from '../harness/account-desk.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { payAtWechat, type SubscriptionCustomer, subscriptionCustomer, tradeNoOf } from '../harness/subscription.ts';
import { type StorageCalls, type StorageWatch, watchStorage } from './storage-calls.ts';

let shop: Shop;
let watch: StorageWatch;
let users = 700_000;

beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  watch = watchStorage();
});

async function cost(work: () => Promise<unknown>): Promise<StorageCalls> {
  watch.take();
  await work();
  return watch.take();
}
const calls = async (work: () => Promise<unknown>) => {
  const { gate, database } = await cost(work);
  return { gate, database };
};

/** Somebody who has been here before: their row, and the catalogue's, are known. */
async function newCustomer(): Promise<SubscriptionCustomer> {
  const customer = subscriptionCustomer(shop, ++users);
  await customer.cancel(await customer.newOrder());
  return customer;
}

/** An order of which the balance pays all. */
async function newFreeOrder(customer: SubscriptionCustomer): Promise<string> {
  const token = await shop.token('9001', { role: 'operator' });
  const path = `/admin/catalog/users/${customer.userId}`;
  const set = await shop.send(path, { method: 'PUT', token, body: { balanceFen: 10 } });
  if (set.status !== 200) throw new Error(set.text);
  // The operator's word has made the row a new one: it is read again once.
  await customer.cancel(await customer.newOrder());
  return customer.newOrder();
}

describe('a call asks the storage no more often than this', () => {
  test('ordering: one look at the account and one write, with a coupon as without', async () => {
    const customer = await newCustomer();
    let tradeNo = '';
    const save = async (fields: object) => {
      tradeNo = tradeNoOf(await customer.save({ ...fields }));
    };
    expect(await calls(() => save({}))).toEqual({ gate: 0, database: 2 });
    // One look at whose order it is, and what the gate reads and writes.
    expect(await calls(() => customer.cancel(tradeNo))).toEqual({ gate: 1, database: 3 });
    expect(await calls(() => save({ coupon_code: 'DEMO10' }))).toEqual({ gate: 0, database: 2 });
  });

  test('paying nothing: one call of the gate to pay and one to open, and one look at the account between them', async () => {
    const customer = await newCustomer();
    const tradeNo = await newFreeOrder(customer);
    expect(await calls(() => customer.checkout(tradeNo))).toEqual({ gate: 2, database: 5 });
  });

  test('a notification: one call of the gate to pay, one look at the account, one call of the gate to open', async () => {
    const customer = await newCustomer();
    const tradeNo = await customer.newOrder();
    payAtWechat(shop, await customer.newCode(tradeNo));
    expect(await calls(() => shop.deliverNotifications())).toEqual({ gate: 2, database: 3 });
  });

  test('reading: once', async () => {
    const customer = await newCustomer();
    const tradeNo = await customer.newOpenedOrder();
    for (const read of [
      () => customer.check(tradeNo),
      () => customer.details(tradeNo),
      () => customer.fetch(),
      () => customer.fetch('?status=3'),
    ]) {
      expect(await calls(read)).toEqual({ gate: 0, database: 1 });
    }
  });
});

/** Others who did all that can be done: unpaid orders, and opened ones with money, a refund and a share to come. */
async function addOthers(count: number): Promise<void> {
  const now = Date.now();
  for (let nth = 1; nth <= count; nth++) await addOther(nth, now);
  await env.DB.prepare(
    `INSERT INTO balance_entries (user_id, seq, at_ms, kind, amount_fen, balance_fen, actor)
     SELECT order_no, 1, ?1, 'set', 100, 100, 'operator:1' FROM orders WHERE user_id LIKE 'other%'`,
  )
    .bind(now)
    .run();
  await env.DB.prepare("UPDATE outbox SET status = 'delivered', delivered_at_ms = ?1 WHERE status = 'pending'")
    .bind(now)
    .run();
}

const TERMS = `'{"planId":"1","effect":"begin","months":1,"surplusFen":0,"creditFen":0}'`;

/** One of them, from its first event to its last. */
async function addOther(nth: number, now: number): Promise<void> {
  const terms = nth % 4 === 0 ? null : TERMS;
  const orderNo = `20221122${String(nth).padStart(14, '0')}`;
  const userId = `other${nth % 40}`;
  const event = (seq: number, type: string, status: string, fulfilment = 'unfulfilled') =>
    env.DB.prepare(
      `INSERT INTO order_events (order_no, seq, at_ms, actor, type, to_status, order_status, order_fulfilment, commit_id)
       VALUES ('${orderNo}', ${seq}, ${now}, 'system', '${type}', '${status}', '${status}', '${fulfilment}', '')`,
    );
  const order = env.DB.prepare(
    `INSERT INTO orders (order_no, dialect, user_id, amount_fen, subject, details, items, created_at_ms, updated_at_ms,
       expires_at_ms, place, subscription, commission_to, share_fen, share_wait_ms, coupon_id)
     VALUES ('${orderNo}', 'subscription', '${userId}', 10, 'other', '{"cycle":"month_price"}', '[]', ${now}, ${now},
       ${now} + 86400000, ${nth}, ${terms ?? 'NULL'}, 'inviter', 1, 864000000, 'c${nth % 3}')`,
  );
  const rest =
    terms === null
      ? []
      : [
          event(2, 'order_paid', 'paid'),
          event(3, 'order_completed', 'completed', 'fulfilled'),
          env.DB.prepare(
            `INSERT INTO subscription_periods VALUES ('${orderNo}', '${userId}', 'subscription', '1', ${now}, ${now} + 1000)`,
          ),
          env.DB.prepare(
            `INSERT INTO payment_attempts (out_trade_no, order_no, provider, kind, status, amount_fen, created_at_ms,
               expires_at_ms, payable_until_ms, paid_at_ms)
             VALUES ('${orderNo}0001', '${orderNo}', 'alipay', 'qr_code', 'paid', 10, ${now}, ${now}, ${now}, ${now})`,
          ),
          env.DB.prepare(
            `INSERT INTO captures VALUES ('alipay', '${orderNo}', '${orderNo}0001', '${orderNo}', 'pays', 10, ${now}, ${now})`,
          ),
          env.DB.prepare(
            `INSERT INTO refunds (refund_no, order_no, out_trade_no, provider, transaction_id, purpose, status, amount_fen,
               requested_by, created_at_ms, updated_at_ms)
             VALUES ('${orderNo}000101', '${orderNo}', '${orderNo}0001', 'alipay', '${orderNo}', 'order', 'processing', 1,
               'system', ${now}, ${now})`,
          ),
          env.DB.prepare(`UPDATE refunds SET status = 'succeeded' WHERE order_no = '${orderNo}'`),
        ];
  await env.DB.batch([order, event(1, 'order_placed', 'pending_payment'), ...rest]);
}

describe('what is read does not grow with what others do', () => {
  let before: Record<string, number>;
  let after: Record<string, number>;

  beforeAll(async () => {
    const customer = await newCustomer();
    await customer.newOpenedOrder();
    const desk = openAccountDesk(shop);
    const userId = String(customer.userId);
    const placing = async () => customer.cancel(tradeNoOf(await customer.save({ coupon_code: 'DEMO10' })));
    const opened = await customer.newOpenedOrder();
    const works: Record<string, () => Promise<unknown>> = {
      save: () => placing(),
      'save a change of plan': async () => customer.cancel(tradeNoOf(await customer.save({ plan_id: 2 }))),
      details: () => customer.details(opened),
      account: () => desk.account(userId),
      cron: () => shop.cron(),
    };
    const rowsRead = async () => {
      const rows: Record<string, number> = {};
      for (const [name, work] of Object.entries(works)) rows[name] = (await cost(work)).rowsRead;
      return rows;
    };
    await shop.cron();
    // Once for what is due now, and once for what it costs when nothing is.
    await rowsRead();
    before = await rowsRead();
    await addOthers(400);
    after = await rowsRead();
  }, 60_000);

  test.each(['save', 'save a change of plan', 'details', 'account', 'cron'])('by %s', (name) => {
    // A search looks at the row after the last one, where there is one now: that is all.
    expect(after[name]).toBeLessThanOrEqual((before[name] ?? 0) + 5);
    expect(before[name]).toBeGreaterThan(0);
  });

  test('an account is a handful of rows', () => {
    expect(after['account']).toBeLessThan(20);
  });
});

/** How it would go about what is asked, line by line. */
async function plansOf(work: (db: Database) => Promise<unknown>): Promise<string[]> {
  const queries: string[] = [];
  const open = env.DB.withSession.bind(env.DB);
  const spy = vi.spyOn(env.DB, 'withSession').mockImplementation((from) => {
    const session = open(from);
    const prepare = session.prepare.bind(session);
    session.prepare = (query) => {
      queries.push(query);
      return prepare(query);
    };
    return session;
  });
  await work(openDatabase(env.DB, 'first-primary').db);
  spy.mockRestore();
  const plans: string[] = [];
  for (const query of queries) {
    const bound = Array.from({ length: query.split('?').length - 1 }, () => 'x');
    const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${query}`)
      .bind(...bound)
      .all();
    plans.push(...plan.results.map(({ detail }) => String(detail)));
  }
  return plans;
}

describe('the database finds by an index', () => {
  beforeAll(() => {
    vi.restoreAllMocks();
  });

  const query = { dialect: 'subscription', userId: 'u', couponCode: 'X', nowMs: 1 };

  test('an account: nothing is walked through', async () => {
    const plans = await plansOf((db) => createAccountStore(db).read(query));
    expect(plans.filter((plan) => plan.startsWith('SCAN'))).toEqual([]);
    expect(plans.filter((plan) => plan.includes('by_status'))).toEqual([]);
    expect(plans.join()).toContain('one_unfinished_subscription_per_user');
    expect(plans.join()).toContain('subscription_periods_of_user');
    expect(plans.join()).toContain('coupons_by_code');
  });

  test('what is to be opened, and which shares are due', async () => {
    const toOpen = await plansOf((db) => createOrderStore(db, new Map()).listToOpen(null, 10));
    expect(toOpen).toEqual([expect.stringContaining('USING INDEX subscriptions_to_open')]);
    const due = await plansOf((db) => createOrderStore(db, new Map()).listDueShares(1, null, 10));
    expect(due).toEqual([expect.stringContaining('USING INDEX shares_due')]);
  });

  test('an order with its money, whichever it is', async () => {
    const plans = await plansOf((db) => createOrderStore(db, new Map()).history('2022112212345678901234'));
    expect(plans.filter((plan) => plan.startsWith('SCAN') || plan.includes('by_status'))).toEqual([]);
  });
});
