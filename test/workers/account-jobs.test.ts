/** What the cron does for accounts: expiring, opening and paying shares, once, past whatever is stuck. */
import { applyD1Migrations, reset } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { commissionOf } from '../../src/core/commission/commission.ts';
import { expireOrders } from '../../src/core/order/expire-orders.ts';
import type { Order } from '../../src/core/order/order.ts';
import type { OrderCommand } from '../../src/core/order/command.ts';
import { submit, SYSTEM } from '../../src/core/order/submit.ts';
import { ANYTHING } from '../core/order-states.ts';
import { type AccountDesk, openAccountDesk, valueOf, WAIT_MS, wordOf } from '../harness/account-desk.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const TTL_MS = 30 * MINUTE_MS;

let shop: Shop;
let desk: AccountDesk;
/** The alerts of a test, by their event. */
let alerts: string[];

beforeEach(async () => {
  vi.restoreAllMocks();
  await reset();
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS);
  shop = await openShop({ limits: 'off' });
  shop.wechatPay.faults.heal();
  desk = openAccountDesk(shop);
  alerts = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => {
    alerts.push(String(/"event":"(\w+)"/.exec(line)?.[1]));
  });
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});

/** Does a thing so many times, one after the other. */
async function times<T>(count: number, make: (nth: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let nth = 0; nth < count; nth++) made.push(await make(nth));
  return made;
}

const statusOf = async ({ orderNo }: Order) => (await desk.order(orderNo)).status;
const command = ({ orderNo }: Order, said: OrderCommand) =>
  desk.run((services) => submit(services, { orderNo, command: said, ...SYSTEM }));

/** An order of nothing that is paid: whoever paid it crashed before it was opened. */
async function paidAndCrashed(userId: string, planId = '1'): Promise<Order> {
  const order = await desk.newOrder(userId, { planId, priceFen: 0 });
  expect((await command(order, { type: 'pay_nothing' })).ok).toBe(true);
  return order;
}

/** Runs of the cron, minutes apart, until all that is under way has come to its end. */
async function settle(runs = 3): Promise<void> {
  await times(runs, async () => {
    shop.pass(4 * MINUTE_MS);
    await shop.cron();
  });
}

