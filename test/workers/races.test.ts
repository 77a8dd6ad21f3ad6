/** Everybody at once: whatever arrives together, an order is paid once and no money is lost. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  pay,
  place,
  placeAndPay,
  placeAndPayByWechat,
  slipOf,
  statusOf,
  ticketOf,
  wechatSlipOf,
} from '../harness/booking.ts';
import { checkBooks } from '../harness/check-books.ts';
import { deliver, openShop, type Received, type Shop } from '../harness/shop.ts';

const ORDERS = 200;
const CLICKS = 20;

const times = <T>(count: number, make: (nth: number) => T): T[] => Array.from({ length: count }, (_, nth) => make(nth));

describe.each(['on', 'off'] as const)('with the gate %s', (gate) => {
  let shop: Shop;
  beforeEach(async () => {
    shop = await openShop({ gate, limits: 'off' });
  });
  afterEach(async () => {
    expect(await checkBooks(shop, 'any_time')).toEqual([]);
  });

  test('200 orders × 20 racing pays: one slip each, and 429 with Retry-After for the rest', async () => {
    const orders = await Promise.all(times(ORDERS, () => place(shop)));
    const answers = await Promise.all(orders.map((order) => Promise.all(times(CLICKS, () => pay(shop, order)))));
    for (const clicks of answers) {
      const slips = clicks.filter(({ status }) => status === 200);
      const refused = clicks.filter(({ status }) => status === 429);
      expect([slips.length, refused.length]).toEqual([1, CLICKS - 1]);
      expect(refused.every(({ headers }) => headers.get('retry-after') === '120')).toBe(true);
    }
    const strings = answers.flat().flatMap((answer) => (answer.status === 200 ? [slipOf(answer).order_str] : []));
    expect(strings.map((string) => shop.alipay.pay(string).ok)).toEqual(times(ORDERS, () => true));
    const numbers = shop.alipay.ledger.trades().map(({ outTradeNo }) => outTradeNo.slice(0, -4));
    expect(orders.map((order) => numbers.filter((number) => number === order).length)).toEqual(times(ORDERS, () => 1));
    await shop.deliverNotifications();
    expect(await Promise.all(orders.map((order) => statusOf(shop, order)))).toEqual(times(ORDERS, () => 1));
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  }, 300_000);

  test('20 orders × 20 racing pays at WeChat: one slip, and WeChat is asked once for each', async () => {
    const orders = await Promise.all(times(CLICKS, () => place(shop, 2)));
    const askedBefore = prepaysAtWechat();
    const answers = await Promise.all(orders.map((order) => Promise.all(times(CLICKS, () => pay(shop, order)))));
    for (const clicks of answers) {
      const refused = clicks.filter(({ status }) => status === 429);
      expect([clicks.filter(({ status }) => status === 200).length, refused.length]).toEqual([1, CLICKS - 1]);
      // Until WeChat has answered somebody waits for that; afterwards, for the slip.
      expect(refused.every(({ headers }) => ['15', '120'].includes(headers.get('retry-after') ?? ''))).toBe(true);
    }
    const slips = answers.flat().flatMap((answer) => (answer.status === 200 ? [wechatSlipOf(answer)] : []));
    expect(slips.map(({ payment_id: number }) => number)).toEqual(orders.map((order) => `${order}0001`));
    expect(prepaysAtWechat() - askedBefore).toBe(CLICKS);
    expect(slips.map((slip) => shop.wechatPay.pay(ticketOf(slip)).ok)).toEqual(times(CLICKS, () => true));
    await shop.deliverNotifications();
    expect(await Promise.all(orders.map((order) => statusOf(shop, order)))).toEqual(times(CLICKS, () => 1));
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test("one of WeChat's notifications fifty times at once is one payment, acknowledged fifty times", async () => {
    const { orderId, slip } = await placeAndPayByWechat(shop);
    shop.wechatPay.pay(ticketOf(slip));
    const [notification] = shop.wechatPay.takeNotifications();
    if (!notification) throw new Error('WeChat had nothing to say');
    const { url, body, headers } = notification;
    const answers = await Promise.all(times(50, () => deliver(url, body, headers)));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['200 ']));
    expect(await statusOf(shop, orderId)).toBe(1);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('a first pay at WeChat, a second one, a deletion and the cron against each other leave nothing open', async () => {
    for (let round = 0; round < 12; round++) {
      const orderId = await place(shop, 2);
      const contenders: (() => Promise<unknown>)[] = [
        () => pay(shop, orderId),
        () => shop.send(`/V1/order/pay/${orderId}0001`, { method: 'DELETE' }),
        () => shop.send(`/V1/order/${orderId}`, { method: 'DELETE' }),
        () => pay(shop, orderId),
        () => shop.cron(),
      ];
      const rotated = [...contenders.slice(round % 5), ...contenders.slice(0, round % 5)];
      await Promise.all(rotated.map((contend) => contend()));
    }
    await settle(shop);
    const open = shop.wechatPay.ledger.trades().filter(({ closedBy, capturedFen }) => !closedBy && capturedFen === 0);
    expect(open.map(({ outTradeNo }) => outTradeNo)).toEqual([]);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('one notification fifty times at once is one payment, acknowledged fifty times', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.pay(slip.order_str);
    const [notification] = shop.alipay.takeNotifications();
    if (!notification) throw new Error('Alipay had nothing to say');
    const answers = await Promise.all(times(50, () => deliver(notification.url, notification.body)));
    expect(new Set(answers.map(({ text }) => text))).toEqual(new Set(['success']));
    expect(await statusOf(shop, orderId)).toBe(1);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('pay, give up, delete, expiry and notification against each other end in one state', async () => {
    for (let round = 0; round < 25; round++) {
      const { orderId, slip } = await placeAndPay(shop);
      shop.alipay.pay(slip.order_str);
      const [notification] = shop.alipay.takeNotifications();
      // Half of the rounds happen in the last moment of the order, so that the cron is in the race as well.
      if (round % 2 === 1) shop.pass(1_800_000);
      const contenders: (() => Promise<unknown>)[] = [
        () => pay(shop, orderId),
        () => shop.send(`/V1/order/pay/${slip.payment_id}`, { method: 'DELETE' }),
        () => shop.send(`/V1/order/${orderId}`, { method: 'DELETE' }),
        () => shop.cron(),
        ...(notification ? times(2, () => () => deliver(notification.url, notification.body)) : []),
      ];
      const rotated = [...contenders.slice(round % 6), ...contenders.slice(0, round % 6)];
      await Promise.all(rotated.map((contend) => contend()));
      // Alipay had the money before anybody asked, and everybody asks Alipay before ending an order: so it is paid.
      expect(await statusOf(shop, orderId)).toBe(1);
    }
    await settle(shop);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('money that arrives while the order is being deleted pays it, or goes back', async () => {
    const outcomes: string[] = [];
    for (let round = 0; round < 25; round++) {
      const { orderId, slip } = await placeAndPay(shop);
      const payAndTell = async () => {
        await Promise.all(times(round % 5, () => statusOf(shop, orderId)));
        const paid = shop.alipay.pay(slip.order_str);
        await shop.deliverNotifications();
        return paid.ok;
      };
      const [deleted, paid] = await Promise.all([
        shop.send(`/V1/order/${orderId}`, { method: 'DELETE' }),
        payAndTell(),
      ]);
      outcomes.push(`${deleted.status} ${paid}`);
      const status = await statusOf(shop, orderId);
      expect(status).toBe(deleted.status === 200 ? null : 1);
    }
    await settle(shop);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
    expect(outcomes).toHaveLength(25);
  });

  test('a customer who pays two slips of one order pays it once and has the other money back', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    await shop.send(`/V1/order/pay/${slip.payment_id}`, { method: 'DELETE' });
    const second = slipOf(await pay(shop, orderId));
    await Promise.all([slip, second].map(async ({ order_str }) => shop.alipay.pay(order_str)));
    await shop.deliverNotifications();
    await settle(shop);
    const kept = shop.alipay.ledger
      .trades()
      .filter(({ outTradeNo }) => outTradeNo.startsWith(orderId))
      .map(({ capturedFen, refundedFen }) => capturedFen - refundedFen);
    expect(kept.toSorted((a, b) => a - b)).toEqual([0, 19_600]);
    expect(await checkBooks(shop, 'at_rest')).toEqual([]);
  });

  test('twenty customers asking for the same refund start one', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.pay(slip.order_str);
    await shop.deliverNotifications();
    const ask = () => shop.send('/V1/order/pay/refund', { body: { order_id: orderId } });
    const answers: Received[] = await Promise.all(times(20, ask));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(19);
  });
});

/** How often WeChat has been asked to prepare a payment, over the whole file. */
function prepaysAtWechat(): number {
  const urls = vi.mocked(globalThis.fetch).mock.calls.map(([input, init]) => new Request(input, init).url);
  return urls.filter((url) => url.endsWith('/v3/pay/transactions/app')).length;
}

/** Two runs of the cron, a minute apart: the time within which everything has to come to rest. */
async function settle(shop: Shop): Promise<void> {
  for (let run = 0; run < 3; run++) {
    shop.pass(240_000);
    await shop.cron();
  }
}
