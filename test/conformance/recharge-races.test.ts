/** Everybody at once at recharge: whatever arrives together, an order is paid once, ended once, and no money is lost. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import {
  HALVES,
  newOrderAt,
  ofQuantity,
  payAtAlipay,
  payAtWechat,
  paymentIdOf,
  type RechargeCaller,
  rechargeOperator,
} from '../harness/recharge.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { newCustomer } from './recharge-people.ts';
import { refusal } from './recharge-refusal.ts';
import { seen } from './refusal.ts';

const MINUTE_MS = 60_000;
const CLICKS = 20;
const ROUNDS = 12;

const times = <T>(count: number, make: (nth: number) => T): T[] =>
  Array.from({ length: count }, (_none, nth) => make(nth));

/** Sets all off together, with another one in front in each round. */
function all<T>(round: number, contenders: readonly (() => Promise<T>)[]): Promise<T[]> {
  const first = round % contenders.length;
  return Promise.all([...contenders.slice(first), ...contenders.slice(0, first)].map((contend) => contend()));
}

/** How often WeChat or Alipay was asked to prepare a code. */
function preparations(): number {
  const calls = vi.mocked(globalThis.fetch).mock.calls;
  const addresses = calls.map(([input]) => String(input instanceof Request ? input.url : input));
  return addresses.filter((address) => /precreate|transactions\/native$/.test(address)).length;
}

/** Follows everything under way to its end. */
async function settle(shop: Shop): Promise<void> {
  shop.pass(30 * MINUTE_MS);
  for (let run = 0; run < 4; run++) {
    await shop.cron();
    await shop.deliverNotifications();
    shop.pass(MINUTE_MS);
  }
}

