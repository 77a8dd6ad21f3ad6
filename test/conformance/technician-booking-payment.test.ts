/** Technician booking's rules of paying: slips, their ends, giving one up, and money that comes at the wrong time. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { deliver, openShop, type Shop } from '../harness/shop.ts';
import type { Slip } from '../harness/booking.ts';
import { type Customer, customerOf, payAtAlipay } from './customer.ts';
import { cancelOrder, completeOrder } from './operator-desk.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;
const SLIP_MS = 120_000;

const OPEN = '该订单正在支付，请稍后';
const UNAVAILABLE = '支付渠道暂时不可用，请稍后重试';
const PAID = '该订单已支付成功，请勿重复支付';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterEach(async () => {
  shop.alipay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const newCustomer = (): Customer => customerOf(shop);
const statusSchema = z.object({ data: z.object({ status: z.int() }) });

async function statusOf(customer: Customer, orderId: string): Promise<number> {
  return statusSchema.parse((await customer.detail(orderId)).json).data.status;
}

/** The end of the payment at the provider, UTC ms, as the order string has it in Beijing's time. */
function timeExpireMs({ order_str: orderString }: Slip): number {
  const content: unknown = JSON.parse(new URLSearchParams(orderString).get('biz_content') ?? '');
  const { time_expire } = z.object({ time_expire: z.iso.datetime({ local: true }) }).parse(withT(content));
  return Date.parse(`${time_expire}+08:00`);
}

/** Alipay writes a blank where ISO has a T. */
function withT(content: unknown): unknown {
  return JSON.parse(JSON.stringify(content).replace(/(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)/, '$1T$2'));
}

async function attempts(orderId: string): Promise<Record<string, unknown>[]> {
  const { results } = await env.DB.prepare(
    'SELECT out_trade_no, status FROM payment_attempts WHERE order_no = ?1 ORDER BY out_trade_no',
  )
    .bind(orderId)
    .all();
  return results;
}

/** Captured at Alipay, and given back there, in fen. */
function movedFen({ payment_id: paymentId }: Slip): [captured: number, refunded: number] {
  return [shop.alipay.ledger.capturedFen(paymentId), shop.alipay.ledger.refundedFen(paymentId)];
}

describe('the slip', () => {
  test('is open for 120 s to the millisecond; then the old one is closed and a new one handed out', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const first = await customer.newSlip(orderId);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 120));
    shop.pass(SLIP_MS - 1);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 1));
    shop.alipay.openWithoutPaying(first.order_str);
    shop.pass(1);
    const second = await customer.newSlip(orderId);
    expect([first.payment_id, second.payment_id]).toEqual([`${orderId}0001`, `${orderId}0002`]);
    expect(await attempts(orderId)).toEqual([
      { out_trade_no: first.payment_id, status: 'closed' },
      { out_trade_no: second.payment_id, status: 'pending' },
    ]);
    expect(shop.alipay.pay(first.order_str)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 120));
  });

  test.each([0, 1, 500, 999])('ends at the provider in the second in which it ends here, %i ms in', async (ms) => {
    const customer = newCustomer();
    shop.pass(1000 - (Date.now() % 1000) + ms);
    const endsAtMs = Date.now() + SLIP_MS;
    const slip = await customer.newSlip(await customer.newOrder());
    expect(timeExpireMs(slip)).toBe(endsAtMs - ms);
  });

  test('ends with its order, though never sooner at the provider than in a minute', async () => {
    const customer = newCustomer();
    for (const [leftMs, atProviderMs, retryAfterSeconds] of [
      [119_000, 119_000, 119],
      [60_000, 60_000, 60],
      [59_000, 60_000, 59],
      [1, 60_000, 1],
    ] as const) {
      shop.pass(1000 - (Date.now() % 1000));
      const orderId = await customer.newOrder();
      shop.pass(ORDER_TTL_MS - leftMs);
      const slip = await customer.newSlip(orderId);
      expect(timeExpireMs(slip)).toBe(Math.ceil((Date.now() + atProviderMs) / 1000) * 1000);
      expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, retryAfterSeconds));
      shop.pass(leftMs);
      expect(seen(await customer.pay(orderId))).toEqual(refusal(400, '订单已过期'));
      expect(shop.alipay.openCashier(slip.order_str)).toMatchObject({ ok: true });
    }
  });

  test('paid unheard, it is found when the customer comes back: no second slip', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    payAtAlipay(shop, await customer.newSlip(orderId));
    shop.alipay.takeNotifications();
    shop.pass(SLIP_MS);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, PAID));
    expect(await statusOf(customer, orderId)).toBe(1);
    expect(await attempts(orderId)).toHaveLength(1);
  });

  test.each([
    ['500', 'before'],
    ['timeout', 'before'],
    ['reset', 'after'],
    ['malformed', 'after'],
    ['unsigned', 'after'],
  ] as const)('past its end, while the provider answers with %s, nothing changes', async (kind, when) => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    shop.pass(SLIP_MS);
    const before = await rowCounts();
    shop.alipay.faults.plan({ kind, when });
    expect(seen(await customer.pay(orderId))).toEqual(refusal(502, UNAVAILABLE, 5));
    expect(await rowCounts()).toEqual(before);
    expect(await attempts(orderId)).toEqual([{ out_trade_no: slip.payment_id, status: 'pending' }]);
    const second = await customer.newSlip(orderId);
    expect(second.payment_id).toBe(`${orderId}0002`);
  });
});

