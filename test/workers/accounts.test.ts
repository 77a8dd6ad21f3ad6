/** Orders on accounts: what the balance pays, what opening does, and that what was taken is given back once. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { findLedger } from '../../src/core/balance/find-ledger.ts';
import { setBalance } from '../../src/core/balance/set-balance.ts';
import { isWords } from '../../src/core/personal/words.ts';
import { submit, SYSTEM } from '../../src/core/order/submit.ts';
import { openSubscription } from '../../src/core/subscription/open-subscription.ts';
import { addMonths } from '../../src/core/subscription/period.ts';
import { type AccountDesk, openAccountDesk, valueOf, wordOf } from '../harness/account-desk.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const TTL_MS = 30 * MINUTE_MS;

let shop: Shop;
let desk: AccountDesk;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  desk = openAccountDesk(shop);
});

/** The second in which it is. */
const nowSecondMs = () => Math.floor(Date.now() / 1000) * 1000;
const books = () => checkBooks(shop, 'any_time');

describe('placing', () => {
  test('takes what the balance can pay, and asks for the rest', async () => {
    const userId = await desk.newUser(300);
    const order = await desk.newOrder(userId);
    expect(order).toMatchObject({ amountFen: 700, balanceFen: 300, status: 'pending_payment', version: 1 });
    expect(await desk.order(order.orderNo)).toEqual(order);
    expect(await desk.ledger(userId)).toMatchObject([
      { seq: 1, kind: 'set' },
      {
        seq: 2,
        kind: 'spent',
        amountFen: -300,
        balanceFen: 0,
        orderNo: order.orderNo,
        actor: `user:${userId}`,
        atMs: order.createdAtMs,
        reason: null,
      },
    ]);
  });

  test('takes no more than it costs', async () => {
    const userId = await desk.newUser(5000);
    expect(await desk.newOrder(userId)).toMatchObject({ amountFen: 0, balanceFen: 1000 });
    expect(await desk.balance(userId)).toBe(4000);
  });

  test('is answered by the order as the database has it, terms and all', async () => {
    const userId = await desk.newUser(1);
    const couponCode = await desk.newCoupon();
    const placed = await desk.newOrder(userId, { planId: '7', months: null, inviterId: 'inviter', couponCode });
    expect(await desk.order(placed.orderNo)).toEqual(placed);
    expect(placed).toMatchObject({
      couponId: expect.stringMatching(/^1\d+$/),
      subscription: { planId: '7', effect: 'begin', months: null, surplusFen: 0, creditFen: 0 },
      commission: { to: 'inviter', amountFen: 100, payoutAfterMs: 3 * DAY_MS },
      commissionPaidAtMs: null,
      isPromised: false,
      choice: null,
      transactionId: null,
    });
  });

  test.each<[string, (order: Awaited<ReturnType<AccountDesk['newOrder']>>) => Promise<unknown>, string]>([
    ['unpaid', () => Promise.resolve(), 'order_unfinished'],
    ['being paid', (order) => desk.newCode(order), 'order_unfinished'],
    ['cancelled', (order) => desk.cancel(order), 'done'],
    ['opened', (order) => desk.pay(order), 'done'],
  ])('beside one that is %s: %s', async (_name, bring, expected) => {
    const userId = await desk.newUser();
    const first = await desk.newOrder(userId);
    await bring(first);
    expect(wordOf(await desk.place(userId))).toBe(expected);
    expect(wordOf(await desk.place(await desk.newUser()))).toBe('done');
    await desk.cancel(first);
  });

  test('beside one whose time has run out ends that one first, whose balance is back and pays again', async () => {
    const userId = await desk.newUser(800);
    const first = await desk.newOrder(userId);
    shop.pass(TTL_MS - 1);
    expect(wordOf(await desk.place(userId))).toBe('order_unfinished');
    shop.pass(1);
    const second = await desk.newOrder(userId);
    expect((await desk.order(first.orderNo)).status).toBe('expired');
    expect(second).toMatchObject({ amountFen: 200, balanceFen: 800 });
    expect(await desk.story(userId)).toEqual([
      'set 800 = 800',
      'spent -800 = 0',
      'returned 800 = 800',
      'spent -800 = 0',
    ]);
    expect(await books()).toEqual([]);
  });

  test('beside one whose time has run out while somebody pays it: the provider is asked, and money counts', async () => {
    const userId = await desk.newUser(800);
    const first = await desk.newOrder(userId);
    await desk.payUnheard(first);
    shop.wechatPay.takeNotifications();
    shop.pass(TTL_MS);
    // The money is found, and opens the first order: whether there can be a second one by then is a matter of moments.
    expect(['done', 'order_unfinished']).toContain(wordOf(await desk.place(userId)));
    expect(await desk.order(first.orderNo)).toMatchObject({ status: 'completed' });
    const { unfinished } = await desk.account(userId);
    const second = unfinished ? await desk.order(unfinished.orderNo) : await desk.newOrder(userId);
    expect(second).toMatchObject({ balanceFen: 0, amountFen: 1000, subscription: { effect: 'extend' } });
    expect(await books()).toEqual([]);
  });

  test('beside one whose time has run out, and whose provider does not answer: it stays, and so does the balance', async () => {
    const userId = await desk.newUser(800);
    const first = await desk.newOrder(userId);
    await desk.newCode(first);
    shop.pass(TTL_MS);
    shop.wechatPay.faults.random(1, 1);
    expect(wordOf(await desk.place(userId))).toBe('order_unfinished');
    shop.wechatPay.faults.heal();
    expect(await desk.story(userId)).toEqual(['set 800 = 800', 'spent -800 = 0']);
    expect(wordOf(await desk.place(userId))).toBe('done');
    expect((await desk.order(first.orderNo)).status).toBe('expired');
  });

  test('is repeated under its key: the same order, whatever became of it, and nothing is taken twice', async () => {
    const userId = await desk.newUser(300);
    const key = { userId, route: 'POST subscription', key: 'k', bodyHash: 'h' };
    const placed = await desk.newOrder(userId, { idempotency: key });
    const again = () => desk.place(userId, { idempotency: key });
    expect(await again()).toEqual({ ok: true, value: placed });
    expect(wordOf(await desk.place(userId, { idempotency: { ...key, bodyHash: 'other' } }))).toBe(
      'idempotency_key_reused',
    );
    expect(wordOf(await desk.place(userId, { idempotency: { ...key, key: 'l' } }))).toBe('order_unfinished');
    await desk.pay(placed);
    expect(await again()).toEqual({ ok: true, value: placed });
    expect(await desk.balance(userId)).toBe(0);
    expect(await desk.story(userId)).toHaveLength(2);
  });

  test('with a coupon that nobody knows is refused by the offer', async () => {
    expect(wordOf(await desk.place(await desk.newUser(), { couponCode: 'NO SUCH' }))).toBe('coupon_unusable');
  });

  test.each([-1, 0.5, Number.NaN, 10_000_000_001])('refuses an offer of %d fen', async (priceFen) => {
    expect(wordOf(await desk.place(await desk.newUser(), { priceFen }))).toBe('price_invalid');
  });
});

