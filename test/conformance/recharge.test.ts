/** Recharge as its document prints it: every call's example, to the byte, with the demo rows; and the call to pay. */
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import {
  type Id,
  orderOf,
  payAtAlipay,
  payAtWechat,
  type RechargeCaller,
  rechargeCaller,
  rechargeOperator,
} from '../harness/recharge.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import * as answers from './recharge-answers.ts';
import * as examples from './recharge-examples.ts';
import { refusal } from './recharge-refusal.ts';
import { seen } from './refusal.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const PRINTED_AT_MS = Date.parse('2024-03-15T10:00:00Z');

let shop: Shop;
let customer: RechargeCaller;
let operator: RechargeCaller;
beforeAll(async () => {
  shop = await openShop();
  shop.pass(PRINTED_AT_MS - Date.now());
  customer = rechargeCaller(shop);
  operator = rechargeOperator(shop);
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

/** Sends a body as it is printed. */
function send(who: RechargeCaller, path: string, body: string, method = 'POST'): Promise<Received> {
  return who.send(path, { method, body, headers: JSON_TYPE });
}

/** Holds an answer against the printed one, to the byte. */
function expectPrinted(received: Received, printed: object): void {
  expect([received.status, received.headers.get('content-type'), received.text]).toEqual([
    200,
    'application/json',
    JSON.stringify(printed),
  ]);
}

const shown = async (id: Id) => answers.orderAnswer.parse((await customer.detail(id)).json).data;

/** An order as the document creates one, or of two, that an operator has recorded a payment for. */
async function paid(body: string): Promise<number> {
  const { id } = orderOf(await send(customer, '/create', body));
  expect((await operator.payment(id, `PAY-${id}`)).status).toBe(200);
  return id;
}

/** The same, that somebody recharges. */
async function recharging(body: string): Promise<number> {
  const id = await paid(body);
  expect((await operator.recharge(id)).status).toBe(200);
  return id;
}

test('an order that is created, shown, listed, and paid for', async () => {
  const created = await send(customer, '/create', examples.CREATE);
  answers.orderAnswer.parse(created.json);
  const { id, orderNo } = orderOf(created);
  expect(orderNo).toMatch(/^ORD20240315\d{14}$/);
  const data = { ...examples.SHOWN.data, id, order_number: orderNo };
  expectPrinted(created, { ...examples.SHOWN, data });
  expectPrinted(await customer.detail(id), { ...examples.SHOWN, data });
  expectPrinted(await operator.detail(id), { ...examples.SHOWN, data });

  const listed = await customer.list();
  answers.listAnswer.parse(listed.json);
  expectPrinted(listed, { ...examples.LISTED, data: { total: 1, items: [data] } });
  const filters = '?customer_id=456&status=pending_payment&start_time=2024-03-15T10:00:00Z&page=1&page_size=10';
  expectPrinted(await customer.list(filters), { ...examples.LISTED, data: { total: 1, items: [data] } });

  const payment = await send(operator, `/${id}/payment`, examples.PAYMENT);
  answers.doneAnswer.parse(payment.json);
  expectPrinted(payment, examples.DONE);
  expect(await shown(id)).toEqual({ ...data, status: 'pending_recharge' });
});

describe('a paid order', () => {
  test('is moved to recharging by its status', async () => {
    const id = await paid(examples.CREATE);
    expectPrinted(await send(operator, `/${id}/status`, examples.STATUS, 'PUT'), examples.DONE);
    expect((await shown(id)).status).toBe('recharging');
  });

  test('is handed to a supplier, and succeeds', async () => {
    const id = await paid(examples.CREATE);
    expectPrinted(await send(operator, `/${id}/recharge`, examples.RECHARGE), examples.DONE);
    expect((await shown(id)).status).toBe('recharging');
    expectPrinted(await send(operator, `/${id}/success`, examples.SUCCESS), examples.DONE);
    expect((await shown(id)).status).toBe('success');
  });

  test('fails', async () => {
    const id = await recharging(examples.CREATE);
    expectPrinted(await send(operator, `/${id}/fail`, examples.FAIL), examples.DONE);
    expect((await shown(id)).status).toBe('failed');
  });

  test('is refunded', async () => {
    const id = await paid(examples.CREATE);
    expectPrinted(await send(operator, `/${id}/refund`, examples.REFUND), examples.DONE);
    expect((await shown(id)).status).toBe('refunded');
  });

  test('is split: two parts, because the printed answer shows two', async () => {
    const id = await paid(examples.CREATE_TWO);
    const one = await send(operator, `/${id}/split`, examples.SPLIT_IN_ONE);
    expect(seen(one)).toEqual(refusal(1001, 'split_orders 必须是 2 到 50 个部分的数组'));
    const split = await send(operator, `/${id}/split`, examples.SPLIT);
    const { split_order_ids } = answers.splitAnswer.parse(split.json).data;
    expectPrinted(split, { ...examples.SPLIT_OFF, data: { split_order_ids } });
    const { data } = examples.SHOWN;
    for (const part of split_order_ids) {
      const { order_number } = await shown(part);
      expect(await shown(part)).toEqual({ ...data, id: part, order_number, status: 'pending_recharge' });
    }
    expect(split_order_ids.toSorted((a, b) => a - b)).toEqual(split_order_ids);
    expect((await shown(id)).status).toBe('split');
  });

  test('is recharged in part', async () => {
    const id = await recharging(examples.CREATE_TWO);
    expectPrinted(await send(operator, `/${id}/partial`, examples.PARTIAL), examples.DONE);
    expect((await shown(id)).status).toBe('partial');
  });
});

test('an order that is cancelled, by its customer or by an operator', async () => {
  for (const who of [customer, operator]) {
    const { id } = orderOf(await send(customer, '/create', examples.CREATE));
    expectPrinted(await send(who, `/${id}/cancel`, examples.CANCEL), examples.DONE);
    expect((await shown(id)).status).toBe('cancelled');
  }
});

describe('POST /api/v1/order/:id/pay', () => {
  beforeEach(() => shop.pass(1000));

  test.each([
    ['without a body', undefined],
    ['with an empty one', {}],
  ])('at Alipay, %s: an order string, signed for the order', async (_what, body) => {
    const { id, orderNo } = await customer.newOrder();
    const received = await customer.pay(id, body);
    const { payment_id, order_str } = answers.orderStringAnswer.parse(received.json).data;
    expect(payment_id).toBe(`${orderNo}0001`);
    const parameters = new URLSearchParams(order_str);
    const content: unknown = JSON.parse(parameters.get('biz_content') ?? '');
    expect(content).toMatchObject({ out_trade_no: payment_id, total_amount: '100.00', subject: '话费充值100元' });
    payAtAlipay(shop, order_str);
    await shop.deliverNotifications();
    expect((await shown(id)).status).toBe('pending_recharge');
  });

  test('at Alipay, to be scanned: a code', async () => {
    const { id, orderNo } = await customer.newOrder();
    const received = await customer.pay(id, { scene: 'qr' });
    const { payment_id, qr_code } = answers.alipayCodeAnswer.parse(received.json).data;
    expectPrinted(received, { ...examples.DONE, data: { payment_id: `${orderNo}0001`, qr_code } });
    expect(payment_id).toBe(`${orderNo}0001`);
    expect(shop.alipay.scan(qr_code).ok).toBe(true);
    await shop.deliverNotifications();
    expect((await shown(id)).status).toBe('pending_recharge');
  });

  test.each([
    ['without a body', undefined],
    ['with a scene', { scene: 'qr' }],
  ])('at WeChat, %s: a code', async (_what, body) => {
    const { id, orderNo } = await customer.newOrder({ payment_method: 'wechat' });
    const received = await customer.pay(id, body);
    const { payment_id, code_url } = answers.wechatCodeAnswer.parse(received.json).data;
    expectPrinted(received, { ...examples.DONE, data: { payment_id: `${orderNo}0001`, code_url } });
    expect(payment_id).toBe(`${orderNo}0001`);
    payAtWechat(shop, code_url);
    await shop.deliverNotifications();
    expect(await shown(id)).toMatchObject({ status: 'pending_recharge', payment_method: 'wechat' });
  });
});