describe('who is refused', () => {
  test.each([
    '2022112200000000000000',
    'nope',
    '\u0000',
    "' OR 1=1 --",
    '订单',
    '1'.repeat(64),
    'ORD2022112200000000000000',
  ])('what is no order: %j', async (orderId) => {
    const before = await rowCounts();
    expect(seen(await newCustomer().pay(orderId))).toEqual(refusal(404, '该订单不存在'));
    expect(await rowCounts()).toEqual(before);
  });

  test('an order that has run out, from the very millisecond, before and after the cron', async () => {
    const customer = newCustomer();
    const [early, late] = [await customer.newOrder(), await customer.newOrder()];
    shop.pass(ORDER_TTL_MS - 1);
    await customer.newSlip(early);
    shop.pass(1);
    expect(seen(await customer.pay(late))).toEqual(refusal(400, '订单已过期'));
    await shop.cron();
    expect(seen(await customer.pay(late))).toEqual(refusal(400, '订单已过期'));
    expect(seen(await customer.pay(early))).toEqual(refusal(400, '订单已过期'));
  });

  test('an order that an operator cancelled, also once its time would have run out', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    await cancelOrder(orderId);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(400, '订单已取消'));
    shop.pass(ORDER_TTL_MS);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(400, '订单已取消'));
  });

  test('an order that is paid, and stays so when completed', async () => {
    const customer = newCustomer();
    const { orderId } = await customer.paidOrder();
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, PAID));
    shop.pass(ORDER_TTL_MS);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, PAID));
    await completeOrder(orderId);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, PAID));
  });
});

/** Whatever happened: the client calls this on its way out. */
const ALWAYS = [200, '{"message":"取消成功","code":0,"data":[]}'];
const cancelled = async (customer: Customer, paymentId: string) => {
  const { status, text } = await customer.cancelPayment(paymentId);
  return [status, text];
};

describe('giving up a slip', () => {
  test.each([
    ['nobody has opened', (): void => undefined],
    ['somebody has opened', (slip: Slip): void => void shop.alipay.openWithoutPaying(slip.order_str)],
  ])('one that %s is closed, and a new one may start at once', async (_what, open) => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const first = await customer.newSlip(orderId);
    open(first);
    expect(await cancelled(customer, first.payment_id)).toEqual(ALWAYS);
    const second = await customer.newSlip(orderId);
    expect(await attempts(orderId)).toEqual([
      { out_trade_no: first.payment_id, status: 'closed' },
      { out_trade_no: second.payment_id, status: 'pending' },
    ]);
    expect(await cancelled(customer, first.payment_id)).toEqual(ALWAYS);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 120));
  });

  test('one that was paid unheard pays its order', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    payAtAlipay(shop, slip);
    expect(await cancelled(customer, slip.payment_id)).toEqual(ALWAYS);
    expect(await statusOf(customer, orderId)).toBe(1);
    await shop.deliverNotifications();
    expect(movedFen(slip)).toEqual([19_600, 0]);
  });

  test('one that is paid already changes nothing', async () => {
    const customer = newCustomer();
    const { orderId, slip } = await customer.paidOrder();
    const before = await rowCounts();
    expect(await cancelled(customer, slip.payment_id)).toEqual(ALWAYS);
    expect(await rowCounts()).toEqual(before);
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test.each(['500', 'timeout', 'reset', 'malformed', 'unsigned'] as const)(
    'while the provider answers with %s the slip stays, and so does the answer',
    async (kind) => {
      const customer = newCustomer();
      const orderId = await customer.newOrder();
      const slip = await customer.newSlip(orderId);
      const before = await rowCounts();
      shop.alipay.faults.plan({ kind, when: 'before' });
      expect(await cancelled(customer, slip.payment_id)).toEqual(ALWAYS);
      expect(await rowCounts()).toEqual(before);
      expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 120));
    },
  );

  test("somebody else's is not touched, and the answer does not tell", async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    const before = await rowCounts();
    expect(await cancelled(newCustomer(), slip.payment_id)).toEqual(ALWAYS);
    expect(await rowCounts()).toEqual(before);
    expect(seen(await customer.pay(orderId))).toEqual(refusal(429, OPEN, 120));
  });

  test.each([
    '20221122000000000000000001',
    '2022112200000000000000',
    'nope',
    '%00',
    '%',
    '%E4%BD',
    "'%20--",
    'a'.repeat(10_240),
  ])('what is no slip changes nothing: %#', async (paymentId) => {
    const before = await rowCounts();
    expect(await cancelled(newCustomer(), paymentId)).toEqual(ALWAYS);
    expect(await rowCounts()).toEqual(before);
  });

  test('without a token there is nothing to give up', async () => {
    const received = await newCustomer().send('/V1/order/pay/20221122000000000000000001', {
      method: 'DELETE',
      token: null,
    });
    expect(seen(received)).toEqual(refusal(401, 'Unauthenticated.'));
  });
});