const set = (userId: string, balanceFen: number, reason: string | null = null) =>
  desk.run((services) => setBalance(services, { userId, balanceFen, actor: 'operator:7', reason }));

describe('what happens between looking at the account and writing the order', () => {
  test('another order is placed and opened: this one goes on after it', async () => {
    const userId = await desk.newUser();
    const meanwhile = () => desk.newOpened(userId);
    expect((await desk.newOrder(userId, { meanwhile })).subscription).toMatchObject({ effect: 'extend' });
  });

  test('another order is placed and cancelled: this one is placed all the same', async () => {
    const userId = await desk.newUser(300);
    const meanwhile = async () => desk.cancel(await desk.newOrder(userId));
    expect(await desk.newOrder(userId, { meanwhile })).toMatchObject({ balanceFen: 300 });
    expect(await desk.story(userId)).toHaveLength(4);
  });

  test('another order is placed: this one is not', async () => {
    const userId = await desk.newUser(300);
    const meanwhile = () => desk.newOrder(userId);
    expect(wordOf(await desk.place(userId, { meanwhile }))).toBe('order_unfinished');
  });

  test('the balance falls: it pays what is left', async () => {
    const userId = await desk.newUser(800);
    const meanwhile = () => set(userId, 100);
    expect(await desk.newOrder(userId, { meanwhile })).toMatchObject({ balanceFen: 100, amountFen: 900 });
    expect(await desk.balance(userId)).toBe(0);
  });

  test('the last use of the coupon is made: there is none for this one', async () => {
    const couponCode = await desk.newCoupon({ limitUse: 1 });
    const other = await desk.newUser();
    const meanwhile = () => desk.newOrder(other, { couponCode });
    expect(wordOf(await desk.place(await desk.newUser(), { couponCode, meanwhile }))).toBe('coupon_unusable');
  });

  test('the coupon is taken out of sale: there is none for this one', async () => {
    const couponCode = await desk.newCoupon();
    const meanwhile = () =>
      desk.run(async (services) => {
        const query = { dialect: 'subscription', userId: 'x', couponCode, nowMs: services.now() };
        const id = (await services.accounts.read(query)).coupon?.item.id ?? '';
        return services.catalog.remove({ kind: 'coupons', id }, services.now());
      });
    expect(wordOf(await desk.place(await desk.newUser(), { couponCode, meanwhile }))).toBe('coupon_unusable');
  });

  test('money of what it takes over is asked back: only the rest counts', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, { priceFen: 3000 });
    const meanwhile = () => desk.refund(first, 1200, 'manual');
    const change = await desk.newOrder(userId, { planId: '2', priceFen: 9000, meanwhile });
    expect(change.subscription?.surplusFen).toBe(1800);
    expect(await books()).toEqual([]);
  });
});

