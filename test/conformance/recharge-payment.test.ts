/** Paying at recharge: one attempt at a time, an operator's word for payments made elsewhere, and a customer's for none. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import {
  newPaidOrder,
  payAtAlipay,
  payAtWechat,
  paymentIdOf,
  type RechargeCaller,
  rechargeCaller,
  rechargeOperator,
} from '../harness/recharge.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { newCustomer } from './recharge-people.ts';
import { DONE, refusal } from './recharge-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;
const MINUTE_MS = 60_000;
const AMOUNT_FEN = 10_000;

const PAID = refusal(1003, '订单已支付');
const NOT_PAID = refusal(1003, '订单未支付');
const EXPIRED = refusal(1003, '订单已过期');
const CANCELLED = refusal(1003, '订单已取消');
const USED = refusal(1003, '该支付ID已被使用');
const NO_ATTEMPT = refusal(1002, '支付单不存在');
const UNAVAILABLE = refusal(502, '支付渠道暂时不可用，请稍后重试', 5);

const NO_ALIPAY = {
  ALIPAY_APP_ID: '',
  ALIPAY_SELLER_ID: '',
  ALIPAY_GATEWAY_URL: '',
  ALIPAY_PRIVATE_KEY: '',
  ALIPAY_PUBLIC_KEY: '',
};

let shop: Shop;
let shopWithoutAlipay: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
beforeAll(async () => {
  shopWithoutAlipay = await openShop({ limits: 'off', vars: NO_ALIPAY });
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
  operator = rechargeOperator(shop);
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** The order's attempts, by the last digits of their numbers. */
async function attempts(orderNo: string): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT out_trade_no, provider, kind, status FROM payment_attempts WHERE order_no = ?1 ORDER BY out_trade_no',
  )
    .bind(orderNo)
    .all<{ out_trade_no: string; provider: string; kind: string; status: string }>();
  return results.map((row) => `${row.out_trade_no.slice(-4)} ${row.provider} ${row.kind} ${row.status}`);
}

const asked = () => vi.mocked(globalThis.fetch).mock.calls.length;
const iso = (ms: number) => new Date(ms).toISOString();
const WECHAT = { payment_method: 'wechat' };

