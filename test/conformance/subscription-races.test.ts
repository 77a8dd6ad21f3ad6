/** Everybody at once at subscriptions: one order at a time, paid once or ended once, and a balance that comes back once. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import {
  EXAMPLE_ORDER,
  METHODS,
  payAtWechat,
  STATUS,
  type SubscriptionCustomer,
  subscriptionCustomer,
  tradeNoOf,
} from '../harness/subscription.ts';
import { operatorOf } from './admin-operator.ts';
import { FORM_TYPE } from './spoilt-bodies.ts';
import { accountOf, newCoupon, newCustomer, newPlan } from './subscription-people.ts';
import { NOT_PAYABLE, NOT_PENDING, refusal, said, UNFINISHED } from './subscription-refusal.ts';

const MINUTE_MS = 60_000;
const ORDER_TTL_MS = 30 * MINUTE_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const CLICKS = 20;
const ROUNDS = 6;
const UNDER_WAY = refusal(400, '订单正在支付，请稍后再试', { retryAfterSeconds: 15 });
const USED_UP = refusal(400, '优惠券已无可用次数');

const times = <T>(count: number, make: (nth: number) => T): T[] =>
  Array.from({ length: count }, (_none, nth) => make(nth));

/** Sets all off together, with another one in front in each round. */
function all<T>(round: number, contenders: readonly (() => Promise<T>)[]): Promise<T[]> {
  const first = round % contenders.length;
  return Promise.all([...contenders.slice(first), ...contenders.slice(0, first)].map((contend) => contend()));
}

const ok = (received: readonly Received[]): Received[] => received.filter(({ status }) => status === 200);
const refused = (received: readonly Received[]) => received.filter(({ status }) => status !== 200).map(said);

/** The document's order, as JSON or as a form. */
function save(who: SubscriptionCustomer, as: 'json' | 'form', fields: Record<string, unknown> = {}): Promise<Received> {
  if (as === 'json') return who.save(fields);
  const pairs = Object.entries({ ...EXAMPLE_ORDER, ...fields }).map(([name, one]) => [name, String(one)]);
  const body = new URLSearchParams(pairs).toString();
  return who.send('/save', { method: 'POST', body, headers: FORM_TYPE });
}

/** How often WeChat or Alipay was asked to prepare a code. */
function preparations(): number {
  const calls = vi.mocked(globalThis.fetch).mock.calls;
  const addresses = calls.map(([input]) => String(input instanceof Request ? input.url : input));
  return addresses.filter((address) => /precreate|transactions\/native$/.test(address)).length;
}