describe('paying', () => {
  test('money opens the order, from that second on, and its number is the payment’s', async () => {
    const userId = await desk.newUser();
    const opened = await desk.newOpened(userId);
    const startsAtMs = nowSecondMs();
    expect(opened).toMatchObject({
      fulfilment: 'fulfilled',
      choice: '11',
      transactionId: expect.stringMatching(/^\d{28}$/),
      completedAtMs: Date.now(),
    });
    expect((await desk.account(userId)).standing).toEqual([
      {
        id: opened.id,
        orderNo: opened.orderNo,
        version: opened.version,
        planId: '1',
        startsAtMs,
        endsAtMs: addMonths(startsAtMs, 1),
        worthFen: 1000,
      },
    ]);
  });

  test('an order that costs nothing is paid by saying so, once, and opened', async () => {
    const order = await desk.newOrder(await desk.newUser(1000));
    expect(wordOf(await desk.payNothing(order))).toBe('done');
    expect(await desk.order(order.orderNo)).toMatchObject({ status: 'completed', transactionId: null, choice: null });
    expect(wordOf(await desk.payNothing(order))).toBe('order_already_paid');
    expect(wordOf(await desk.cancel(order))).toBe('order_not_unpaid');
    await expect(desk.newCode(order)).rejects.toThrow('order_already_paid');
  });

  test('one that costs a fen is not, and one that costs nothing is nobody’s to collect', async () => {
    const costs = await desk.newOrder(await desk.newUser(999));
    expect(wordOf(await desk.payNothing(costs))).toBe('amount_differs');
    const free = await desk.newOrder(await desk.newUser(1000));
    await expect(desk.newCode(free)).rejects.toThrow('provider_not_offered');
    const strangers = { ...free, userId: await desk.newUser() };
    expect(wordOf(await desk.payNothing(strangers))).toBe('order_not_found');
    shop.pass(TTL_MS);
    expect(wordOf(await desk.payNothing(free))).toBe('order_expired');
  });

  test('what the customer chose last is kept', async () => {
    const order = await desk.newOrder(await desk.newUser());
    await desk.newCode(order);
    expect((await desk.order(order.orderNo)).choice).toBe('11');
  });

  test('what the customer paid with counts, not what they chose after it', async () => {
    const order = await desk.newOrder(await desk.newUser());
    const link = await desk.newLink(order);
    // The page was never opened there: nobody at Alipay can close it.
    await desk.newCode(order);
    expect((await desk.order(order.orderNo)).choice).toBe('11');
    expect(shop.alipay.pay(link).ok).toBe(true);
    await shop.deliverNotifications();
    const paid = await desk.order(order.orderNo);
    expect(paid).toMatchObject({ status: 'completed', choice: '12' });
    expect(paid.transactionId).toBe(shop.alipay.ledger.trade(`${order.orderNo}0001`)?.transactionId);
    expect(await books()).toEqual([]);
  });

  test('money that comes after the end goes back, as the balance did', async () => {
    const userId = await desk.newUser(300);
    const order = await desk.newOrder(userId);
    const link = await desk.newLink(order);
    shop.pass(TTL_MS);
    await shop.cron();
    expect(await desk.order(order.orderNo)).toMatchObject({ status: 'expired', choice: '12' });
    expect(shop.alipay.pay(link, { late: true }).ok).toBe(true);
    await shop.deliverNotifications();
    for (let nth = 0; nth < 3; nth++) {
      shop.pass(4 * MINUTE_MS);
      await shop.cron();
    }
    expect(await desk.order(order.orderNo)).toMatchObject({ status: 'expired', paidFen: 0, transactionId: null });
    expect(shop.alipay.ledger.refundedFen(`${order.orderNo}0001`)).toBe(700);
    expect(await desk.story(userId)).toEqual(['set 300 = 300', 'spent -300 = 0', 'returned 300 = 300']);
    expect((await desk.account(userId)).standing).toEqual([]);
  });
});

