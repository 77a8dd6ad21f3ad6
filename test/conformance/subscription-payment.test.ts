/** Checking out: one payment at a time, for nothing where nothing is left to pay, and a balance that comes back once. */
import { env } from 'cloudflare:workers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import {
  METHODS,
  payAtAlipay,
  payAtWechat,
  STATUS,
  type SubscriptionCustomer,
  subscriptionCustomer,
} from '../harness/subscription.ts';
import { operatorOf } from './admin-operator.ts';
import { cancelOrder } from './operator-desk.ts';
import { rowCounts } from './row-counts.ts';
import * as answers from './subscription-answers.ts';
import { accountOf, newCoupon, newCustomer, newPlan, put } from './subscription-people.ts';
import { IN_ENGLISH, NO_ORDER, NOT_PAYABLE, NOT_PENDING, refusal, said, type Said } from './subscription-refusal.ts';

const ORDER_TTL_MS = 1_800_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const PRICE_FEN = 2000;

const { alipayCode, wechatCode, alipayPage } = METHODS;
const NO_METHOD = refusal(400, '支付方式不可用');
const UNAVAILABLE = refusal(502, '支付渠道暂时不可用，请稍后重试', { retryAfterSeconds: 5 });

const NO_ALIPAY = {
  ALIPAY_APP_ID: '',
  ALIPAY_SELLER_ID: '',
  ALIPAY_GATEWAY_URL: '',
  ALIPAY_PRIVATE_KEY: '',
  ALIPAY_PUBLIC_KEY: '',
};