describe.each(['on', 'off'] as const)('with the gate %s', (gate) => {
  let shop: Shop;
  let customer: RechargeCaller;
  let operator: RechargeCaller;
  beforeEach(async () => {
    shop = await openShop({ gate, limits: 'off' });
    customer = await newCustomer(shop);
    operator = rechargeOperator(shop);
  });
  afterEach(async () => {
    const violations = await checkBooks(shop, 'any_time');
    await settle(shop);
    violations.push(...(await checkBooks(shop, 'at_rest')));
    if (violations.length > 0) throw new Error(violations.join('\n'));
  });

  test('20 pays for an order string are one payment', async () => {
    for (let round = 0; round < 5; round++) {
      const { id, orderNo } = await customer.newOrder();
      const received = await Promise.all(times(CLICKS, () => customer.pay(id)));
      expect(new Set(received.map(paymentIdOf))).toEqual(new Set([`${orderNo}0001`]));
    }
  });

  test.each([
    ['Alipay', { payment_method: 'alipay' }, { scene: 'qr' }],
    ['WeChat', { payment_method: 'wechat' }, {}],
  ])('20 pays for a code at %s are one payment, and it is prepared once', async (_provider, fields, body) => {
    for (let round = 0; round < 5; round++) {
      const { id } = await customer.newOrder(fields);
      const before = preparations();
      const received = await Promise.all(times(CLICKS, () => customer.pay(id, body)));
      const given = received.filter(({ status }) => status === 200);
      expect(given.length).toBeGreaterThan(0);
      expect(new Set(given.map(({ text }) => text)).size).toBe(1);
      for (const answer of received.filter(({ status }) => status !== 200)) {
        expect(seen(answer)).toEqual(refusal(1003, '订单正在支付，请稍后再试', 15));
      }
      expect(preparations() - before).toBe(1);
    }
  });

  test('20 pays by two scenes leave one payment open, and it pays', async () => {
    for (let round = 0; round < 5; round++) {
      const { id } = await customer.newOrder();
      await Promise.all(times(CLICKS, (nth) => customer.pay(id, nth % 2 === 0 ? {} : { scene: 'qr' })));
      payAtAlipay(shop, (await customer.newOrderString(id)).order_str);
      await shop.deliverNotifications();
      expect(await customer.statusOf(id)).toBe('pending_recharge');
    }
  });

  test('a pay, a cancellation, a recharge, an operator’s payment and the provider’s word against each other', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { id, orderNo } = await customer.newOrder();
      const { payment_id, order_str } = await customer.newOrderString(id);
      const isPaid = round % 2 === 0;
      if (isPaid) payAtAlipay(shop, order_str);
      await all<Received | Received[]>(round, [
        () => customer.pay(id),
        () => customer.cancel(id),
        () => operator.recharge(id),
        () => operator.payment(id, `RACE-${gate}-${round}`),
        () => customer.payment(id, payment_id),
        () => shop.deliverNotifications(),
      ]);
      const status = await customer.statusOf(id);
      // Alipay had the money before anybody asked, and everybody asks Alipay before ending an order: so it is paid.
      expect(isPaid ? ['pending_recharge', 'recharging'] : ['pending_recharge', 'recharging', 'cancelled']).toContain(
        status,
      );
      const { ledger } = shop.alipay;
      expect(ledger.capturedFen(`${orderNo}0001`) - ledger.refundedFen(`${orderNo}0001`)).toBe(isPaid ? 10_000 : 0);
    }
  });

  test('money that arrives while the order is being cancelled pays it, or goes back', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { id, orderNo } = await customer.newOrder({ payment_method: round % 2 === 0 ? 'wechat' : 'alipay' });
      const pay = await customer.pay(id);
      const payAndTell = async () => {
        await Promise.all(times(round % 5, () => customer.detail(id)));
        const ticket = JSON.stringify(pay.json);
        const paid = round % 2 === 0 ? shop.wechatPay.pay(codeIn(ticket)) : shop.alipay.pay(codeIn(ticket));
        await shop.deliverNotifications();
        return paid.ok;
      };
      const [cancelled, paid] = await Promise.all([customer.cancel(id), payAndTell()]);
      const status = await customer.statusOf(id);
      expect([status, cancelled.status]).toEqual(
        status === 'cancelled' ? ['cancelled', 200] : ['pending_recharge', 409],
      );
      const { ledger } = round % 2 === 0 ? shop.wechatPay : shop.alipay;
      const kept = status === 'pending_recharge' ? 10_000 : 0;
      await settle(shop);
      expect([paid, ledger.capturedFen(`${orderNo}0001`) - ledger.refundedFen(`${orderNo}0001`)]).toEqual([
        paid,
        paid ? kept : 0,
      ]);
    }
  });

  test('a recharge, a failure, a refund and a split of what is paid: the goods or the money', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { id, orderNo } = await newOrderAt(shop, customer, 'pending_recharge');
      await all(round, [
        () => operator.recharge(id),
        () => operator.refund(id, 200),
        () => operator.split(id, HALVES),
        () => operator.fail(id),
        () => operator.putStatus(id, 'recharging'),
      ]);
      const status = await customer.statusOf(id);
      expect(['recharging', 'refunded', 'split', 'failed']).toContain(status);
      expect(shop.alipay.ledger.refundedFen(`${orderNo}0001`)).toBe(status === 'refunded' ? 20_000 : 0);
    }
  });

  test('a success, a failure and a part of what is being recharged end in one state, with a log that led there', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { id, orderNo } = await newOrderAt(shop, customer, 'recharging');
      await all(round, [
        () => operator.success(id),
        () => operator.fail(id),
        () => operator.partial(id, 1, 1),
        () => operator.recharge(id),
        () => operator.refund(id, 100),
      ]);
      const status = await customer.statusOf(id);
      const refundedFen = shop.alipay.ledger.refundedFen(`${orderNo}0001`);
      expect(['recharging', 'partial', 'success', 'failed', 'refunded']).toContain(status);
      expect([0, 10_000]).toContain(refundedFen);
      const { results } = await env.DB.prepare(
        `SELECT from_status AS was, to_status AS is_now FROM order_events
          WHERE order_no = ?1 AND type = 'fulfilment_advanced' ORDER BY seq`,
      )
        .bind(orderNo)
        .all<{ was: string; is_now: string }>();
      expect(results.slice(1).map(({ was }) => was)).toEqual(results.slice(0, -1).map(({ is_now }) => is_now));
    }
  });

  test('twenty times the same step is one step', async () => {
    const { id } = await newOrderAt(shop, customer, 'pending_recharge');
    const steps = [
      () => operator.recharge(id),
      () => operator.fail(id),
      () => operator.putStatus(id, 'pending_recharge'),
      () => operator.putStatus(id, 'recharging'),
      () => operator.partial(id, 1, 1),
      () => operator.success(id),
    ];
    for (const step of steps) {
      const received = await Promise.all(times(CLICKS, step));
      expect(received.filter(({ status }) => status === 200)).toHaveLength(1);
      for (const answer of received.filter(({ status }) => status !== 200)) {
        expect(answer.json).toMatchObject({ code: 1003 });
      }
    }
    expect(await customer.statusOf(id)).toBe('success');
  });

  test('twenty cancellations are one', async () => {
    const { id } = await customer.newOrder({ ...ofQuantity(1), payment_method: 'wechat' });
    const { code_url } = await customer.newWechatCode(id);
    const received = await Promise.all(times(CLICKS, (nth) => (nth % 2 === 0 ? customer : operator).cancel(id)));
    expect(received.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(() => payAtWechat(shop, code_url)).toThrow('ORDER_CLOSED');
  });
});

/** What an answer's payment can be paid by. */
function codeIn(text: string): string {
  const found = /"(?:order_str|code_url|qr_code)":"([^"]+)"/.exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing to pay by: ${text}`);
  return found;
}