describe('a change of plan', () => {
  const month = { planId: '1', priceFen: 3100, months: 1 };

  test('uses what is unused of all that stands, and asks for the rest; the old orders end with its opening', async () => {
    const userId = await desk.newUser(100);
    const first = await desk.newOpened(userId, month);
    const second = await desk.newOpened(userId, month);
    shop.pass(10 * DAY_MS);
    const account = await desk.account(userId);
    expect(account.standing.map(({ orderNo }) => orderNo)).toEqual([first.orderNo, second.orderNo]);
    const change = await desk.newOrder(userId, { planId: '2', priceFen: 20_000, months: 12 });
    const { surplusFen = 0 } = change.subscription ?? {};
    // The second has not begun; of the first, ten days of its thirty are used.
    expect(surplusFen).toBe(3100 + Math.floor((3100 * 20) / 30));
    expect(change).toMatchObject({ amountFen: 20_000 - surplusFen, balanceFen: 0 });
    expect((await desk.order(first.orderNo)).isPromised).toBe(true);
    expect((await desk.order(first.orderNo)).status).toBe('completed');
    await desk.pay(change);
    for (const { orderNo } of [first, second]) {
      expect(await desk.order(orderNo)).toMatchObject({ status: 'absorbed', isPromised: true });
    }
    const startsAtMs = nowSecondMs();
    expect((await desk.account(userId)).standing).toMatchObject([
      { orderNo: change.orderNo, planId: '2', startsAtMs, endsAtMs: addMonths(startsAtMs, 12), worthFen: 20_000 },
    ]);
    expect(await books()).toEqual([]);
  });

  test('what it has no use for goes to the balance, once it is opened', async () => {
    const userId = await desk.newUser();
    await desk.newOpened(userId, month);
    const change = await desk.newOrder(userId, { planId: '2', priceFen: 100 });
    expect(change).toMatchObject({ amountFen: 0, balanceFen: 0, subscription: { surplusFen: 3100, creditFen: 3000 } });
    expect(await desk.balance(userId)).toBe(0);
    await desk.pay(change);
    expect(await desk.story(userId)).toEqual(['credited 3000 = 3000']);
    expect((await desk.account(userId)).standing).toMatchObject([{ worthFen: 100 }]);
  });

  test('back and forth, nothing is gained and nothing lost but what time has used', async () => {
    const userId = await desk.newUser(2000);
    for (let nth = 0; nth < 12; nth++) {
      await desk.newOpened(userId, { planId: String(1 + (nth % 2)), priceFen: 1000 + 700 * (nth % 3) });
    }
    const paidFen = await env.DB.prepare(
      "SELECT sum(amount_fen) AS fen FROM orders WHERE user_id = ?1 AND status IN ('completed', 'absorbed')",
    )
      .bind(userId)
      .first<number>('fen');
    const { standing, balanceFen } = await desk.account(userId);
    expect(standing).toHaveLength(1);
    expect((standing[0]?.worthFen ?? 0) + balanceFen).toBe(2000 + (paidFen ?? 0));
    expect(await books()).toEqual([]);
  });

  test('that is cancelled leaves all as it was: it can be changed again, or given back', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, month);
    const change = await desk.newOrder(userId, { planId: '2', priceFen: 20_000 });
    expect(wordOf(await desk.refund(first))).toBe('move_not_allowed');
    await desk.cancel(change);
    expect(await desk.order(first.orderNo)).toMatchObject({ status: 'completed', isPromised: false });
    expect((await desk.newOrder(userId, { planId: '2', priceFen: 20_000 })).subscription?.surplusFen).toBe(3100);
    shop.pass(TTL_MS);
    await shop.cron();
    expect(wordOf(await desk.refund(first))).toBe('done');
    expect(await books()).toEqual([]);
  });

  test('counts what was really paid: balance and money, less what came or comes back', async () => {
    const userId = await desk.newUser(1000);
    const first = await desk.newOpened(userId, month);
    expect(first).toMatchObject({ amountFen: 2100, balanceFen: 1000 });
    const worth = async () => (await desk.account(userId)).standing[0]?.worthFen;
    expect(await worth()).toBe(3100);
    await desk.refund(first, 600, 'manual');
    expect(await worth()).toBe(2500);
    expect((await desk.newOrder(userId, { planId: '2', priceFen: 20_000 })).subscription?.surplusFen).toBe(2500);
  });

  test('what was asked back before the change, and comes back before it is opened, has ended by itself', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, month);
    const { refund } = valueOf(await desk.refund(first, 'all', 'manual'));
    const change = await desk.newOrder(userId, { planId: '2', priceFen: 9000 });
    expect(change.subscription).toMatchObject({ effect: 'replace', surplusFen: 0 });
    const verdict = { type: 'decide_refund', refundNo: refund.refundNo, verdict: 'approve', reason: null } as const;
    const { orderNo } = first;
    await desk.run((services) => submit(services, { orderNo, command: verdict, ...SYSTEM }));
    for (let nth = 0; nth < 3; nth++) {
      shop.pass(4 * MINUTE_MS);
      await shop.cron();
    }
    expect((await desk.order(orderNo)).status).toBe('refunded');
    await desk.pay(change);
    expect((await desk.order(change.orderNo)).status).toBe('completed');
    expect((await desk.order(orderNo)).status).toBe('refunded');
    expect(await books()).toEqual([]);
  });

  test('an order that is all given back stands no more', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, month);
    valueOf(await desk.refund(first));
    for (let nth = 0; nth < 3; nth++) {
      shop.pass(4 * MINUTE_MS);
      await shop.cron();
    }
    expect((await desk.order(first.orderNo)).status).toBe('refunded');
    expect(await desk.account(userId)).toMatchObject({ standing: [], unfinished: null });
    expect((await desk.newOrder(userId, { planId: '2' })).subscription).toMatchObject({
      effect: 'begin',
      surplusFen: 0,
    });
  });

  test('a reset opens no time, stands for nothing, and is not absorbed', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, month);
    const reset = await desk.newOpened(userId, { planId: '1', effect: 'reset', months: null });
    expect((await desk.account(userId)).standing.map(({ orderNo }) => orderNo)).toEqual([first.orderNo]);
    await desk.newOpened(userId, { planId: '2', priceFen: 20_000 });
    expect((await desk.order(reset.orderNo)).status).toBe('completed');
    expect((await desk.order(first.orderNo)).status).toBe('absorbed');
    expect(await books()).toEqual([]);
  });

  test('what never ends can be taken over, and is worth nothing', async () => {
    const userId = await desk.newUser();
    const first = await desk.newOpened(userId, { ...month, months: null });
    shop.pass(1000 * DAY_MS);
    const change = await desk.newOpened(userId, { planId: '2', priceFen: 20_000 });
    expect(change).toMatchObject({ amountFen: 20_000, subscription: { effect: 'replace', surplusFen: 0 } });
    expect((await desk.order(first.orderNo)).status).toBe('absorbed');
  });

  test('what has ended stands no more, from that millisecond on', async () => {
    const userId = await desk.newUser();
    await desk.newOpened(userId, month);
    const [{ endsAtMs } = { endsAtMs: null }] = (await desk.account(userId)).standing;
    shop.pass((endsAtMs ?? 0) - Date.now() - 1);
    expect((await desk.account(userId)).standing).toHaveLength(1);
    shop.pass(1);
    expect((await desk.account(userId)).standing).toEqual([]);
    expect((await desk.newOrder(userId, { planId: '2' })).subscription?.effect).toBe('begin');
  });
});

