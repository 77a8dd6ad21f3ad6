/** The fault matrix: every call to Alipay × before or after its effect × every way in which an answer can be lost. */
import { beforeAll, describe, expect, test } from 'vitest';
import { pay, placeAndPay, slipOf, statusOf } from '../harness/booking.ts';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';

const KINDS = ['500', 'reset', 'timeout', 'malformed', 'unsigned'] as const;
const MOMENTS = ['before', 'after'] as const;
const MATRIX = MOMENTS.flatMap((when) => KINDS.map((kind) => ({ when, kind })));
const SLIP_MS = 120_000;

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ limits: 'off', vars: { REFUND_APPROVAL: 'auto' } });
});

/** Lets the faults end and the cron run as often as its looks are apart; then everything has to be at rest. */
async function healAndSettle(): Promise<void> {
  shop.alipay.faults.heal();
  for (let run = 0; run < 4; run++) {
    shop.pass(31 * 60_000);
    await shop.cron();
  }
  expect(await checkBooks(shop, 'at_rest')).toEqual([]);
}

describe.each(MATRIX)('$kind $when the effect', ({ when, kind }) => {
  test('of a query: the payment whose notification was lost is found once Alipay answers', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.pay(slip.order_str);
    shop.alipay.takeNotifications();
    shop.alipay.faults.plan({ method: 'alipay.trade.query', when, kind, times: 2 });
    shop.pass(61_000);
    await shop.cron();
    expect(await statusOf(shop, orderId)).toBe(0);
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(1);
  });

  test('of a query: an order is not expired while Alipay may have its money', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.pay(slip.order_str);
    shop.alipay.takeNotifications();
    shop.alipay.faults.plan({ method: 'alipay.trade.query', when, kind, times: 50 });
    shop.pass(31 * 60_000);
    await shop.cron();
    expect(await statusOf(shop, orderId)).toBe(0);
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(1);
  });

  test('of a close: no new slip before the old one is known to be over, and nothing changes meanwhile', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.openWithoutPaying(slip.order_str);
    shop.alipay.faults.plan({ method: 'alipay.trade.close', when, kind });
    const cancelled = await shop.send(`/V1/order/pay/${slip.payment_id}`, { method: 'DELETE' });
    expect(cancelled.status).toBe(200);
    // The slip still stands, because nobody knows whether it was closed; once Alipay has said so, it does not.
    expect((await pay(shop, orderId)).status).toBe(429);
    shop.pass(SLIP_MS);
    const next = slipOf(await pay(shop, orderId));
    expect(next.payment_id).not.toBe(slip.payment_id);
    shop.alipay.pay(next.order_str);
    await shop.deliverNotifications();
    expect(await statusOf(shop, orderId)).toBe(1);
    await healAndSettle();
  });

  test('of a close: a customer whose last slip cannot be settled is told to come back', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.openWithoutPaying(slip.order_str);
    shop.alipay.faults.plan({ method: 'alipay.trade.query', when, kind });
    shop.pass(SLIP_MS);
    const refused = await pay(shop, orderId);
    expect([refused.status, refused.json]).toEqual([
      502,
      { message: '支付渠道暂时不可用，请稍后重试', code: -1, data: [] },
    ]);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect((await pay(shop, orderId)).status).toBe(200);
    await healAndSettle();
  });

  test('of a refund: never two, and it ends', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.pay(slip.order_str);
    await shop.deliverNotifications();
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when, kind });
    await shop.send('/V1/order/pay/refund', { body: { order_id: orderId } });
    expect(await statusOf(shop, orderId)).toBe(1);
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(3);
    expect(shop.alipay.ledger.trade(slip.payment_id)?.refunds).toHaveLength(1);
  });

  test('of a refund query: the refund is not sent a second time under another number', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.alipay.pay(slip.order_str);
    await shop.deliverNotifications();
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'after', kind: 'timeout' });
    shop.alipay.faults.plan({ method: 'alipay.trade.fastpay.refund.query', when, kind, times: 2 });
    await shop.send('/V1/order/pay/refund', { body: { order_id: orderId } });
    shop.pass(61_000);
    await shop.cron();
    expect(await statusOf(shop, orderId)).toBe(1);
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(3);
    expect(shop.alipay.ledger.trade(slip.payment_id)?.refunds).toHaveLength(1);
  });

  test('of everything around money that comes too late: all of it goes back', async () => {
    const { orderId, slip } = await placeAndPay(shop);
    shop.pass(31 * 60_000);
    await shop.cron();
    shop.alipay.pay(slip.order_str, { late: true });
    shop.alipay.faults.plan({ method: 'alipay.trade.refund', when, kind });
    await shop.deliverNotifications();
    await healAndSettle();
    expect(await statusOf(shop, orderId)).toBe(0);
    expect(shop.alipay.ledger.refundedFen(slip.payment_id)).toBe(19_600);
  });
});
