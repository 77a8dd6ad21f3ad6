/** Technician booking's refunds: asked for once, decided by an operator, done when the provider says so. */
import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { detailAnswer, refundAnswer } from './booking-answers.ts';
import { type Customer, customerOf, payAtAlipay } from './customer.ts';
import { completeOrder, decideOnRefund } from './operator-desk.ts';
import { refusal, seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const ASKED = '已发起退款申请，请耐心等待';
const NOT_PAID = '该订单不存在或未支付';

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

async function orderStatus(customer: Customer, orderId: string): Promise<number | undefined> {
  return detailAnswer.parse((await customer.detail(orderId)).json).data?.status;
}

async function refundStatuses(orderId: string): Promise<unknown[]> {
  const { results } = await env.DB.prepare('SELECT status FROM refunds WHERE order_no = ?1 ORDER BY id')
    .bind(orderId)
    .all();
  return results.map(({ status }) => status);
}

test('is asked for, approved, given back, and then the order says so', async () => {
  const customer = newCustomer();
  const { orderId, slip } = await customer.paidOrder();
  const asked = refundAnswer.parse((await customer.refund(orderId)).json);
  expect(asked.data).toMatchObject({ payment_id: slip.payment_id, pay_amount: 19_600, status: 0 });
  expect(shop.alipay.ledger.refundedFen(slip.payment_id)).toBe(0);
  expect(await orderStatus(customer, orderId)).toBe(1);
  expect(seen(await customer.refund(orderId))).toEqual(refusal(429, ASKED));

  await decideOnRefund(orderId, 'approve');
  expect(shop.alipay.ledger.refundedFen(slip.payment_id)).toBe(19_600);
  expect(await orderStatus(customer, orderId)).toBe(3);
  expect(await refundStatuses(orderId)).toEqual(['succeeded']);
  expect(seen(await customer.refund(orderId))).toEqual(refusal(429, ASKED));
  expect(seen(await customer.pay(orderId))).toEqual(refusal(429, '该订单已支付成功，请勿重复支付'));
});

test('is not done before the provider says so', async () => {
  const customer = newCustomer();
  const { orderId, slip } = await customer.paidOrder();
  await customer.refund(orderId);
  shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'before', kind: 'timeout' });
  await decideOnRefund(orderId, 'approve');
  expect(await orderStatus(customer, orderId)).toBe(1);
  expect(await refundStatuses(orderId)).toEqual(['processing']);
  shop.pass(60_000);
  await shop.cron();
  expect(await orderStatus(customer, orderId)).toBe(3);
  expect(shop.alipay.ledger.refundedFen(slip.payment_id)).toBe(19_600);
});

test('moves the money once, though the answer was lost', async () => {
  const customer = newCustomer();
  const { orderId, slip } = await customer.paidOrder();
  await customer.refund(orderId);
  shop.alipay.faults.plan({ method: 'alipay.trade.refund', when: 'after', kind: 'reset' });
  await decideOnRefund(orderId, 'approve');
  expect(await orderStatus(customer, orderId)).toBe(1);
  shop.pass(60_000);
  await shop.cron();
  expect(await orderStatus(customer, orderId)).toBe(3);
  expect(shop.alipay.ledger.refundedFen(slip.payment_id)).toBe(19_600);
});

test('that an operator rejected may be asked for again', async () => {
  const customer = newCustomer();
  const { orderId } = await customer.paidOrder();
  const first = refundAnswer.parse((await customer.refund(orderId)).json).data;
  await decideOnRefund(orderId, 'reject');
  expect(await orderStatus(customer, orderId)).toBe(1);
  const second = refundAnswer.parse((await customer.refund(orderId)).json).data;
  expect(second.id).toBeGreaterThan(first.id);
  expect(await refundStatuses(orderId)).toEqual(['rejected', 'requested']);
});

test('of a completed booking is possible too', async () => {
  const customer = newCustomer();
  const { orderId } = await customer.paidOrder();
  await completeOrder(orderId);
  expect(refundAnswer.parse((await customer.refund(orderId)).json).data.status).toBe(0);
  await decideOnRefund(orderId, 'approve');
  expect(await orderStatus(customer, orderId)).toBe(3);
});

test('asked for twenty times at once is asked for once', async () => {
  const customer = newCustomer();
  const { orderId } = await customer.paidOrder();
  const answers = await Promise.all(Array.from({ length: 20 }, () => customer.refund(orderId)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  const refused = answers.filter(({ status }) => status !== 200).map(seen);
  expect(refused).toEqual(Array.from({ length: 19 }, () => refusal(429, ASKED)));
  expect(await refundStatuses(orderId)).toEqual(['requested']);
});

test('takes a form as well', async () => {
  const customer = newCustomer();
  const { orderId } = await customer.paidOrder();
  const received = await customer.send('/V1/order/pay/refund/', {
    body: `order_id=${orderId}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
  expect(refundAnswer.parse(received.json).data.order_id).toBe(orderId);
});

test.each(['2022112200000000000000', 'nope', '\u0000', "' OR 1=1 --", '订单'])(
  'of what is no order: %j',
  async (orderId) => {
    const before = await rowCounts();
    expect(seen(await newCustomer().refund(orderId))).toEqual(refusal(404, NOT_PAID));
    expect(await rowCounts()).toEqual(before);
  },
);

test('of an order that was not paid: new, with an open slip, or run out', async () => {
  const customer = newCustomer();
  const orderId = await customer.newOrder();
  expect(seen(await customer.refund(orderId))).toEqual(refusal(404, NOT_PAID));
  await customer.newSlip(orderId);
  expect(seen(await customer.refund(orderId))).toEqual(refusal(404, NOT_PAID));
  shop.pass(1_800_000);
  expect(seen(await customer.refund(orderId))).toEqual(refusal(404, NOT_PAID));
  await shop.cron();
  expect(seen(await customer.refund(orderId))).toEqual(refusal(404, NOT_PAID));
});

test('goes by itself where the shop has said so', async () => {
  const auto = await openShop({ vars: { REFUND_APPROVAL: 'auto' } });
  const customer = customerOf(auto);
  const orderId = await customer.newOrder();
  const slip = await customer.newSlip(orderId);
  payAtAlipay(auto, slip);
  await auto.deliverNotifications();
  expect(refundAnswer.parse((await customer.refund(orderId)).json).data.status).toBe(0);
  expect(await orderStatus(customer, orderId)).toBe(3);
  expect(auto.alipay.ledger.refundedFen(slip.payment_id)).toBe(19_600);
});