/** Follows everything under way to its end. */
async function settle(shop: Shop): Promise<void> {
  shop.pass(ORDER_TTL_MS);
  for (let run = 0; run < 3; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
}

/** What the two providers have taken and kept of an order, whatever its attempts. */
function keptFen(shop: Shop, tradeNo: string): number {
  return times(9, (nth) => `${tradeNo}000${nth + 1}`)
    .flatMap((no) => [shop.alipay.ledger, shop.wechatPay.ledger].map((ledger) => [ledger, no] as const))
    .reduce((sum, [ledger, no]) => sum + ledger.capturedFen(no) - ledger.refundedFen(no), 0);
}

const count = z.object({ n: z.int() });

/** How many rows there are of an order. */
async function rowsOf(table: 'subscription_periods' | 'absorptions', tradeNo: string): Promise<number> {
  const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${table} WHERE order_no = ?1`).bind(tradeNo).first();
  return count.parse(row).n;
}

describe.each(['on', 'off'] as const)('with the gate %s', (gate) => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop({ gate, limits: 'off' });
    shop.wechatPay.refunds.setCourse('at_once');
  });
  afterEach(async () => {
    const violations = await checkBooks(shop, 'any_time');
    await settle(shop);
    violations.push(...(await checkBooks(shop, 'at_rest')));
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });

  test('20 orders of one user, as JSON and as forms, are one, and the balance pays once', async () => {
    for (let round = 0; round < 3; round++) {
      const customer = await newCustomer(shop, { balanceFen: 15 });
      const received = await Promise.all(
        times(CLICKS, (nth) =>
          save(customer, nth % 2 === 0 ? 'json' : 'form', { cycle: nth % 3 === 0 ? 'year_price' : 'month_price' }),
        ),
      );
      expect(ok(received)).toHaveLength(1);
      expect(refused(received)).toEqual(times(CLICKS - 1, () => UNFINISHED));
      const [placed] = ok(received).map(tradeNoOf);
      const { total_amount, balance_amount } = await customer.shown(placed ?? '');
      expect([total_amount, balance_amount]).toEqual(total_amount === 0 ? [0, 10] : [85, 15]);
      expect((await accountOf(shop, customer.userId)).ledger).toEqual(['set 15', `spent -${balance_amount}`]);
    }
  });

  test('20 orders beside one whose time is over are one; what that one took is back before', async () => {
    for (let round = 0; round < 3; round++) {
      const customer = await newCustomer(shop, { balanceFen: 7 });
      const overdue = await customer.newOrder();
      if (round > 0) await customer.newCode(overdue, round === 1 ? METHODS.wechatCode : METHODS.alipayCode);
      shop.pass(ORDER_TTL_MS);
      const received = await all(round, [
        () => shop.cron().then(() => null),
        ...times(CLICKS, (nth) => () => save(customer, nth % 2 === 0 ? 'json' : 'form')),
      ]);
      const answers = received.filter((one) => one !== null);
      expect(ok(answers)).toHaveLength(1);
      expect(refused(answers)).toEqual(times(CLICKS - 1, () => UNFINISHED));
      expect(await customer.statusOf(overdue)).toBe(STATUS.cancelled);
      expect(await accountOf(shop, customer.userId)).toEqual({
        balanceFen: 0,
        ledger: ['set 7', 'spent -7', 'returned 7', 'spent -7'],
      });
    }
  });

  test('20 users who want a coupon that is good for three: three get it', async () => {
    const { code } = await newCoupon(shop, { limitUse: 3 });
    const customers = await Promise.all(times(CLICKS, () => newCustomer(shop)));
    const received = await Promise.all(customers.map((who) => who.save({ coupon_code: code })));
    expect(ok(received)).toHaveLength(3);
    // Whoever lost five times in a row is asked to come back.
    for (const answer of refused(received)) expect([USED_UP.text, BUSY.text]).toContain(answer.text);
    const late = await newCustomer(shop);
    expect(said(await late.save({ coupon_code: code }))).toEqual(USED_UP);
  });

  test.each([
    ['WeChat', METHODS.wechatCode],
    ['Alipay, by a code', METHODS.alipayCode],
    ['Alipay, on its page', METHODS.alipayPage],
  ] as const)(
    '20 cancellations against a payment at %s, and the end of its time: one of them',
    async (_where, method) => {
      for (let round = 0; round < ROUNDS; round++) {
        const customer = await newCustomer(shop, { balanceFen: 600 });
        const { code } = await newCoupon(shop, { limitUse: 1 });
        const tradeNo = await customer.newOrder({ plan_id: 2, coupon_code: code });
        const ticket = await ticketFor(customer, tradeNo, method);
        // In every third round it is the clock that ends it, and the cron that notices.
        const isOver = round % 3 === 0;
        if (isOver) shop.pass(ORDER_TTL_MS);
        const isPaid = round % 2 === 0;
        const payAndTell = async () => {
          await Promise.all(times(round % 5, () => customer.details(tradeNo)));
          const paid =
            method === METHODS.wechatCode
              ? shop.wechatPay.pay(ticket, { late: isOver })
              : shop.alipay.pay(ticket, { late: isOver });
          if (isPaid) await shop.deliverNotifications(2);
          return paid.ok;
        };
        const [paid, , ...cancelled] = await Promise.all([
          payAndTell(),
          isOver || round % 4 === 1 ? shop.cron() : Promise.resolve(),
          ...times(CLICKS, () => customer.cancel(tradeNo)),
        ]);
        await settle(shop);
        const status = await customer.statusOf(tradeNo);
        const { balanceFen, ledger } = await accountOf(shop, customer.userId);
        const isOpened = status === STATUS.completed;
        expect([status, balanceFen, ledger.slice(1), keptFen(shop, tradeNo)]).toEqual(
          isOpened
            ? [STATUS.completed, 0, ['spent -600'], 1200]
            : [STATUS.cancelled, 600, ['spent -600', 'returned 600'], 0],
        );
        expect(isOpened && !paid).toBe(false);
        expect(ok(cancelled)).toHaveLength(isOpened || isOver ? 0 : 1);
        expect(await rowsOf('subscription_periods', tradeNo)).toBe(isOpened ? 1 : 0);
        // The coupon is used, or it is not.
        const other = await newCustomer(shop);
        expect((await other.save({ plan_id: 2, coupon_code: code })).status).toBe(isOpened ? 400 : 200);
      }
    },
  );

  test('20 cancellations by the customer and by an operator are one', async () => {
    for (let round = 0; round < 3; round++) {
      const customer = await newCustomer(shop, { balanceFen: 4 });
      const tradeNo = await customer.newOrder();
      if (round > 0) await customer.newCode(tradeNo);
      const operator = subscriptionCustomer(shop, 9001, { role: 'operator' });
      const received = await Promise.all(times(CLICKS, (nth) => (nth % 2 === 0 ? customer : operator).cancel(tradeNo)));
      expect(ok(received)).toHaveLength(1);
      expect(refused(received)).toEqual(times(CLICKS - 1, () => NOT_PENDING));
      expect(await accountOf(shop, customer.userId)).toEqual({
        balanceFen: 4,
        ledger: ['set 4', 'spent -4', 'returned 4'],
      });
    }
  });

  test('20 checkouts of what costs nothing against 20 cancellations: opened once, or back once', async () => {
    let opened = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const customer = await newCustomer(shop, { balanceFen: 10 });
      const tradeNo = await customer.newOrder();
      const contenders = times(
        2 * CLICKS,
        (nth) => () => (nth % 2 === 0 ? customer.checkout(tradeNo, undefined) : customer.cancel(tradeNo)),
      );
      const received = await all(round, contenders);
      const status = await customer.statusOf(tradeNo);
      const isOpened = status === STATUS.completed;
      if (isOpened) opened++;
      const { balanceFen, ledger } = await accountOf(shop, customer.userId);
      expect([status, balanceFen, ledger.slice(1)]).toEqual(
        isOpened ? [STATUS.completed, 0, ['spent -10']] : [STATUS.cancelled, 10, ['spent -10', 'returned 10']],
      );
      expect(ok(received).map(({ text }) => text)).toEqual([isOpened ? '{"type":-1,"data":true}' : '{"data":true}']);
      for (const answer of refused(received)) expect([NOT_PAYABLE, NOT_PENDING]).toContainEqual(answer);
      expect(await rowsOf('subscription_periods', tradeNo)).toBe(isOpened ? 1 : 0);
    }
    // Neither of them always comes first.
    expect([0, ROUNDS]).not.toContain(opened);
  });

  test.each([
    ['WeChat', METHODS.wechatCode],
    ['Alipay', METHODS.alipayCode],
  ])('20 checkouts by a code at %s are one payment, which is prepared once', async (_where, method) => {
    for (let round = 0; round < 3; round++) {
      const customer = await newCustomer(shop);
      const tradeNo = await customer.newOrder();
      const before = preparations();
      const received = await Promise.all(times(CLICKS, () => customer.checkout(tradeNo, method)));
      expect(ok(received).length).toBeGreaterThan(0);
      expect(new Set(ok(received).map(({ text }) => text)).size).toBe(1);
      expect(refused(received)).toEqual(refused(received).map(() => UNDER_WAY));
      expect(preparations() - before).toBe(1);
      expect((await customer.checkout(tradeNo, method)).text).toBe(ok(received)[0]?.text);
    }
  });

  test('20 checkouts by three methods leave one payment open: it pays, and its method is named', async () => {
    const methods = [METHODS.wechatCode, METHODS.alipayCode, METHODS.alipayPage];
    for (let round = 0; round < 3; round++) {
      const customer = await newCustomer(shop);
      const tradeNo = await customer.newOrder();
      const received = await all(
        round,
        times(CLICKS, (nth) => () => customer.checkout(tradeNo, methods[(nth + round) % methods.length])),
      );
      expect(ok(received).length).toBeGreaterThan(0);
      payAtWechat(shop, await customer.newCode(tradeNo));
      await shop.deliverNotifications();
      expect(await customer.shown(tradeNo)).toMatchObject({ status: STATUS.completed, payment_id: METHODS.wechatCode });
      expect(keptFen(shop, tradeNo)).toBe(10);
    }
  });

  test('a checkout by another method while the first one is being paid: paid once, or what came twice goes back', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const customer = await newCustomer(shop);
      const tradeNo = await customer.newOrder();
      const first = await customer.newCode(tradeNo);
      const [, changed] = await all<unknown>(round % 2, [
        () => Promise.resolve(shop.wechatPay.pay(first)),
        () => customer.checkout(tradeNo, METHODS.alipayCode),
        () => shop.deliverNotifications(),
      ]);
      const code = z.object({ json: z.object({ data: z.string() }) }).safeParse(changed);
      if (code.success) shop.alipay.pay(code.data.json.data);
      await settle(shop);
      const status = await customer.statusOf(tradeNo);
      expect([status, keptFen(shop, tradeNo)]).toEqual(
        status === STATUS.completed ? [STATUS.completed, 10] : [STATUS.cancelled, 0],
      );
      expect(await rowsOf('subscription_periods', tradeNo)).toBe(status === STATUS.completed ? 1 : 0);
    }
  });

  test('a payment that everybody hears of at once is opened once: one period, one credit, each order absorbed once', async () => {
    const dear = await newPlan(shop, { monthPriceFen: 3000 });
    const cheap = await newPlan(shop, { monthPriceFen: 1000 });
    for (let round = 0; round < 3; round++) {
      const customer = await newCustomer(shop);
      const [first, second] = [
        await customer.newOpenedOrder({ plan_id: dear }),
        await customer.newOpenedOrder({ plan_id: dear }),
      ];
      const change = await customer.newOrder({ plan_id: cheap });
      const operator = operatorOf(shop);
      await all<unknown>(round, [
        ...times(5, () => () => customer.checkout(change)),
        () => shop.cron(),
        () => shop.cron(),
        () => customer.details(change),
        () => operator.post(`/orders/${change}/fulfilment`, { to: 'completed' }),
      ]);
      await shop.cron();
      expect(await Promise.all([first, second, change].map((no) => customer.statusOf(no)))).toEqual([4, 4, 3]);
      expect(await accountOf(shop, customer.userId)).toEqual({ balanceFen: 5000, ledger: ['credited 5000'] });
      expect([await rowsOf('subscription_periods', change), await rowsOf('absorptions', change)]).toEqual([1, 2]);
    }
  });

  test('a change of plan against a refund of what it takes over: the value, or the money', async () => {
    const dear = await newPlan(shop, { monthPriceFen: 5000 });
    for (let round = 0; round < ROUNDS; round++) {
      const customer = await newCustomer(shop);
      const first = await customer.newOpenedOrder({ plan_id: 2 });
      const amountFen = round % 2 === 0 ? 2000 : 700;
      const [a, b] = await all(round, [
        () => customer.save({ plan_id: dear }),
        () => operatorOf(shop).post(`/orders/${first}/refunds`, { amountFen, reason: '不满意' }),
      ]);
      const [saved, refund] = round % 2 === 0 ? [a, b] : [b, a];
      expect(saved?.status).toBe(200);
      const change = await customer.shown(tradeNoOf(saved ?? NONE));
      const backFen = refund?.status === 200 ? amountFen : 0;
      // Whoever came first counts: what is on its way back is worth nothing to the new plan.
      expect([change.type, change.surplus_amount, change.total_amount]).toEqual(
        backFen === 2000 ? [1, null, 5000] : [3, 2000 - backFen, 3000 + backFen],
      );
      await customer.settle(change.trade_no);
      expect(keptFen(shop, first)).toBe(2000 - backFen);
      expect(keptFen(shop, first) + keptFen(shop, change.trade_no)).toBe(5000);
    }
  });

  test('a share that two crons find due is paid once, and a refund beside it takes its part or comes too late', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const inviter = await newCustomer(shop);
      const customer = await newCustomer(shop, { inviterId: String(inviter.userId) });
      const tradeNo = await customer.newOpenedOrder({ plan_id: 2 });
      shop.pass(3 * DAY_MS);
      await all<unknown>(round, [
        () => shop.cron(),
        () => shop.cron(),
        () => operatorOf(shop).post(`/orders/${tradeNo}/refunds`, { amountFen: 1000, reason: 'x' }),
        () => customer.details(tradeNo),
      ]);
      await settle(shop);
      const { balanceFen, ledger } = await accountOf(shop, inviter.userId);
      expect(ledger).toEqual([`commission ${balanceFen}`]);
      expect([100, 200]).toContain(balanceFen);
      expect(await customer.shown(tradeNo)).toMatchObject({ commission_status: 2 });
    }
  });

  test('balances that are set, spent, returned and credited at once add up to the ledger', async () => {
    const people = await Promise.all(times(4, () => newCustomer(shop, { balanceFen: 1000 })));
    for (let round = 0; round < 6; round++) {
      await all<unknown>(
        round,
        people.flatMap((who, nth) => [
          async () => {
            const saved = await save(who, nth % 2 === 0 ? 'json' : 'form', { plan_id: 1 + (round % 2) });
            if (saved.status !== 200) return;
            const tradeNo = tradeNoOf(saved);
            await Promise.all([who.cancel(tradeNo), who.checkout(tradeNo)]);
          },
          () => operatorOf(shop).put(`/catalog/users/${who.userId}`, { balanceFen: 500 + 10 * round + nth }),
          () => shop.deliverNotifications(),
        ]),
      );
    }
    for (const { userId } of people) {
      const { balanceFen, ledger } = await accountOf(shop, userId);
      const sum = ledger.reduce((fen, entry) => fen + Number(entry.split(' ')[1]), 0);
      expect(sum).toBe(balanceFen);
    }
  });
});

const BUSY = refusal(503, '系统繁忙，请稍后重试', { retryAfterSeconds: 1 });
/** Nothing came. */
const NONE: Received = { status: 0, headers: new Headers(), text: '', json: null };

/** What the payer pays by: a code, or a link. */
function ticketFor(customer: SubscriptionCustomer, tradeNo: string, method: number): Promise<string> {
  return method === METHODS.alipayPage ? customer.newLink(tradeNo) : customer.newCode(tradeNo, method);
}