describe('pay', () => {
  test('asked again gives the same order string’s payment, and Alipay is not asked', async () => {
    const { id, orderNo } = await customer.newOrder();
    const before = asked();
    const contents = new Set<string | null>();
    for (let nth = 0; nth < 3; nth++) {
      const { payment_id, order_str } = await customer.newOrderString(id);
      expect(payment_id).toBe(`${orderNo}0001`);
      contents.add(new URLSearchParams(order_str).get('biz_content'));
      shop.pass(MINUTE_MS);
    }
    expect([contents.size, asked() - before]).toEqual([1, 0]);
    expect(await attempts(orderNo)).toEqual(['0001 alipay app_order_string pending']);
  });

  test('asked again gives the same code, and nobody else is asked', async () => {
    const [ali, wechat] = [await customer.newOrder(), await customer.newOrder(WECHAT)];
    const codes = [await customer.newAlipayCode(ali.id), await customer.newWechatCode(wechat.id)];
    const before = asked();
    shop.pass(5 * MINUTE_MS);
    expect([await customer.newAlipayCode(ali.id), await customer.newWechatCode(wechat.id)]).toEqual(codes);
    // With or without the scene: at WeChat it is a code in any case.
    expect(paymentIdOf(await customer.pay(wechat.id, { scene: 'qr' }))).toBe(codes[1]?.payment_id);
    expect(asked()).toBe(before);
    expect(await attempts(ali.orderNo)).toEqual(['0001 alipay qr_code pending']);
    expect(await attempts(wechat.orderNo)).toEqual(['0001 wechat-pay qr_code pending']);
  });

  test('for another scene closes what was open before, there and back', async () => {
    const { id, orderNo } = await customer.newOrder();
    const first = await customer.newOrderString(id);
    shop.alipay.openWithoutPaying(first.order_str);
    const second = await customer.newAlipayCode(id);
    expect(shop.alipay.pay(first.order_str)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    const third = await customer.newOrderString(id);
    expect([first, second, third].map(({ payment_id }) => payment_id.slice(-4))).toEqual(['0001', '0002', '0003']);
    payAtAlipay(shop, third.order_str);
    await shop.deliverNotifications();
    expect(await customer.statusOf(id)).toBe('pending_recharge');
    expect(await attempts(orderNo)).toEqual([
      '0001 alipay app_order_string closed',
      '0002 alipay qr_code closed',
      '0003 alipay app_order_string paid',
    ]);
  });

  test('by an operator is the customer’s attempt', async () => {
    const { id } = await customer.newOrder();
    const { payment_id } = await operator.newOrderString(id);
    expect((await customer.newOrderString(id)).payment_id).toBe(payment_id);
  });

  test('stands for the order: its amount, its product, its end', async () => {
    const { id, orderNo } = await customer.newOrder({ ...WECHAT, quantity: 3, total_amount: 300 });
    await customer.newWechatCode(id);
    expect(shop.wechatPay.ledger.trade(`${orderNo}0001`)).toMatchObject({
      amountFen: 30_000,
      subject: '话费充值100元',
      payableUntilMs: Math.floor((Date.now() + ORDER_TTL_MS) / 1000) * 1000,
      notifyUrl: 'https://orders.example/callback/wechat',
    });
  });

  test('of an order that has run out, is cancelled, or is paid', async () => {
    const [late, unwanted] = [await customer.newOrder(), await customer.newOrder(WECHAT)];
    await customer.cancel(unwanted.id);
    const paid = await newPaidOrder(shop, customer);
    const before = await rowCounts();
    expect(seen(await customer.pay(unwanted.id))).toEqual(CANCELLED);
    expect(seen(await customer.pay(paid.id, { scene: 'qr' }))).toEqual(PAID);
    shop.pass(ORDER_TTL_MS);
    expect(seen(await customer.pay(late.id))).toEqual(EXPIRED);
    expect(await rowCounts()).toEqual(before);
    await shop.cron();
    expect(seen(await customer.pay(late.id))).toEqual(EXPIRED);
  });

  test('with a method that is not configured is refused in words', async () => {
    const { id } = await customer.newOrder();
    const before = await rowCounts();
    const elsewhere = rechargeCaller(shopWithoutAlipay, customer.userId);
    expect(seen(await elsewhere.pay(id))).toEqual(refusal(1001, '暂不支持该支付方式'));
    expect(await rowCounts()).toEqual(before);
  });

  test.each(['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const)(
    'with %s for an answer goes on with the same number',
    async (kind) => {
      const { id, orderNo } = await customer.newOrder(WECHAT);
      shop.wechatPay.faults.plan({ method: 'wechat.prepay', when: 'after', kind });
      expect(seen(await customer.pay(id))).toEqual(UNAVAILABLE);
      payAtWechat(shop, (await customer.newWechatCode(id)).code_url);
      await shop.deliverNotifications();
      expect(await attempts(orderNo)).toEqual(['0001 wechat-pay qr_code paid']);

      const other = await customer.newOrder();
      shop.alipay.faults.plan({ method: 'alipay.trade.precreate', when: 'before', kind });
      expect(seen(await customer.pay(other.id, { scene: 'qr' }))).toEqual(UNAVAILABLE);
      payAtAlipay(shop, (await customer.newAlipayCode(other.id)).qr_code);
      await shop.deliverNotifications();
      expect(await attempts(other.orderNo)).toEqual(['0001 alipay qr_code paid']);
    },
  );
});

describe('a payment made elsewhere, as an operator records it', () => {
  test('pays the order once; its number counts once, for every order', async () => {
    const [one, other] = [await customer.newOrder(), await customer.newOrder(WECHAT)];
    expect(seen(await operator.payment(one.id, 'BANK-0001', { remark: '对公转账' }))).toEqual(DONE);
    expect(await customer.statusOf(one.id)).toBe('pending_recharge');
    expect(await attempts(one.orderNo)).toEqual(['0001 by-hand by_hand paid']);
    const before = await rowCounts();
    expect(seen(await operator.payment(one.id, 'BANK-0001'))).toEqual(USED);
    expect(seen(await operator.payment(one.id, 'BANK-0002'))).toEqual(PAID);
    expect(seen(await operator.payment(other.id, 'BANK-0001'))).toEqual(USED);
    expect(await rowCounts()).toEqual(before);
    expect(seen(await operator.payment(other.id, 'BANK-0002'))).toEqual(DONE);
  });

  test('was not made in the future', async () => {
    const { id } = await customer.newOrder();
    const nowMs = Math.ceil(Date.now() / 1000) * 1000;
    shop.pass(nowMs - Date.now());
    const before = await rowCounts();
    const future = [iso(nowMs + 1), iso(nowMs + 1000), '9999-12-31T23:59:59Z', iso(nowMs + 8 * 3_600_000)];
    for (const payment_time of future) {
      expect(seen(await operator.payment(id, 'BANK-FUTURE', { payment_time }))).toEqual(
        refusal(1001, 'payment_time 不能晚于当前时间'),
      );
    }
    expect(await rowCounts()).toEqual(before);
    // The same moment, as a clock in Shanghai shows it.
    const payment_time = `${iso(nowMs + 8 * 3_600_000).slice(0, 19)}+08:00`;
    expect(seen(await operator.payment(id, 'BANK-FUTURE', { payment_time }))).toEqual(DONE);
  });

  test('was made while the order could be paid, whenever it is recorded', async () => {
    const [early, late] = [await customer.newOrder(), await customer.newOrder()];
    const endsAtMs = Date.now() + ORDER_TTL_MS;
    shop.pass(ORDER_TTL_MS + MINUTE_MS);
    expect(seen(await operator.payment(late.id, 'BANK-LATE', { payment_time: iso(endsAtMs) }))).toEqual(EXPIRED);
    expect(seen(await operator.payment(early.id, 'BANK-EARLY', { payment_time: iso(endsAtMs - 1) }))).toEqual(DONE);
    expect(await customer.statusOf(early.id)).toBe('pending_recharge');
    await shop.cron();
    expect(await customer.statusOf(late.id)).toBe('cancelled');
    expect(seen(await operator.payment(late.id, 'BANK-LATE'))).toEqual(EXPIRED);
  });

  test('of a cancelled order is refused', async () => {
    const { id } = await customer.newOrder();
    await customer.cancel(id);
    expect(seen(await operator.payment(id, 'BANK-CANCELLED'))).toEqual(CANCELLED);
  });

  test('closes what the customer could be paying by, at the provider, before it counts', async () => {
    const [ali, wechat] = [await customer.newOrder(), await customer.newOrder(WECHAT)];
    const slip = await customer.newOrderString(ali.id);
    shop.alipay.openWithoutPaying(slip.order_str);
    const code = await customer.newWechatCode(wechat.id);
    expect(seen(await operator.payment(ali.id, 'BANK-ALI'))).toEqual(DONE);
    expect(seen(await operator.payment(wechat.id, 'BANK-WECHAT'))).toEqual(DONE);
    expect(shop.alipay.pay(slip.order_str)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(shop.wechatPay.pay(code.code_url)).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
    expect(await attempts(ali.orderNo)).toEqual(['0001 alipay app_order_string closed', '0002 by-hand by_hand paid']);
    expect(await attempts(wechat.orderNo)).toEqual(['0001 wechat-pay qr_code closed', '0002 by-hand by_hand paid']);
  });

  test('is none where the provider has the money already', async () => {
    const { id, orderNo } = await customer.newOrder();
    payAtAlipay(shop, (await customer.newOrderString(id)).order_str);
    shop.alipay.takeNotifications();
    expect(seen(await operator.payment(id, 'BANK-DOUBLE'))).toEqual(PAID);
    expect(await customer.statusOf(id)).toBe('pending_recharge');
    expect(await attempts(orderNo)).toEqual(['0001 alipay app_order_string paid']);
  });

  test('waits for a provider that does not answer', async () => {
    const { id, orderNo } = await customer.newOrder(WECHAT);
    await customer.newWechatCode(id);
    const before = await rowCounts();
    shop.wechatPay.faults.plan({ method: 'wechat.query', when: 'before', kind: 'timeout' });
    expect(seen(await operator.payment(id, 'BANK-SILENT'))).toEqual(UNAVAILABLE);
    expect(await rowCounts()).toEqual(before);
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay qr_code pending']);
    expect(seen(await operator.payment(id, 'BANK-SILENT'))).toEqual(DONE);
  });

  test('keeps money that comes all the same from counting twice: it goes back in full', async () => {
    const { id, orderNo } = await customer.newOrder();
    const { order_str } = await customer.newOrderString(id);
    expect(seen(await operator.payment(id, 'BANK-FIRST'))).toEqual(DONE);
    // Nobody had opened the order string, so that Alipay knew of nothing that it could have closed.
    payAtAlipay(shop, order_str);
    await shop.deliverNotifications(2);
    const { ledger } = shop.alipay;
    expect([ledger.capturedFen(`${orderNo}0001`), ledger.refundedFen(`${orderNo}0001`)]).toEqual([
      AMOUNT_FEN,
      AMOUNT_FEN,
    ]);
    expect(await customer.statusOf(id)).toBe('pending_recharge');
  });

  test('goes back by hand: at once, and no provider hears of it', async () => {
    const { id, orderNo } = await customer.newOrder();
    await operator.payment(id, 'BANK-BACK');
    const before = asked();
    expect(seen(await operator.refund(id, 40))).toEqual(DONE);
    expect(await customer.statusOf(id)).toBe('pending_recharge');
    expect(seen(await operator.refund(id, 60.01))).toEqual(refusal(1001, 'refund_amount 超过可退金额'));
    expect(seen(await operator.refund(id, 60))).toEqual(DONE);
    expect(await customer.statusOf(id)).toBe('refunded');
    const calls = vi.mocked(globalThis.fetch).mock.calls.slice(before);
    const addresses = calls.map(([input]) => String(input instanceof Request ? input.url : input));
    expect(addresses.filter((address) => !address.includes('shop.example'))).toEqual([]);
    const { results } = await env.DB.prepare('SELECT status, amount_fen FROM refunds WHERE order_no = ?1 ORDER BY id')
      .bind(orderNo)
      .all();
    expect(results).toEqual([
      { status: 'succeeded', amount_fen: 4000 },
      { status: 'succeeded', amount_fen: 6000 },
    ]);
  });

  test('twenty at once under one number pay one order; under twenty, one order once', async () => {
    const orders = await Promise.all(Array.from({ length: 20 }, () => customer.newOrder()));
    const same = await Promise.all(orders.map(({ id }) => operator.payment(id, 'BANK-SAME')));
    expect(same.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of same.filter(({ status }) => status !== 200)) expect(answer.json).toMatchObject({ code: 1003 });
    const { id, orderNo } = await customer.newOrder();
    const many = await Promise.all(
      Array.from({ length: 20 }, (_none, nth) => operator.payment(id, `BANK-MANY-${nth}`)),
    );
    expect(many.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await attempts(orderNo)).toEqual(['0001 by-hand by_hand paid']);
  });
});

describe('a payment that a customer claims', () => {
  test('is found at the provider, though its notification was lost', async () => {
    const [ali, code, wechat] = [await customer.newOrder(), await customer.newOrder(), await customer.newOrder(WECHAT)];
    const slips = [
      await customer.newOrderString(ali.id),
      await customer.newAlipayCode(code.id),
      await customer.newWechatCode(wechat.id),
    ] as const;
    payAtAlipay(shop, slips[0].order_str);
    payAtAlipay(shop, slips[1].qr_code);
    payAtWechat(shop, slips[2].code_url);
    shop.alipay.takeNotifications();
    shop.wechatPay.takeNotifications();
    for (const [nth, { id }] of [ali, code, wechat].entries()) {
      expect(seen(await customer.payment(id, slips[nth]?.payment_id))).toEqual(DONE);
      expect(await customer.statusOf(id)).toBe('pending_recharge');
      // To ask again is to hear it again.
      const before = await rowCounts();
      expect(seen(await customer.payment(id, slips[nth]?.payment_id))).toEqual(DONE);
      expect(await rowCounts()).toEqual(before);
    }
  });

  test('is not made by saying so', async () => {
    const { id, orderNo } = await customer.newOrder(WECHAT);
    const { payment_id } = await customer.newWechatCode(id);
    const before = await rowCounts();
    for (const fields of [{}, { payment_time: iso(Date.now()), remark: '真的付了' }]) {
      expect(seen(await customer.payment(id, payment_id, fields))).toEqual(NOT_PAID);
    }
    expect(await customer.statusOf(id)).toBe('pending_payment');
    expect(await rowCounts()).toEqual(before);
    expect(await attempts(orderNo)).toEqual(['0001 wechat-pay qr_code pending']);
  });

  test('at a time that is not believed, not even one to come', async () => {
    const { id } = await customer.newOrder();
    const { payment_id, order_str } = await customer.newOrderString(id);
    const fields = { payment_time: '9999-12-31T23:59:59Z' };
    expect(seen(await customer.payment(id, payment_id, fields))).toEqual(NOT_PAID);
    payAtAlipay(shop, order_str);
    expect(seen(await customer.payment(id, payment_id, fields))).toEqual(DONE);
    await shop.deliverNotifications();
  });

  test('under a number that is not of this order is not there, whosever it is', async () => {
    const other = await newCustomer(shop);
    const theirs = await newPaidOrder(shop, other);
    const own = await newPaidOrder(shop, customer);
    const { id, orderNo } = await customer.newOrder();
    await customer.newOrderString(id);
    await operator.payment((await customer.newOrder()).id, 'BANK-ELSEWHERE');
    const transactionId = shop.alipay.ledger.trade(`${own.orderNo}0001`)?.transactionId ?? '';
    const before = await rowCounts();
    const numbers = [
      'PAY123456',
      'BANK-ELSEWHERE',
      `${theirs.orderNo}0001`,
      `${own.orderNo}0001`,
      transactionId,
      orderNo,
      `${orderNo}0002`,
      `${orderNo}0000`,
      `${orderNo}00001`,
      `${orderNo}0001x`,
      `${orderNo}%`,
    ];
    for (const number of numbers) {
      expect([number, seen(await customer.payment(id, number))]).toEqual([number, NO_ATTEMPT]);
    }
    expect(await customer.statusOf(id)).toBe('pending_payment');
    expect(await rowCounts()).toEqual(before);
  });

  test('waits for a provider that does not answer', async () => {
    const { id } = await customer.newOrder(WECHAT);
    const { payment_id, code_url } = await customer.newWechatCode(id);
    payAtWechat(shop, code_url);
    shop.wechatPay.takeNotifications();
    shop.wechatPay.faults.plan({ method: 'wechat.query', when: 'before', kind: 'timeout' });
    expect(seen(await customer.payment(id, payment_id))).toEqual(UNAVAILABLE);
    expect(await customer.statusOf(id)).toBe('pending_payment');
    expect(seen(await customer.payment(id, payment_id))).toEqual(DONE);
  });

  test('under the number that was given up is looked for, too', async () => {
    const { id } = await customer.newOrder();
    const first = await customer.newOrderString(id);
    await customer.newAlipayCode(id);
    payAtAlipay(shop, first.order_str);
    shop.alipay.takeNotifications();
    expect(seen(await customer.payment(id, first.payment_id))).toEqual(DONE);
    expect(await customer.statusOf(id)).toBe('pending_recharge');
  });

  test('that did not pay the order is no payment of it, and goes back', async () => {
    const { id, orderNo } = await customer.newOrder();
    const { payment_id, order_str } = await customer.newOrderString(id);
    await operator.payment(id, 'BANK-BEFORE');
    expect(seen(await customer.payment(id, payment_id))).toEqual(NOT_PAID);
    payAtAlipay(shop, order_str);
    shop.alipay.takeNotifications();
    expect(seen(await customer.payment(id, payment_id))).toEqual(NOT_PAID);
    expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(AMOUNT_FEN);
    // Nor is what an operator recorded the customer's to claim, though it is known under its own number.
    expect(seen(await customer.payment(id, 'BANK-BEFORE'))).toEqual(NO_ATTEMPT);
  });
});

test('the books agree with both providers once everything has settled', async () => {
  shop.pass(3 * 60 * MINUTE_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
});