describe('expiring', () => {
  test('a page of orders is one statement, and gives everybody their balance back, and each use of a coupon', async () => {
    const couponCode = await desk.newCoupon({ limitUse: 30 });
    const orders = await times(30, async (nth) =>
      desk.newOrder(await desk.newUser(100 + nth), nth % 2 === 0 ? { couponCode } : {}),
    );
    const rich = await desk.newUser(5000);
    const stays = await desk.newOrder(rich);
    await desk.pay(stays);
    shop.pass(TTL_MS);
    const statements: string[] = [];
    const prepare = env.DB.withSession.bind(env.DB);
    const spy = vi.spyOn(env.DB, 'withSession').mockImplementation((from) => {
      const session = prepare(from);
      const prepareStatement = session.prepare.bind(session);
      session.prepare = (query) => {
        statements.push(query);
        return prepareStatement(query);
      };
      return session;
    });
    await desk.run((services) => expireOrders(services));
    expect(statements.filter((query) => /^\s*INSERT/.test(query))).toHaveLength(1);
    spy.mockRestore();
    for (const [nth, order] of orders.entries()) {
      expect(await statusOf(order)).toBe('expired');
      const fen = 100 + nth;
      const returned = (await desk.ledger(order.userId)).at(-1);
      expect(returned).toMatchObject({ kind: 'returned', amountFen: fen, balanceFen: fen, actor: 'system' });
    }
    expect(await desk.balance(rich)).toBe(4000);
    const uses = await env.DB.prepare("SELECT uses FROM coupon_uses WHERE user_id = ''").first('uses');
    expect(uses).toBe(0);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('by two runs at once gives everything back once', async () => {
    const orders = await times(20, async () => desk.newOrder(await desk.newUser(300)));
    // Some are being paid, and nobody has: the provider is asked about these one by one.
    for (const order of orders.slice(0, 5)) await desk.newCode(order);
    shop.pass(TTL_MS);
    await Promise.all([shop.cron(), shop.cron(), ...orders.slice(0, 3).map((order) => desk.cancel(order))]);
    for (const { userId } of orders) {
      expect(await desk.story(userId)).toEqual(['set 300 = 300', 'spent -300 = 0', 'returned 300 = 300']);
    }
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });
});

describe('opening', () => {
  test('is done by the next run where whoever paid was stopped in between', async () => {
    const userId = await desk.newUser();
    const order = await paidAndCrashed(userId);
    expect([await statusOf(order), wordOf(await desk.place(userId))]).toEqual(['paid', 'order_unfinished']);
    await shop.cron();
    expect(await statusOf(order)).toBe('completed');
    expect((await desk.account(userId)).standing).toHaveLength(1);
    expect(wordOf(await desk.place(userId))).toBe('done');
    expect(alerts).toEqual([]);
  });

  test('is done in the very run that finds the payment', async () => {
    const order = await desk.newOrder(await desk.newUser());
    await desk.payUnheard(order);
    shop.wechatPay.takeNotifications();
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await statusOf(order)).toBe('completed');
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('by two runs at once, and a change of plan with it, happens once', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, { priceFen: 3000 });
    const change = await paidAndCrashed(userId, '2');
    await Promise.all([shop.cron(), shop.cron(), shop.cron()]);
    expect([await statusOf(first), await statusOf(change)]).toEqual(['absorbed', 'completed']);
    expect(await desk.story(userId)).toEqual(['credited 3000 = 3000']);
    expect(alerts).toEqual([]);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('goes past an order that cannot be opened, and says so, in every run', async () => {
    const stuck = await paidAndCrashed(await desk.newUser());
    const failed = {
      type: 'advance_fulfilment',
      to: 'failed',
      policy: ANYTHING,
      remark: null,
      facts: null,
      heldBackFen: null,
    } as const;
    expect((await command(stuck, failed)).ok).toBe(true);
    shop.pass(1000);
    const others = await times(3, async () => paidAndCrashed(await desk.newUser()));
    await shop.cron();
    expect(await Promise.all(others.map(statusOf))).toEqual(others.map(() => 'completed'));
    expect(await statusOf(stuck)).toBe('paid');
    expect(alerts).toEqual(['opening_stuck']);
    await shop.cron();
    expect(alerts).toEqual(['opening_stuck', 'opening_stuck']);
    expect(await checkBooks(shop, 'at_rest')).toEqual([
      `a subscription that is paid for and not opened: ${stuck.orderNo}`,
    ]);
  });

  test('of more than a page is done in one run', async () => {
    const orders = await times(65, async () => paidAndCrashed(await desk.newUser()));
    await shop.cron();
    expect(new Set(await Promise.all(orders.map(statusOf)))).toEqual(new Set(['completed']));
  });
});

const shareOf = async ({ orderNo }: Order) => commissionOf(await desk.order(orderNo))?.status;

describe('a share', () => {
  const INVITER = 'inviter';
  const invited = async (priceFen = 1000) => desk.newOpened(await desk.newUser(), { inviterId: INVITER, priceFen });

  test('is paid three days after the opening, and not a millisecond sooner', async () => {
    const order = await invited();
    shop.pass(WAIT_MS - 1);
    await shop.cron();
    expect([await desk.balance(INVITER), await shareOf(order)]).toEqual([0, 'payable']);
    shop.pass(1);
    await shop.cron();
    expect([await desk.balance(INVITER), await shareOf(order)]).toEqual([100, 'paid']);
    expect(await desk.ledger(INVITER)).toMatchObject([
      { kind: 'commission', amountFen: 100, orderNo: order.orderNo, actor: 'system', atMs: Date.now() },
    ]);
    expect((await desk.order(order.orderNo)).commissionPaidAtMs).toBe(Date.now());
    await settle();
    expect(await desk.balance(INVITER)).toBe(100);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('of many orders is paid once each to one inviter, by however many runs at once', async () => {
    await times(25, (nth) => invited(1000 + 10 * nth));
    shop.pass(WAIT_MS);
    await Promise.all([shop.cron(), shop.cron()]);
    await shop.cron();
    const ledger = await desk.ledger(INVITER);
    expect(ledger).toHaveLength(25);
    expect(await desk.balance(INVITER)).toBe(25 * 100 + (24 * 25) / 2);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('waits while money is asked back, and does not hold up the next one', async () => {
    const asked = await invited();
    const refund = valueOf(await desk.refund(asked, 400, 'manual'));
    const next = await invited();
    shop.pass(WAIT_MS);
    await shop.cron();
    expect([await shareOf(asked), await shareOf(next)]).toEqual(['payable', 'paid']);
    const reject = {
      type: 'decide_refund',
      refundNo: refund.refund.refundNo,
      verdict: 'reject',
      reason: null,
    } as const;
    expect((await command(asked, reject)).ok).toBe(true);
    await shop.cron();
    expect([await shareOf(asked), await desk.balance(INVITER)]).toEqual(['paid', 200]);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('is what a refund has left of it', async () => {
    const order = await invited();
    valueOf(await desk.refund(order, 333));
    await settle();
    shop.pass(WAIT_MS);
    await shop.cron();
    expect(await desk.story(INVITER)).toEqual(['commission 66 = 66']);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('is nothing once all has gone back, and never due', async () => {
    const order = await invited();
    valueOf(await desk.refund(order));
    await settle();
    expect([await statusOf(order), await shareOf(order)]).toEqual(['refunded', 'reversed']);
    shop.pass(WAIT_MS);
    await settle();
    expect(await desk.ledger(INVITER)).toEqual([]);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('of an order that another one has absorbed is paid in its own time', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, { inviterId: INVITER });
    shop.pass(DAY_MS);
    const change = await desk.newOpened(userId, { inviterId: INVITER, planId: '2', priceFen: 5000 });
    expect(await statusOf(first)).toBe('absorbed');
    shop.pass(WAIT_MS - DAY_MS);
    await shop.cron();
    expect([await shareOf(first), await shareOf(change)]).toEqual(['paid', 'payable']);
    shop.pass(DAY_MS);
    await shop.cron();
    const shareFen = Math.floor((change.amountFen + change.balanceFen) / 10);
    expect(await desk.story(INVITER)).toEqual(['commission 100 = 100', `commission ${shareFen} = ${100 + shareFen}`]);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('of a value that is being replaced moves the order on: the change is priced anew, and not lost', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, { inviterId: INVITER });
    shop.pass(WAIT_MS);
    const [placed] = await Promise.all([desk.place(userId, { planId: '2', priceFen: 5000 }), shop.cron()]);
    const change = valueOf(placed);
    await desk.pay(change);
    expect([await statusOf(first), await statusOf(change), await desk.balance(INVITER)]).toEqual([
      'absorbed',
      'completed',
      100,
    ]);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('of an order that nobody paid is none', async () => {
    await desk.newOrder(await desk.newUser(), { inviterId: INVITER });
    shop.pass(WAIT_MS + TTL_MS);
    await settle();
    expect(await desk.ledger(INVITER)).toEqual([]);
  });

  test('of more orders than a page, the first of which wait, is paid in one run', async () => {
    const waiting = await times(3, () => invited());
    for (const order of waiting) valueOf(await desk.refund(order, 1, 'manual'));
    await times(62, () => invited());
    shop.pass(WAIT_MS);
    await shop.cron();
    expect(await desk.balance(INVITER)).toBe(62 * 100);
    expect(alerts).toEqual([]);
  });
});