let shop: Shop;
let shopWithoutAlipay: Shop;
let plan_id: number;
let customer: SubscriptionCustomer;
beforeAll(async () => {
  shopWithoutAlipay = await openShop({ limits: 'off', vars: NO_ALIPAY });
  shop = await openShop({ limits: 'off' });
  plan_id = await newPlan(shop, { monthPriceFen: PRICE_FEN });
});
beforeEach(async () => {
  customer = await newCustomer(shop);
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});
afterAll(async () => {
  shop.pass(3 * HOUR_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
  const violations = await checkBooks(shop, 'at_rest');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const attemptRow = z.object({ out_trade_no: z.string(), provider: z.string(), status: z.string() });
/** The order's attempts, by the last digits of their numbers. */
async function attempts(tradeNo: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT out_trade_no, provider, status FROM payment_attempts WHERE order_no = ?1 ORDER BY out_trade_no',
  )
    .bind(tradeNo)
    .all();
  return results
    .map((row) => attemptRow.parse(row))
    .map(({ out_trade_no: number, provider, status }) => `${number.slice(-4)} ${provider} ${status}`);
}

/** How often anybody outside was asked. */
const asked = () => vi.mocked(globalThis.fetch).mock.calls.length;

const newOrder = (fields: Record<string, unknown> = {}) => customer.newOrder({ plan_id, ...fields });

describe('a payment', () => {
  test('stands for the order: its amount, its plan’s name, its end, and where to tell of it', async () => {
    const tradeNo = await newOrder();
    for (const [method, nth, ledger, path] of [
      [wechatCode, '0001', shop.wechatPay.ledger, 'wechat'],
      [alipayCode, '0002', shop.alipay.ledger, 'alipay'],
    ] as const) {
      const code = await customer.newCode(tradeNo, method);
      if (method === alipayCode) shop.alipay.scan(code);
      expect(ledger.trade(tradeNo + nth)).toMatchObject({
        amountFen: PRICE_FEN,
        subject: `套餐 ${plan_id}`,
        payableUntilMs: Date.now() + ORDER_TTL_MS,
        notifyUrl: `https://orders.example/callback/${path}`,
      });
    }
  });

  test('is of what is left after the balance', async () => {
    customer = await newCustomer(shop, { balanceFen: 1 });
    const tradeNo = await newOrder();
    payAtWechat(shop, await customer.newCode(tradeNo));
    await shop.deliverNotifications();
    expect(shop.wechatPay.ledger.capturedFen(`${tradeNo}0001`)).toBe(PRICE_FEN - 1);
    expect(await customer.shown(tradeNo)).toMatchObject({ status: 3, total_amount: PRICE_FEN - 1, balance_amount: 1 });
  });

  test.each([
    ['a code of WeChat’s', wechatCode],
    ['a code of Alipay’s', alipayCode],
  ])('by %s that is asked for again is the same, and nobody outside is asked', async (_what, method) => {
    const tradeNo = await newOrder();
    const first = await customer.newCode(tradeNo, method);
    const before = [asked(), await rowCounts()];
    shop.pass(4999);
    expect(await customer.newCode(tradeNo, method)).toBe(first);
    expect([asked(), await rowCounts()]).toEqual(before);
    expect(await attempts(tradeNo)).toHaveLength(1);
    expect((await customer.shown(tradeNo)).payment_id).toBe(method);
  });

  test('by another method is another one, and the first is closed before', async () => {
    const tradeNo = await newOrder();
    const first = await customer.newCode(tradeNo, wechatCode);
    await customer.newCode(tradeNo, alipayCode);
    expect(shop.wechatPay.ledger.trade(`${tradeNo}0001`)?.closedBy).toBe('merchant');
    expect(shop.wechatPay.pay(first)).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    expect((await customer.shown(tradeNo)).payment_id).toBe(alipayCode);
    const page = await customer.newLink(tradeNo);
    expect(await attempts(tradeNo)).toEqual(['0001 wechat-pay closed', '0002 alipay closed', '0003 alipay pending']);
    payAtAlipay(shop, page);
    await shop.deliverNotifications();
    expect(await customer.shown(tradeNo)).toMatchObject({
      status: 3,
      payment_id: alipayPage,
      callback_no: shop.alipay.ledger.trade(`${tradeNo}0003`)?.transactionId,
    });
  });

  test('that was made, and that nobody told of, is noticed while its customer asks', async () => {
    const tradeNo = await newOrder();
    payAtWechat(shop, await customer.newCode(tradeNo));
    shop.wechatPay.takeNotifications();
    expect([await customer.statusOf(tradeNo), await customer.statusOf(tradeNo)]).toEqual([0, 0]);
    shop.pass(5000);
    expect([await customer.statusOf(tradeNo), await customer.statusOf(tradeNo)]).toEqual([0, 3]);
  });

  test('that is told of twice, and looked for by the cron, opens once', async () => {
    const tradeNo = await newOrder();
    payAtWechat(shop, await customer.newCode(tradeNo));
    await shop.deliverNotifications(3);
    shop.pass(MINUTE_MS);
    await shop.cron();
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.completed);
    const renewal = await newOrder();
    expect((await customer.shown(renewal)).type).toBe(2);
  });

  test('20 at once are one: the same code for all that get one', async () => {
    const tradeNo = await newOrder();
    const received = await Promise.all(Array.from({ length: 20 }, () => customer.checkout(tradeNo)));
    const given = received.filter(({ status }) => status === 200).map(({ json }) => answers.checkoutAnswer.parse(json));
    expect(given.length).toBeGreaterThan(0);
    expect(new Set(given.map(({ data }) => data)).size).toBe(1);
    for (const { status } of received) expect([200, 400, 502, 503]).toContain(status);
    expect(await attempts(tradeNo)).toEqual(['0001 wechat-pay pending']);
  });
});

describe('a provider that does not answer', () => {
  test.each([
    [wechatCode, 'wechat.prepay'],
    [alipayCode, 'alipay.trade.precreate'],
  ] as const)('by method %i: the client may come back, to the same payment', async (method, call) => {
    const { faults } = method === wechatCode ? shop.wechatPay : shop.alipay;
    const tradeNo = await newOrder();
    faults.plan({ method: call, when: 'after', kind: 'timeout' });
    expect(said(await customer.checkout(tradeNo, method))).toEqual(UNAVAILABLE);
    faults.plan({ method: call, when: 'before', kind: '500' });
    const english = await customer.send('/checkout', { body: { trade_no: tradeNo, method }, headers: IN_ENGLISH });
    expect(said(english)).toEqual(
      refusal(502, 'The payment gateway is not available, please try again later', {
        language: 'en-US',
        retryAfterSeconds: 5,
      }),
    );
    const code = await customer.newCode(tradeNo, method);
    expect(await attempts(tradeNo)).toHaveLength(1);
    expect(code).toEqual(expect.any(String));
  });

  test('when the order is to be cancelled: it stays as it is, and its balance with it', async () => {
    customer = await newCustomer(shop, { balanceFen: 100 });
    const tradeNo = await newOrder();
    await customer.newCode(tradeNo);
    shop.wechatPay.faults.plan({ method: 'wechat.query', when: 'before', kind: 'timeout' });
    expect(said(await customer.cancel(tradeNo))).toEqual(UNAVAILABLE);
    expect(await customer.statusOf(tradeNo)).toBe(0);
    expect((await accountOf(shop, customer.userId)).balanceFen).toBe(0);
    expect((await customer.cancel(tradeNo)).status).toBe(200);
    expect((await accountOf(shop, customer.userId)).balanceFen).toBe(100);
  });
});

/** The numbers of the payment methods that somebody is offered. */
async function listed(who: SubscriptionCustomer): Promise<number[]> {
  return answers.methodsAnswer.parse((await who.paymentMethods()).json).data.map(({ id }) => id);
}

describe('the payment methods', () => {
  test('are listed by their numbers, as far as they are enabled', async () => {
    await put(shop, 'payment-methods/100', { name: '备用', payment: 'WechatPayNative' });
    await put(shop, 'payment-methods/2', { name: '另一个', payment: 'AlipayPage', enabled: true });
    await put(shop, 'payment-methods/3', { name: '停用', payment: 'AlipayPage', enabled: false });
    expect(await listed(customer)).toEqual([2, 10, 11, 12, 100]);
    const tradeNo = await newOrder();
    expect(said(await customer.checkout(tradeNo, 3))).toEqual(NO_METHOD);
    // Of two methods of one module, the one that was chosen last is the order's.
    await customer.newCode(tradeNo, wechatCode);
    expect((await customer.checkout(tradeNo, 100)).status).toBe(200);
    expect((await customer.shown(tradeNo)).payment_id).toBe(100);
    for (const id of [100, 2, 3]) await operatorOf(shop).remove(`/catalog/payment-methods/${id}`);
    expect(await listed(customer)).toEqual([10, 11, 12]);
    expect(said(await customer.checkout(tradeNo, 100))).toEqual(NO_METHOD);
  });

  test('are none of a provider that is not configured', async () => {
    const there = subscriptionCustomer(shopWithoutAlipay, customer.userId);
    expect(await listed(there)).toEqual([11]);
    const tradeNo = await newOrder();
    for (const method of [alipayCode, alipayPage]) {
      expect(said(await there.checkout(tradeNo, method))).toEqual(NO_METHOD);
    }
    expect((await there.checkout(tradeNo, wechatCode)).status).toBe(200);
  });
});

describe('nothing to pay', () => {
  test('is paid by saying so, by whatever method, once', async () => {
    customer = await newCustomer(shop, { balanceFen: PRICE_FEN });
    for (const method of [wechatCode, 99, 'x', undefined]) {
      const tradeNo = await newOrder();
      expect(await customer.shown(tradeNo)).toMatchObject({ status: 0, callback_no: null, paid_at: null });
      const before = asked();
      expect((await customer.checkout(tradeNo, method)).text).toBe('{"type":-1,"data":true}');
      expect(asked()).toBe(before);
      expect(await customer.shown(tradeNo)).toMatchObject({ status: 3, payment_id: null, callback_no: tradeNo });
      expect(said(await customer.checkout(tradeNo, method))).toEqual(NOT_PAYABLE);
      expect(said(await customer.cancel(tradeNo))).toEqual(NOT_PENDING);
      await put(shop, `users/${customer.userId}`, { balanceFen: PRICE_FEN, reason: '再来一次' });
    }
  });

  test('by 20 at once is paid once, and opened once', async () => {
    customer = await newCustomer(shop, { balanceFen: PRICE_FEN });
    const tradeNo = await newOrder();
    const received = await Promise.all(Array.from({ length: 20 }, () => customer.checkout(tradeNo)));
    const refused = received.filter(({ status }) => status !== 200);
    expect(refused.length).toBeLessThan(20);
    for (const answer of refused) expect(said(answer)).toEqual(NOT_PAYABLE);
    const { results } = await env.DB.prepare('SELECT 1 FROM subscription_periods WHERE order_no = ?1')
      .bind(tradeNo)
      .all();
    expect(results).toHaveLength(1);
  });

  test('has its time, too', async () => {
    customer = await newCustomer(shop, { balanceFen: PRICE_FEN });
    const tradeNo = await newOrder();
    shop.pass(ORDER_TTL_MS);
    expect(said(await customer.checkout(tradeNo))).toEqual(NOT_PAYABLE);
    expect(await customer.statusOf(tradeNo)).toBe(2);
    await shop.cron();
    expect(await accountOf(shop, customer.userId)).toEqual({
      balanceFen: PRICE_FEN,
      ledger: [`set ${PRICE_FEN}`, `spent -${PRICE_FEN}`, `returned ${PRICE_FEN}`],
    });
  });
});

/** What checking out by several methods says, and then what cancelling does. */
async function tried(tradeNo: string): Promise<Said[]> {
  const received: Received[] = [];
  for (const method of [wechatCode, alipayPage, undefined]) received.push(await customer.checkout(tradeNo, method));
  return [...received, await customer.cancel(tradeNo)].map(said);
}

/** What {@link tried} gives of an order that is over, and of one that there is none of. */
const OVER = [NOT_PAYABLE, NOT_PAYABLE, NOT_PAYABLE, NOT_PENDING];
const NONE = [NOT_PAYABLE, NOT_PAYABLE, NOT_PAYABLE, NO_ORDER];

describe('what cannot be paid, or cancelled', () => {
  test('what there is none of, and what is somebody else’s', async () => {
    expect(await tried('xxx')).toEqual(NONE);
    expect(await tried('2022112200000000000000')).toEqual(NONE);
    const other = await newCustomer(shop);
    const theirs = await other.newOrder();
    expect(await tried(theirs)).toEqual(NONE);
    for (const call of ['check', 'details'] as const) expect(said(await customer[call](theirs))).toEqual(NO_ORDER);
    expect(await other.statusOf(theirs)).toBe(0);
    expect((await customer.fetch()).text).toBe('{"data":[]}');
    expect((await other.fetch()).text).toContain(theirs);
  });

  test('what was cancelled, by its customer or by an operator', async () => {
    const own = await newOrder();
    await customer.cancel(own);
    expect(await tried(own)).toEqual(OVER);
    const operators = await newOrder();
    await cancelOrder(operators);
    expect(await tried(operators)).toEqual(OVER);
    expect([await customer.statusOf(own), await customer.statusOf(operators)]).toEqual([2, 2]);
  });

  test('what has run out, from the very millisecond, before and after the cron; lists agree', async () => {
    const tradeNo = await newOrder();
    shop.pass(ORDER_TTL_MS - 1);
    expect(await customer.statusOf(tradeNo)).toBe(0);
    expect((await customer.fetch('?status=0')).text).toContain(tradeNo);
    expect((await customer.fetch('?status=2')).text).toBe('{"data":[]}');
    shop.pass(1);
    for (const when of ['before', 'after']) {
      expect(await tried(tradeNo)).toEqual(OVER);
      expect([when, await customer.statusOf(tradeNo), (await customer.shown(tradeNo)).status]).toEqual([when, 2, 2]);
      expect((await customer.fetch('?status=0')).text).toBe('{"data":[]}');
      expect((await customer.fetch('?status=2')).text).toContain(tradeNo);
      expect((await customer.fetch()).text).toContain('"status":2');
      await shop.cron();
    }
  });

  test('what is paid, opened, or was absorbed', async () => {
    const tradeNo = await customer.newOpenedOrder({ plan_id });
    expect(await tried(tradeNo)).toEqual(OVER);
    await customer.newOpenedOrder({ plan_id: await newPlan(shop) });
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.absorbed);
    expect(await tried(tradeNo)).toEqual(OVER);
  });
});

