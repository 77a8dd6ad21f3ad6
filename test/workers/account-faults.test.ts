/** Accounts over a database that loses answers: what was written counts once, and what was not is written later. */
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { setBalance } from '../../src/core/balance/set-balance.ts';
import type { Result } from '../../src/core/errors.ts';
import type { Order } from '../../src/core/order/order.ts';
import { type AccountDesk, openAccountDesk, type Wanted, WAIT_MS, wordOf } from '../harness/account-desk.ts';
import { checkBooks } from '../harness/check-books.ts';
import { type FlakyDatabase, makeDatabaseFlaky } from '../harness/flaky-database.ts';
import { openShop, type Shop } from '../harness/shop.ts';

const MINUTE_MS = 60_000;
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

let shop: Shop;
let desk: AccountDesk;
let database: FlakyDatabase;
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  shop = await openShop({ limits: 'off' });
  database = makeDatabaseFlaky();
  desk = openAccountDesk(shop);
});

/** What came of a call; `unanswered` where the database did not say. */
async function tried<T>(call: () => Promise<Result<T>>): Promise<string> {
  try {
    return wordOf(await call());
  } catch {
    return 'unanswered';
  }
}

/** Tries again and again over a broken database, as an impatient user does, until a word comes that says something. */
async function insist<T>(call: () => Promise<Result<T>>, times = 12): Promise<string[]> {
  const words: string[] = [];
  for (let nth = 0; nth < times && !words.some((word) => word !== 'unanswered' && word !== 'busy'); nth++) {
    words.push(await tried(call));
  }
  return words;
}

async function settle(): Promise<void> {
  for (let run = 0; run < 3; run++) {
    shop.pass(31 * MINUTE_MS);
    await shop.cron();
  }
}

describe.each(SEEDS)('with answers lost by the seed %d', (seed) => {
  test('placing takes from the balance once, and whoever repeats it under a key gets that one order', async () => {
    const userId = await desk.newUser(300);
    const couponCode = await desk.newCoupon({ limitUse: 1 });
    const idempotency = { userId, route: 'POST subscription', key: 'k', bodyHash: 'h' };
    const wanted: Wanted = { couponCode, idempotency };
    database.breakFrom(seed, 2);
    const words = await insist(() => desk.place(userId, wanted));
    database.heal();
    const again = await desk.place(userId, wanted);
    expect([words, wordOf(again)]).toEqual([words, 'done']);
    expect(await desk.story(userId)).toEqual(['set 300 = 300', 'spent -300 = 0']);
    if (again.ok) await desk.cancel(again.value);
    expect(await desk.balance(userId)).toBe(300);
  });

  test('without a key a repeat finds the order that was written, or writes it', async () => {
    const userId = await desk.newUser(300);
    database.breakFrom(seed + 100, 2);
    const words = await insist(() => desk.place(userId));
    database.heal();
    const isWritten = words.includes('done') || words.includes('order_unfinished');
    expect(['done', 'order_unfinished']).toContain(isWritten ? 'done' : await tried(() => desk.place(userId)));
    const { unfinished } = await desk.account(userId);
    expect(unfinished).not.toBeNull();
    expect(await desk.story(userId)).toEqual(['set 300 = 300', 'spent -300 = 0']);
  });

  test('paying and opening are done once, by whoever gets through, the cron at last', async () => {
    const userId = await desk.newUser(500);
    const first = await desk.newOpened(userId, { priceFen: 3000, inviterId: `inviter-${seed}` });
    const change = await desk.newOrder(userId, { planId: '2', priceFen: 100 });
    database.breakFrom(seed + 200, 2);
    await insist(() => desk.payNothing(change));
    for (let run = 0; run < 3; run++) await tried(async () => ({ ok: true, value: await shop.cron() }));
    database.heal();
    await shop.cron();
    const status = async ({ orderNo }: Order) => (await desk.order(orderNo)).status;
    if ((await status(change)) === 'pending_payment') await desk.pay(change);
    expect([await status(first), await status(change)]).toEqual(['absorbed', 'completed']);
    expect(await desk.story(userId)).toEqual(['set 500 = 500', 'spent -500 = 0', 'credited 2900 = 2900']);
    shop.pass(WAIT_MS);
    database.breakFrom(seed + 300, 2);
    for (let run = 0; run < 3; run++) await tried(async () => ({ ok: true, value: await shop.cron() }));
    database.heal();
    await shop.cron();
    expect(await desk.story(`inviter-${seed}`)).toEqual(['commission 300 = 300']);
  });

  test('cancelling gives back once', async () => {
    const userId = await desk.newUser(300);
    const order = await desk.newOrder(userId);
    database.breakFrom(seed + 400, 2);
    await insist(() => desk.cancel(order));
    database.heal();
    expect(['done', 'order_not_unpaid']).toContain(await tried(() => desk.cancel(order)));
    expect(await desk.story(userId)).toEqual(['set 300 = 300', 'spent -300 = 0', 'returned 300 = 300']);
  });

  test('money that was paid is found, and opens the order', async () => {
    const userId = await desk.newUser(300);
    const order = await desk.newOrder(userId);
    await desk.payUnheard(order);
    database.breakFrom(seed + 500, 2);
    await tried(async () => ({ ok: true, value: await shop.deliverNotifications(2) }));
    await insist(() => desk.cancel(order), 3);
    database.heal();
    await settle();
    expect((await desk.order(order.orderNo)).status).toBe('completed');
    expect(await desk.balance(userId)).toBe(0);
  });

  test('a balance that an operator sets is what they said, with their words, once', async () => {
    const userId = await desk.newUser();
    const wanted = { userId, balanceFen: 700, actor: 'operator:1', reason: 'why' };
    database.breakFrom(seed + 600, 2);
    await insist(() => desk.run((services) => setBalance(services, wanted)));
    database.heal();
    expect(await tried(() => desk.run((services) => setBalance(services, wanted)))).toBe('done');
    expect(await desk.ledger(userId)).toMatchObject([{ amountFen: 700, reason: 'why' }]);
  });
});

test('answers were lost, and the books are right', async () => {
  expect(database.lost()).toBeGreaterThan(50);
  await settle();
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
});
