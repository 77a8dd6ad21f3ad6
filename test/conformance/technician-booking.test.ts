/** Technician booking as its document prints it: every call's example, key for key, with the demo rows. */
import { beforeAll, expect, test } from 'vitest';
import type * as z from 'zod';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import * as answers from './booking-answers.ts';
import * as examples from './booking-examples.ts';
import { type Customer, customerOf, payAtAlipay } from './customer.ts';
import { refusal, seen } from './refusal.ts';

const OURS = 'https://orders.example/V1/order';

let shop: Shop;
let customer: Customer;
beforeAll(async () => {
  shop = await openShop();
  customer = customerOf(shop, '50373883813');
});

/** Moves the clock to a moment that the document prints. */
function at(time: string): void {
  shop.pass(Date.parse(time) - Date.now());
}

/** Every key with its path, in the order in which it was written; the rows of a list by their first. */
function keysOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.slice(0, 1).flatMap((one) => keysOf(one, `${path}[]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) => [`${path}.${key}`, ...keysOf(below, `${path}.${key}`)]);
}

/** Holds an answer against the printed one: status, type, keys in their order; gives it back, checked by its schema. */
function read<Schema extends z.ZodType>(
  received: Received,
  status: number,
  schema: Schema,
  printed: object,
): z.output<Schema> {
  expect([received.status, received.headers.get('content-type')]).toEqual([status, 'application/json']);
  expect(keysOf(received.json)).toEqual(keysOf(printed));
  return schema.parse(received.json);
}

test('the list, with the two orders of the document, run out', async () => {
  at('2022-11-22T02:46:45.000Z');
  const second = await customer.newOrder({ service_id: 3, order_duration: 5 });
  at('2022-11-22T02:55:36.000Z');
  const first = await customer.newOrder({ pay_type: 2 });
  at('2022-11-22T03:25:36.000Z');
  const list = read(await customer.list('/?page=1&order_type=5'), 200, answers.listAnswer, examples.LISTED);
  const [printedFirst, printedSecond] = examples.LISTED.data.data;
  const ids = list.data.data.map(({ id }) => id);
  expect(list).toEqual({
    ...examples.LISTED,
    data: {
      ...examples.LISTED.data,
      data: [
        { ...printedFirst, id: ids[0], order_id: first, order_duration: 2 },
        { ...printedSecond, id: ids[1], order_id: second, order_duration: 5 },
      ],
      first_page_url: `${OURS}?page=1`,
      path: OURS,
    },
  });
});

test('an empty list', async () => {
  const list = await customer.list('?order_type=4&page=3');
  expect(list.text).toBe(
    JSON.stringify({
      data: {
        current_page: 3,
        data: [],
        first_page_url: `${OURS}?page=1`,
        from: null,
        next_page_url: null,
        path: OURS,
        per_page: '10',
        prev_page_url: `${OURS}?page=2`,
        to: null,
      },
      code: 0,
      message: '',
    }),
  );
});

test('an order by itself', async () => {
  at('2022-11-22T02:46:45.000Z');
  const orderId = await customer.newOrder({ service_id: 3, order_duration: 5 });
  const shown = read(await customer.detail(orderId), 200, answers.detailAnswer, examples.SHOWN);
  expect(shown).toEqual({
    ...examples.SHOWN,
    data: {
      ...examples.SHOWN.data,
      id: shown.data?.id,
      order_id: orderId,
      order_duration: 5,
      expire_at: '2022-11-22T03:16:45.000000Z',
    },
  });
});

test('an order that is placed, paid, and wanted back', async () => {
  at('2022-11-22T08:26:08.000Z');
  const placed = read(await customer.place(), 201, answers.placedAnswer, examples.PLACED);
  const { order_id: orderId, id } = placed.data;
  expect(placed).toEqual({ ...examples.PLACED, data: { ...examples.PLACED.data, order_id: orderId, id } });

  const started = read(await customer.pay(orderId), 200, answers.startedAnswer, examples.STARTED);
  expect(started).toEqual({ ...examples.STARTED, data: started.data });
  expect(started.data.payment_id.slice(0, -4)).toBe(orderId);

  payAtAlipay(shop, started.data);
  await shop.deliverNotifications();
  at('2022-11-22T08:34:07.000Z');
  const asked = read(await customer.refund(orderId), 200, answers.refundAnswer, examples.REFUND_ASKED);
  expect(asked).toEqual({
    ...examples.REFUND_ASKED,
    data: {
      ...examples.REFUND_ASKED.data,
      order_id: orderId,
      payment_id: started.data.payment_id,
      pay_type: 1,
      id: asked.data.id,
    },
  });

  expect(seen(await customer.remove(orderId))).toEqual(refusal(404, '只有未支付可以删除'));
});

test('an order whose payment is given up, and which is deleted', async () => {
  const orderId = await customer.newOrder();
  const slip = await customer.newSlip(orderId);
  const cancelled = await customer.cancelPayment(slip.payment_id);
  expect(read(cancelled, 200, answers.cancelledAnswer, examples.CANCELLED)).toEqual(examples.CANCELLED);
  const removed = await customer.remove(orderId);
  expect(read(removed, 200, answers.removedAnswer, examples.REMOVED)).toEqual(examples.REMOVED);
});

test('the order string asks for the same as the printed one, and ends when the slip does', async () => {
  at('2022-11-22T08:37:20.000Z');
  const orderId = await customer.newOrder();
  const { payment_id: paymentId, order_str: orderString } = await customer.newSlip(orderId);
  const { biz_content: content, sign, ...parameters } = Object.fromEntries(new URLSearchParams(orderString));
  expect(parameters).toEqual({
    app_id: '2021003133619168',
    method: 'alipay.trade.app.pay',
    format: 'JSON',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: '2022-11-22 16:37:20',
    version: '1.0',
    notify_url: 'https://orders.example/callback/alipay',
  });
  expect(JSON.parse(content ?? '')).toEqual({
    subject: '1号技师的项目二',
    out_trade_no: paymentId,
    total_amount: '196.00',
    product_code: 'QUICK_MSECURITY_PAY',
    time_expire: '2022-11-22 16:39:20',
  });
  expect(sign).toMatch(/^[A-Za-z0-9+/]{342}==$/);
  expect(shop.alipay.openCashier(orderString)).toMatchObject({ ok: true, standing: 'payable' });
});