describe('money at the wrong time', () => {
  test('for a cancelled order goes back in full; the balance came back once, and stays', async () => {
    customer = await newCustomer(shop, { balanceFen: 300 });
    const tradeNo = await newOrder();
    const page = await customer.newLink(tradeNo);
    expect((await customer.cancel(tradeNo)).status).toBe(200);
    expect(shop.alipay.pay(page).ok).toBe(true);
    await shop.deliverNotifications(2);
    shop.pass(MINUTE_MS);
    await shop.cron();
    const { ledger } = shop.alipay;
    expect([ledger.capturedFen(`${tradeNo}0001`), ledger.refundedFen(`${tradeNo}0001`)]).toEqual([1700, 1700]);
    expect(await customer.shown(tradeNo)).toMatchObject({ status: 2, callback_no: null, paid_at: null });
    expect(await accountOf(shop, customer.userId)).toEqual({
      balanceFen: 300,
      ledger: ['set 300', 'spent -300', 'returned 300'],
    });
  });

  test('that is there when the order is to be cancelled pays it', async () => {
    const tradeNo = await newOrder();
    payAtWechat(shop, await customer.newCode(tradeNo));
    shop.wechatPay.takeNotifications();
    expect(said(await customer.cancel(tradeNo))).toEqual(NOT_PENDING);
    expect(await customer.statusOf(tradeNo)).toBe(STATUS.completed);
  });

  test('that is there when the order’s time is over pays it, whether the cron finds it or the next order', async () => {
    for (const finds of ['the cron', 'the next order']) {
      customer = await newCustomer(shop);
      const tradeNo = await newOrder();
      payAtWechat(shop, await customer.newCode(tradeNo));
      shop.wechatPay.takeNotifications();
      shop.pass(ORDER_TTL_MS);
      if (finds === 'the cron') await shop.cron();
      else await customer.save({ plan_id });
      await shop.cron();
      expect([finds, await customer.statusOf(tradeNo)]).toEqual([finds, STATUS.completed]);
    }
  });
});