describe('opening', () => {
  test('of an order that is not paid, or opens nothing, is left alone', async () => {
    const order = await desk.newOrder(await desk.newUser());
    const left = await desk.run((services) => openSubscription(services, order));
    expect(left).toEqual({ ok: true, value: order });
  });

  test('goes on where the last renewal ends, also if it was paid late', async () => {
    const userId = await desk.newUser();
    await desk.newOpened(userId, { months: 1 });
    const startsAtMs = nowSecondMs();
    const ends = [addMonths(startsAtMs, 1)];
    for (const months of [1, 3, 12]) {
      const order = await desk.newOrder(userId, { months });
      shop.pass(20 * MINUTE_MS);
      await desk.pay(order);
      ends.push(addMonths(ends.at(-1) ?? 0, months));
    }
    expect((await desk.account(userId)).standing.map(({ endsAtMs }) => endsAtMs)).toEqual(ends);
  });

  test('of a renewal of what has run out meanwhile begins at once', async () => {
    const userId = await desk.newUser();
    await desk.newOpened(userId, { months: 1 });
    shop.pass(addMonths(nowSecondMs(), 1) - Date.now() - 10 * MINUTE_MS);
    const renewal = await desk.newOrder(userId, { months: 1 });
    expect(renewal.subscription?.effect).toBe('extend');
    shop.pass(20 * MINUTE_MS);
    await desk.pay(renewal);
    expect((await desk.account(userId)).standing).toMatchObject([{ startsAtMs: nowSecondMs() }]);
  });
});

