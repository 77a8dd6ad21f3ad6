/** The medical companion's cancelling: only what waits to be paid, and only after the provider was asked. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { checkBooks } from '../harness/check-books.ts';
import { type CompanionCustomer, payAtWechat } from '../harness/companion.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';
import * as examples from './medical-companion-examples.ts';
import { newCustomer } from './medical-companion-people.ts';
import { refusal } from './medical-companion-refusal.ts';
import { cancelOrder, completeOrder, decideOnRefund } from './operator-desk.ts';
import { seen } from './refusal.ts';
import { rowCounts } from './row-counts.ts';

const ORDER_TTL_MS = 1_800_000;
const NOT_PENDING = refusal(409, '订单状态不正确，只有待支付的订单可以取消');
const JSON_TYPE = { 'content-type': 'application/json' };

let shop: Shop;
let customer: CompanionCustomer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  customer = await newCustomer(shop);
});
afterEach(async () => {
  shop.wechatPay.faults.heal();
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const history = z.object({
  log: z.array(z.object({ type: z.string(), actor: z.string(), reason: z.string().nullable() })),
});
/** The last line of an order's log, as operators read it. */
async function lastLine(orderNo: string) {
  return history.parse((await operatorOf(shop).get(`/orders/${orderNo}`)).json).log.at(-1);
}

describe('the reason', () => {
  test.each<[string, unknown, string]>([
    ['a sentence', { reason: '个人原因取消' }, '个人原因取消'],
    ['500 characters, each of them two units long', { reason: '😀'.repeat(500) }, '😀'.repeat(500)],
    ['lines', { reason: 'a\r\nb\tc' }, 'a\r\nb\tc'],
    ['markup and quotes', { reason: `<script>'"` }, `<script>'"`],
  ])('is kept in the log: %s', async (_what, body, reason) => {
    const { orderId, orderNo } = await customer.newOrder();
    const received = await customer.send(`/cancel/${orderId}`, { body });
    expect([received.status, received.text]).toEqual([200, examples.CANCELLED]);
    expect(await lastLine(orderNo)).toEqual({ type: 'order_cancelled', actor: `user:${customer.userId}`, reason });
    expect(await customer.statusOf(orderId)).toBe('cancelled');
  });

  test.each<[string, object]>([
    ['without a body', { method: 'POST' }],
    ['with a content type and no body', { method: 'POST', headers: JSON_TYPE, body: '' }],
    ['with an empty object', { body: {} }],
    ['with an empty reason', { body: { reason: '' } }],
    ['with a blank reason', { body: { reason: ' \n' } }],
  ])('may be left out: %s', async (_what, sent) => {
    const { orderId, orderNo } = await customer.newOrder();
    const received = await customer.send(`/cancel/${orderId}`, sent);
    expect([received.status, received.text]).toEqual([200, examples.CANCELLED]);
    expect((await lastLine(orderNo))?.reason).toBeNull();
  });
});

describe('an order that does not wait to be paid', () => {
  const STATES: Readonly<Record<string, () => Promise<{ orderId: number; orderNo: string }>>> = {
    cancelled: async () => {
      const order = await customer.newOrder();
      await customer.cancel(order.orderId);
      return order;
    },
    'cancelled by an operator': async () => {
      const order = await customer.newOrder();
      await cancelOrder(order.orderNo);
      return order;
    },
    'run out': async () => {
      const order = await customer.newOrder();
      shop.pass(ORDER_TTL_MS);
      await shop.cron();
      return order;
    },
    paid: () => customer.newPaidOrder(),
    completed: async () => {
      const order = await customer.newPaidOrder();
      await completeOrder(order.orderNo);
      return order;
    },
    refunded: async () => {
      const order = await customer.newPaidOrder();
      await customer.newRefund(order.orderId, 299);
      await decideOnRefund(order.orderNo, 'approve');
      shop.pass(60_000);
      await shop.cron();
      return order;
    },
  };

  test.each(Object.entries(STATES))('%s', async (_state, make) => {
    const { orderId } = await make();
    const status = await customer.statusOf(orderId);
    const before = await rowCounts();
    expect(seen(await customer.cancel(orderId, { reason: 'x' }))).toEqual(NOT_PENDING);
    expect(seen(await customer.cancel(orderId))).toEqual(NOT_PENDING);
    expect(await rowCounts()).toEqual(before);
    expect(await customer.statusOf(orderId)).toBe(status);
  });
});

test('an order whose time is up, and which no cron has moved, still waits: it can be cancelled', async () => {
  const { orderId } = await customer.newOrder();
  shop.pass(ORDER_TTL_MS);
  expect(await customer.statusOf(orderId)).toBe('pending_pay');
  expect((await customer.cancel(orderId)).text).toBe(examples.CANCELLED);
  await shop.cron();
  expect(await customer.statusOf(orderId)).toBe('cancelled');
});

test('what was handed out is closed at WeChat before', async () => {
  const { orderId, orderNo } = await customer.newOrder();
  const ticket = await customer.newTicket(orderId);
  expect((await customer.cancel(orderId)).status).toBe(200);
  expect(shop.wechatPay.ledger.trade(`${orderNo}0001`)?.closedBy).toBe('merchant');
  expect(shop.wechatPay.pay(ticket)).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
});

test('an order that was paid unheard is paid, not cancelled', async () => {
  const { orderId } = await customer.newOrder();
  payAtWechat(shop, await customer.newTicket(orderId));
  shop.wechatPay.takeNotifications();
  expect(seen(await customer.cancel(orderId))).toEqual(NOT_PENDING);
  expect(await customer.statusOf(orderId)).toBe('paid');
});

test('while WeChat does not answer, nothing is cancelled', async () => {
  const { orderId } = await customer.newOrder();
  await customer.newTicket(orderId);
  const before = await rowCounts();
  shop.wechatPay.faults.plan({ method: 'wechat.query', when: 'before', kind: 'timeout' });
  expect(seen(await customer.cancel(orderId, { reason: '个人原因取消' }))).toEqual(
    refusal(502, '支付渠道暂时不可用，请稍后重试', 5),
  );
  expect(await rowCounts()).toEqual(before);
  expect(await customer.statusOf(orderId)).toBe('pending_pay');
  expect((await customer.cancel(orderId, { reason: '个人原因取消' })).status).toBe(200);
});

test('twenty at once cancel once', async () => {
  const { orderId, orderNo } = await customer.newOrder();
  const answers = await Promise.all(Array.from({ length: 20 }, () => customer.cancel(orderId, { reason: 'x' })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  for (const answer of answers.filter(({ status }) => status !== 200)) expect(seen(answer)).toEqual(NOT_PENDING);
  const { log } = history.parse((await operatorOf(shop).get(`/orders/${orderNo}`)).json);
  expect(log.map(({ type }) => type)).toEqual(['order_placed', 'order_cancelled']);
});
