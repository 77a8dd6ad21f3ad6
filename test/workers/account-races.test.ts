/** Accounts when everybody comes at once, with the gates and without: the database alone must keep every promise. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { setBalance } from '../../src/core/balance/set-balance.ts';
import { expireOrders } from '../../src/core/order/expire-orders.ts';
import type { Order } from '../../src/core/order/order.ts';
import { submit, SYSTEM } from '../../src/core/order/submit.ts';
import { openSubscription } from '../../src/core/subscription/open-subscription.ts';
import { type AccountDesk, openAccountDesk, type Wanted, wordOf } from '../harness/account-desk.ts';
import { checkBooks } from '../harness/check-books.ts';
import { deliver, type Letter, openShop, type Shop } from '../harness/shop.ts';

const TTL_MS = 1_800_000;
const DAY_MS = 86_400_000;
const AT_ONCE = 20;

const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));

/** How often each word is among the outcomes. */
function countWords(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

const post = ({ url, body, headers }: Letter) => deliver(url, body, headers);

describe.each(['on', 'off'] as const)('with the gate %s', (gate) => {
  let shop: Shop;
  let desk: AccountDesk;
  beforeAll(async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    shop = await openShop({ gate, limits: 'off' });
    desk = openAccountDesk(shop);
  });

  const ended = async (order: Order) => (await desk.order(order.orderNo)).status;
  const expireAll = () => desk.run((services) => expireOrders(services));
  /** Pays an order of nothing, and crashes before it is opened. */
  const payAndCrash = (order: Order) =>
    desk.run((services) => submit(services, { orderNo: order.orderNo, command: { type: 'pay_nothing' }, ...SYSTEM }));

  test('20 placings of one user are one order, and the balance pays once', async () => {
    for (const balanceFen of [0, 300, 5000]) {
      const userId = await desk.newUser(balanceFen);
      const words = (await Promise.all(times(AT_ONCE, () => desk.place(userId)))).map(wordOf);
      expect(countWords(words)).toEqual({ done: 1, order_unfinished: AT_ONCE - 1 });
      expect(await desk.balance(userId)).toBe(Math.max(0, balanceFen - 1000));
    }
  });

  test('20 placings under one key are one order, and everybody is told its number', async () => {
    const userId = await desk.newUser(300);
    const idempotency = { userId, route: 'POST subscription', key: 'k', bodyHash: 'h' };
    const answers = await Promise.all(times(AT_ONCE, () => desk.place(userId, { idempotency })));
    const numbers = new Set(answers.map((answer) => (answer.ok ? answer.value.orderNo : wordOf(answer))));
    expect([...numbers]).toEqual([expect.stringMatching(/^\d{22}$/)]);
    expect(await desk.story(userId)).toEqual(['set 300 = 300', 'spent -300 = 0']);
  });

  test('20 placings after one that is overdue: it is expired once, and one of them is placed', async () => {
    const userId = await desk.newUser(300);
    const first = await desk.newOrder(userId);
    shop.pass(TTL_MS);
    const words = (await Promise.all(times(AT_ONCE, () => desk.place(userId)))).map(wordOf);
    expect(countWords(words)).toEqual({ done: 1, order_unfinished: AT_ONCE - 1 });
    expect(await ended(first)).toBe('expired');
    expect(await desk.story(userId)).toEqual([
      'set 300 = 300',
      'spent -300 = 0',
      'returned 300 = 300',
      'spent -300 = 0',
    ]);
  });

  test('20 cancellations give the balance back once, and the use of the coupon', async () => {
    const userId = await desk.newUser(300);
    const couponCode = await desk.newCoupon({ limitUse: 1 });
    const order = await desk.newOrder(userId, { couponCode });
    const words = (await Promise.all(times(AT_ONCE, () => desk.cancel(order)))).map(wordOf);
    expect(countWords(words)).toEqual({ done: 1, order_not_unpaid: AT_ONCE - 1 });
    expect(await desk.story(userId)).toEqual(['set 300 = 300', 'spent -300 = 0', 'returned 300 = 300']);
    expect(wordOf(await desk.place(userId, { couponCode }))).toBe('done');
  });

  /** Lets others have so many turns, one after the other. */
  const wait = async (turns: number) => {
    for (let nth = 0; nth < turns; nth++) await desk.account('nobody');
  };

  /** An order ends in one way: paid for and opened, or not and everything back. */
  async function expectOneEnd(order: Order): Promise<string> {
    const status = await ended(order);
    const kinds = (await desk.ledger(order.userId)).map(({ kind, orderNo }) => `${kind} ${orderNo}`);
    const returned = kinds.filter((kind) => kind === `returned ${order.orderNo}`).length;
    expect([status, returned]).toEqual([status, status === 'completed' ? 0 : 1]);
    expect(['completed', 'cancelled', 'expired']).toContain(status);
    expect(await desk.balance(order.userId)).toBe(status === 'completed' ? 0 : 300);
    return status;
  }

  test('cancellations against a payment that was made, its notification, expiry and the cron: it is paid', async () => {
    for (let round = 0; round < 12; round++) {
      const order = await desk.newOrder(await desk.newUser(300));
      await desk.payUnheard(order);
      const letters = shop.wechatPay.takeNotifications();
      if (round % 2 === 1) shop.pass(TTL_MS);
      const contenders = [
        ...times(5, () => () => desk.cancel(order)),
        expireAll,
        () => shop.cron(),
        () => desk.place(order.userId),
        ...letters.flatMap((letter) => times(3, () => () => post(shop.wechatPay.signAgain(letter)))),
      ];
      const from = (round * 3) % contenders.length;
      await Promise.all([...contenders.slice(from), ...contenders.slice(0, from)].map((contend) => contend()));
      // Whoever comes after the order is opened may have been first in line with the next one.
      const { unfinished } = await desk.account(order.userId);
      if (unfinished) await desk.cancel(await desk.order(unfinished.orderNo));
      expect(await expectOneEnd(order)).toBe('completed');
    }
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('cancellations against a payment that is being made: the balance is back, or the order is paid, never both', async () => {
    const orders: Order[] = [];
    for (let round = 0; round < 15; round++) {
      const order = await desk.newOrder(await desk.newUser(300));
      orders.push(order);
      const code = await desk.newCode(order);
      const isLast = round % 3 === 2;
      if (isLast) shop.pass(TTL_MS - 1);
      const payAndTell = async () => {
        await wait(round % 8);
        shop.wechatPay.pay(code);
        await shop.deliverNotifications();
      };
      const late = isLast ? [async () => shop.pass(1), expireAll] : [];
      const contenders = [...times(20, () => () => desk.cancel(order)), payAndTell, ...late];
      const from = (round * 7) % contenders.length;
      await Promise.all([...contenders.slice(from), ...contenders.slice(0, from)].map((contend) => contend()));
    }
    for (let run = 0; run < 3; run++) {
      shop.pass(TTL_MS);
      await shop.cron();
    }
    const ends = await Promise.all(orders.map(expectOneEnd));
    expect([ends.includes('completed'), ends.includes('cancelled')]).toEqual([true, true]);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('an order of nothing: paid by saying so, cancelled and expired at once, it ends in one way', async () => {
    const ends: string[] = [];
    for (let round = 0; round < 20; round++) {
      const order = await desk.newOrder(await desk.newUser(300), { priceFen: 300 });
      expect(order.amountFen).toBe(0);
      const contenders = [
        ...times(5, () => () => desk.cancel(order)),
        ...times(5, () => () => desk.payNothing(order)),
        ...(round % 2 === 0 ? [async () => shop.pass(TTL_MS), expireAll, () => shop.cron()] : []),
      ];
      const from = (round * 3) % contenders.length;
      await Promise.all([...contenders.slice(from), ...contenders.slice(0, from)].map((contend) => contend()));
      ends.push(await expectOneEnd(order));
    }
    expect(new Set(ends).size).toBeGreaterThan(1);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('a coupon that may be used 7 times is used 7 times by 20 who come at once', async () => {
    const couponCode = await desk.newCoupon({ limitUse: 7 });
    const users = await Promise.all(times(AT_ONCE, () => desk.newUser()));
    const placed = await Promise.all(users.map((userId) => desk.place(userId, { couponCode })));
    expect(countWords(placed.map(wordOf))).toEqual({ done: 7, coupon_unusable: 13 });
    const orders = placed.flatMap((one) => (one.ok ? [one.value] : []));
    await Promise.all(orders.slice(0, 3).flatMap((order) => times(3, () => desk.cancel(order))));
    const others = await Promise.all(times(AT_ONCE, () => desk.newUser()));
    const again = await Promise.all(others.map((userId) => desk.place(userId, { couponCode })));
    expect(countWords(again.map(wordOf))).toEqual({ done: 3, coupon_unusable: 17 });
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('opening 20 times at once is one period, one credit, and each absorbed order once', async () => {
    const userId = await desk.newUser();
    const firsts = [await desk.newOpened(userId, { priceFen: 3000 }), await desk.newOpened(userId, { priceFen: 3000 })];
    const change = await desk.newOrder(userId, { planId: '2', priceFen: 100 });
    await payAndCrash(change);
    const paid = await desk.order(change.orderNo);
    expect(paid.status).toBe('paid');
    const opened = await Promise.all(
      times(AT_ONCE, (nth) => {
        // Some come a second later, and would open another period.
        if (nth === 10) shop.pass(1000);
        return desk.run((services) => openSubscription(services, paid));
      }),
    );
    expect(countWords(opened.map(wordOf))).toEqual({ done: AT_ONCE });
    expect(await desk.story(userId)).toEqual(['credited 5900 = 5900']);
    const events = await env.DB.prepare(
      `SELECT order_no, type FROM order_events
        WHERE type IN ('order_completed', 'order_absorbed') AND (order_no = ?1 OR reason = ?1)`,
    )
      .bind(change.orderNo)
      .all();
    expect(events.results).toHaveLength(1 + firsts.length);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('a change of plan against a refund of what it takes over: no fen counts twice', async () => {
    const seen: string[] = [];
    for (let round = 0; round < 12; round++) {
      const userId = await desk.newUser();
      const first = await desk.newOpened(userId, { priceFen: 3000 });
      const place = () => desk.place(userId, { planId: '2', priceFen: 10_000 });
      const refund = () => desk.refund(first, round % 2 === 0 ? 'all' : 1000);
      // The one after the other, and the other way round; and else at once, with a start for the change.
      const refundedFirst = round % 4 === 0 ? await refund() : null;
      const placing = round % 4 === 1 ? Promise.resolve(await place()) : wait(round).then(place);
      const [placed, refunded] = await Promise.all([placing, refundedFirst ?? refund()]);
      if (!placed.ok) throw new Error(wordOf(placed));
      const backFen = refunded.ok ? (round % 2 === 0 ? 3000 : 1000) : 0;
      expect([wordOf(refunded), placed.value.subscription?.surplusFen]).toEqual([
        refunded.ok ? 'done' : 'move_not_allowed',
        3000 - backFen,
      ]);
      seen.push(wordOf(refunded));
      await desk.pay(placed.value);
      expect(await ended(placed.value)).toBe('completed');
      // All of it back, it has ended by itself, unless the change was faster than the provider.
      expect(backFen === 3000 ? ['refunded', 'absorbed'] : ['absorbed']).toContain(await ended(first));
    }
    expect(new Set(seen).size).toBe(2);
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('an operator’s 20 words at once are as many rows of one ledger, beside an order that takes from it', async () => {
    const userId = await desk.newUser(500);
    const set = (balanceFen: number) =>
      desk.run((services) => setBalance(services, { userId, balanceFen, actor: 'operator:1', reason: 'r' }));
    const all = await Promise.all([...times(AT_ONCE, (nth) => set(1000 + nth)), desk.place(userId), set(0)]);
    expect(countWords(all.map(wordOf))['done']).toBeGreaterThan(10);
    const ledger = await desk.ledger(userId);
    expect(ledger.map(({ seq }) => seq)).toEqual(ledger.map((_, nth) => nth + 1));
    expect(ledger.filter(({ kind }) => kind === 'set').every(({ seq, reason }) => seq === 1 || reason === 'r')).toBe(
      true,
    );
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('renewals, changes and cancellations of many users at once, over months: the books are right', async () => {
    const users = await Promise.all(times(6, (nth) => desk.newUser(nth * 400)));
    const wishes: Wanted[] = [
      { planId: '1', priceFen: 1000 },
      { planId: '2', priceFen: 2500, months: 3 },
      { planId: '1', priceFen: 700, effect: 'reset', months: null },
      { planId: '3', priceFen: 300, inviterId: 'inviter' },
    ];
    const step = async (userId: string, nth: number) => {
      const placed = await desk.place(userId, wishes[nth % wishes.length]);
      if (!placed.ok) return;
      await (nth % 5 === 3 ? desk.cancel(placed.value) : desk.pay(placed.value));
    };
    for (let nth = 0; nth < 12; nth++) {
      await Promise.all(users.flatMap((userId, index) => [step(userId, nth + index), step(userId, nth + 2 * index)]));
      shop.pass((1 + (nth % 3)) * 5 * DAY_MS);
      await Promise.all([shop.cron(), shop.cron()]);
    }
    await shop.deliverNotifications();
    for (let run = 0; run < 3; run++) {
      shop.pass(4 * DAY_MS);
      await shop.cron();
    }
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  }, 300_000);
});