describe('money at the wrong time', () => {
  test('for a slip that was given up pays the order', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    await customer.cancelPayment(slip.payment_id);
    payAtAlipay(shop, slip);
    expect((await shop.deliverNotifications()).map(({ text }) => text)).toEqual(['success']);
    expect(await statusOf(customer, orderId)).toBe(1);
    expect(movedFen(slip)).toEqual([19_600, 0]);
  });

  test('for a slip that has run out pays the order, as long as that has not', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    shop.pass(SLIP_MS + 5000);
    payAtAlipay(shop, slip, { late: true });
    await shop.deliverNotifications();
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test('that was there before the order ran out, and is heard of afterwards, pays it', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    shop.pass(ORDER_TTL_MS - 1000);
    payAtAlipay(shop, await customer.newSlip(orderId));
    shop.alipay.takeNotifications();
    shop.pass(1000);
    await shop.cron();
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test('for an order that has run out goes back in full, by itself', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    shop.pass(ORDER_TTL_MS - 1000);
    const slip = await customer.newSlip(orderId);
    shop.pass(1000);
    await shop.cron();
    payAtAlipay(shop, slip);
    expect((await shop.deliverNotifications(2)).map(({ text }) => text)).toEqual(['success', 'success']);
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
    expect(await statusOf(customer, orderId)).toBe(0);
    expect(seen(await customer.refund(orderId))).toEqual(refusal(404, '该订单不存在或未支付'));
  });

  test('for an order that was deleted goes back in full, by itself', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    expect((await customer.remove(orderId)).status).toBe(200);
    payAtAlipay(shop, slip);
    await shop.deliverNotifications();
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
    expect((await customer.detail(orderId)).text).toBe('{"data":null,"code":0,"message":""}');
  });

  test('for an order that an operator cancelled goes back in full, by itself', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    await cancelOrder(orderId);
    payAtAlipay(shop, slip);
    await shop.deliverNotifications();
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
    expect(await statusOf(customer, orderId)).toBe(2);
  });

  test('a second time goes back in full, whichever slip comes first', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const first = await customer.newSlip(orderId);
    await customer.cancelPayment(first.payment_id);
    const second = await customer.newSlip(orderId);
    payAtAlipay(shop, second);
    payAtAlipay(shop, first);
    await shop.deliverNotifications(2);
    expect([movedFen(second), movedFen(first)]).toEqual([
      [19_600, 0],
      [19_600, 19_600],
    ]);
    expect(await statusOf(customer, orderId)).toBe(1);
  });

  test('the first payment of two closes the slip that is still open', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const first = await customer.newSlip(orderId);
    await customer.cancelPayment(first.payment_id);
    const second = await customer.newSlip(orderId);
    shop.alipay.openWithoutPaying(second.order_str);
    payAtAlipay(shop, first);
    await shop.deliverNotifications();
    expect(shop.alipay.pay(second.order_str)).toMatchObject({ ok: false, subCode: 'ACQ.TRADE_HAS_CLOSE' });
    expect(await attempts(orderId)).toEqual([
      { out_trade_no: first.payment_id, status: 'paid' },
      { out_trade_no: second.payment_id, status: 'closed' },
    ]);
  });

  test('its return survives a provider that does not answer', async () => {
    const customer = newCustomer();
    const orderId = await customer.newOrder();
    const slip = await customer.newSlip(orderId);
    await customer.remove(orderId);
    payAtAlipay(shop, slip);
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'after', kind: 'reset' });
    await shop.deliverNotifications();
    shop.pass(60_000);
    await shop.cron();
    expect(movedFen(slip)).toEqual([19_600, 19_600]);
    const { results } = await env.DB.prepare('SELECT status FROM refunds WHERE order_no = ?1').bind(orderId).all();
    expect(results).toEqual([{ status: 'succeeded' }]);
  });
});

describe('the callback', () => {
  test.each(['/callback/alipay', '/V1/callback/alipay', '/callback/alipay/', '/V1/callback/alipay/'])(
    'at %s takes the notification',
    async (path) => {
      const customer = newCustomer();
      const orderId = await customer.newOrder();
      payAtAlipay(shop, await customer.newSlip(orderId));
      const [notification] = shop.alipay.takeNotifications();
      const answer = await deliver(`https://orders.example${path}`, notification?.body ?? '');
      expect([answer.status, answer.text, answer.headers.get('content-type')]).toEqual([200, 'success', 'text/plain']);
      expect(await statusOf(customer, orderId)).toBe(1);
    },
  );

  test('refuses what Alipay did not sign', async () => {
    const before = await rowCounts();
    const answer = await deliver('https://orders.example/callback/alipay', 'out_trade_no=1&sign=AAAA');
    expect([answer.status, answer.text]).toEqual([400, 'fail']);
    expect(await rowCounts()).toEqual(before);
  });
});
