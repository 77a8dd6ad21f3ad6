/** The fault matrix: every call to WeChat Pay × before or after its effect × every way in which an answer can be lost. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { pay, place, placeAndPayByWechat, statusOf, ticketOf, wechatSlipOf } from '../harness/booking.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';

const KINDS = ['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const;
const MOMENTS = ['before', 'after'] as const;
const MATRIX = MOMENTS.flatMap((when) => KINDS.map((kind) => ({ when, kind })));
const SLIP_MS = 120_000;
const UNAVAILABLE = { message: '支付渠道暂时不可用，请稍后重试', code: -1, data: [] };

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off', vars: { REFUND_APPROVAL: 'auto' } });
});
beforeEach(() => {
  shop.wechatPay.refunds.setCourse('on_query');
});

/** Lets the faults end and the cron run as often as its looks are apart; then everything has to be at rest. */
async function healAndSettle(): Promise<void> {
  shop.wechatPay.faults.heal();
  for (let run = 0; run < 4; run++) {
    shop.pass(31 * 60_000);
    await shop.cron();
  }
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
}

/** An order that is paid, and whose shop has heard of it. */
async function paidOrder() {
  const started = await placeAndPayByWechat(shop);
  expect(shop.wechatPay.pay(ticketOf(started.slip)).ok).toBe(true);
  await shop.deliverNotifications();
  return started;
}

describe.each(MATRIX)('$kind $when the effect', ({ when, kind }) => {
  test('of a prepay: the next call goes on with the same number, and WeChat has one order', async () => {
    const orderId = await place(shop, 2);
    shop.wechatPay.faults.plan({ method: 'wechat.prepay', when, kind, times: 2 });
    for (const refused of [await pay(shop, orderId), await pay(shop, orderId)]) {
      expect([refused.status, refused.json]).toEqual([502, UNAVAILABLE]);
      expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    }
    const slip = wechatSlipOf(await pay(shop, orderId));
    expect(slip.payment_id).toBe(`${orderId}0001`);
    expect(shop.wechatPay.pay(ticketOf(slip)).ok).toBe(true);
    await shop.deliverNotifications();
    expect(await statusOf(shop, orderId)).toBe(1);
    await healAndSettle();
  });

  test('of a prepay whose customer never comes back: the order runs out, and WeChat has nothing open', async () => {
    const orderId = await place(shop, 2);
    shop.wechatPay.faults.plan({ method: 'wechat.prepay', when, kind });
    expect((await pay(shop, orderId)).status).toBe(502);
    await healAndSettle();
    expect(shop.wechatPay.pay(`${orderId}0001`, { late: true }).ok).toBe(false);
  });

  test('of a query: the payment whose notification was lost is found once WeChat answers', async () => {
    const { orderId, slip } = await placeAndPayByWechat(shop);
    shop.wechatPay.pay(ticketOf(slip));
    shop.wechatPay.takeNotifications();
    shop.wechatPay.faults.plan({ method: 'wechat.query', when, kind, times: 2 });
    shop.pass(61_000);
    await shop.cron();
    expect(await statusOf(shop, orderId)).toBe(0);
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(1);
  });

  test('of a query: an order is not expired while WeChat may have its money', async () => {
    const { orderId, slip } = await placeAndPayByWechat(shop);
    shop.wechatPay.pay(ticketOf(slip));
    shop.wechatPay.takeNotifications();
    shop.wechatPay.faults.plan({ method: 'wechat.query', when, kind, times: 50 });
    shop.pass(31 * 60_000);
    await shop.cron();
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(1);
  });

  test('of a close: the slip stays until WeChat answers, and the next one pays the order', async () => {
    const { orderId, slip } = await placeAndPayByWechat(shop);
    shop.wechatPay.faults.plan({ method: 'wechat.close', when, kind });
    await shop.send(`/V1/order/pay/${slip.payment_id}`, { method: 'DELETE' });
    // Whether or not WeChat closed it, we do not know it: the slip stands.
    expect((await pay(shop, orderId)).status).toBe(429);
    shop.pass(SLIP_MS);
    const next = wechatSlipOf(await pay(shop, orderId));
    expect(next.payment_id).not.toBe(slip.payment_id);
    expect(shop.wechatPay.pay(ticketOf(slip), { late: true }).ok).toBe(false);
    shop.wechatPay.pay(ticketOf(next));
    await shop.deliverNotifications();
    expect(await statusOf(shop, orderId)).toBe(1);
    await healAndSettle();
  });

  test('of a close: a customer whose last slip cannot be settled is told to come back', async () => {
    const { orderId } = await placeAndPayByWechat(shop);
    shop.wechatPay.faults.plan({ method: 'wechat.close', when, kind });
    shop.pass(SLIP_MS);
    const refused = await pay(shop, orderId);
    expect([refused.status, refused.json]).toEqual([502, UNAVAILABLE]);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await pay(shop, orderId)).status).toBe(200);
    await healAndSettle();
  });

  test.each(['at_once', 'on_query'] as const)('of a refund that goes %s: never two, and it ends', async (course) => {
    shop.wechatPay.refunds.setCourse(course);
    const { orderId, slip } = await paidOrder();
    shop.wechatPay.faults.plan({ method: 'wechat.refund', when, kind });
    await shop.send('/V1/order/pay/refund', { body: { order_id: orderId } });
    expect(await statusOf(shop, orderId)).toBe(1);
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(3);
    expect(shop.wechatPay.refunds.of(slip.payment_id)).toHaveLength(1);
  });

  test('of a refund query: the refund is not sent a second time under another number', async () => {
    const { orderId, slip } = await paidOrder();
    shop.wechatPay.faults.plan({ method: 'wechat.refund', when: 'after', kind: 'timeout' });
    shop.wechatPay.faults.plan({ method: 'wechat.refund.query', when, kind, times: 2 });
    await shop.send('/V1/order/pay/refund', { body: { order_id: orderId } });
    shop.pass(61_000);
    await shop.cron();
    expect(await statusOf(shop, orderId)).toBe(1);
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(3);
    expect(shop.wechatPay.refunds.of(slip.payment_id)).toHaveLength(1);
  });

  test('of the refund query that a notification sets off: the cron asks again', async () => {
    shop.wechatPay.refunds.setCourse('when_told');
    const { orderId, slip } = await paidOrder();
    await shop.send('/V1/order/pay/refund', { body: { order_id: orderId } });
    const [refund] = shop.wechatPay.refunds.of(slip.payment_id);
    shop.wechatPay.refunds.end(refund?.refundNo ?? '', 'SUCCESS');
    shop.wechatPay.faults.plan({ method: 'wechat.refund.query', when, kind });
    expect((await shop.deliverNotifications()).map(({ status }) => status)).toEqual([200]);
    expect(await statusOf(shop, orderId)).toBe(1);
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(3);
  });
});