describe('an operator', () => {
  test('sets a balance, up and down, and why; the words are kept sealed', async () => {
    const userId = await desk.newUser();
    valueOf(await set(userId, 500, '补偿 1380013'));
    valueOf(await set(userId, 200));
    valueOf(await set(userId, 0, 'closed'));
    expect(await desk.ledger(userId)).toMatchObject([
      {
        seq: 1,
        kind: 'set',
        amountFen: 500,
        balanceFen: 500,
        reason: '补偿 1380013',
        actor: 'operator:7',
        orderNo: null,
      },
      { seq: 2, kind: 'set', amountFen: -300, balanceFen: 200, reason: null },
      { seq: 3, kind: 'set', amountFen: -200, balanceFen: 0, reason: 'closed' },
    ]);
    const inPlain = await desk.run(({ accounts }) => accounts.entries(userId, 10));
    expect(inPlain.map(({ reason }) => isWords(reason))).toEqual([true, false, true]);
    expect(JSON.stringify(inPlain)).not.toContain('1380013');
  });

  test('who sets what is there writes nothing: no row, and no words', async () => {
    const userId = await desk.newUser(500);
    const kept = () =>
      env.DB.prepare('SELECT count(*) AS rows FROM personal_data WHERE row_name GLOB ?1')
        .bind(`catalog/users/${userId}/*`)
        .first('rows');
    valueOf(await set(userId, 500, 'once more'));
    valueOf(await set(await desk.newUser(), 0, 'nothing'));
    expect(await desk.ledger(userId)).toHaveLength(1);
    expect(await kept()).toBe(0);
  });

  test.each([-1, 0.5, 1_000_000_000_001])('never sets %d fen', async (balanceFen) => {
    const userId = await desk.newUser(500);
    expect(wordOf(await set(userId, balanceFen))).not.toBe('done');
    expect(await desk.balance(userId)).toBe(500);
  });

  test('reads balances of many, leaving out those who have none, and the newest rows of one ledger', async () => {
    const [rich, poor, nobody] = [await desk.newUser(500), await desk.newUser(1), await desk.newUser()];
    await desk.newOrder(poor, { priceFen: 1 });
    const balances = await desk.run(({ accounts }) => accounts.balances([rich, poor, nobody, rich]));
    expect(Object.fromEntries(balances)).toEqual({ [rich]: 500, [poor]: 0 });
    expect(await desk.run(({ accounts }) => accounts.balances([]))).toEqual(new Map());
    for (let nth = 1; nth <= 210; nth++) await set(rich, 500 + nth);
    const ledger = await desk.run((services) => findLedger(services, rich));
    expect(ledger.balanceFen).toBe(710);
    expect(ledger.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 200 }, (_, nth) => 211 - nth));
    expect(await desk.run((services) => findLedger(services, nobody))).toEqual({ balanceFen: 0, entries: [] });
  });
});

test('the books are right after all of this', async () => {
  for (let nth = 0; nth < 4; nth++) {
    shop.pass(31 * MINUTE_MS);
    await shop.cron();
  }
  shop.pass(4 * DAY_MS);
  await shop.cron();
  expect(await checkBooks(shop, 'any_time')).toEqual([]);
});