describe('a balance and a coupon come back once', () => {
  test('however many cancel', async () => {
    customer = await newCustomer(shop, { balanceFen: 300 });
    const { code: coupon_code } = await newCoupon(shop, { limitUse: 1 });
    const tradeNo = await newOrder({ coupon_code });
    const received = await Promise.all(Array.from({ length: 20 }, () => customer.cancel(tradeNo)));
    expect(received.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    expect(await accountOf(shop, customer.userId)).toMatchObject({ ledger: ['set 300', 'spent -300', 'returned 300'] });
    const again = await newOrder({ coupon_code });
    expect(await customer.shown(again)).toMatchObject({ balance_amount: 300, discount_amount: 200 });
  });

  test('however cancels, payments, expiry and new orders race', async () => {
    for (let round = 0; round < 5; round++) {
      customer = await newCustomer(shop, { balanceFen: 300 });
      const tradeNo = await newOrder();
      const page = await customer.newLink(tradeNo);
      payAtAlipay(shop, page);
      shop.pass(ORDER_TTL_MS);
      const racing: Promise<Received | Received[] | void>[] = [
        ...Array.from({ length: 5 }, () => customer.cancel(tradeNo)),
        ...Array.from({ length: 3 }, () => customer.checkout(tradeNo)),
        ...Array.from({ length: 3 }, () => customer.save({ plan_id })),
        shop.cron(),
        shop.cron(),
        shop.deliverNotifications(2),
      ];
      await Promise.all(racing);
      const { status } = await customer.shown(tradeNo);
      const { ledger } = await accountOf(shop, customer.userId);
      const returned = ledger.filter((entry) => entry === 'returned 300');
      expect(returned).toHaveLength(status === STATUS.cancelled ? 1 : 0);
      expect([STATUS.cancelled, STATUS.completed]).toContain(status);
    }
  });
});
