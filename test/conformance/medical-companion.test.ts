/** The medical companion as its document prints it: every call's example, to the byte, with the demo rows. */
import { createPublicKey, verify } from 'node:crypto';
import { env } from 'cloudflare:workers';
import { beforeAll, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { type CompanionCustomer, companionCustomer, orderOf, payAtWechat, ticketOf } from '../harness/companion.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import * as answers from './medical-companion-answers.ts';
import * as examples from './medical-companion-examples.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

let shop: Shop;
let customer: CompanionCustomer;
beforeAll(async () => {
  // The document pays in the minute in which an order of half an hour would have run out.
  shop = await openShop({ vars: { ORDER_TTL_SECONDS: '3600' } });
  customer = companionCustomer(shop);
});

/** Moves the clock to a moment that the document prints. */
function at(time: string): void {
  shop.pass(Date.parse(time) - Date.now());
}

/** Sends a body as it is printed. */
function post(path: string, body: string): Promise<Received> {
  return customer.send(path, { method: 'POST', body, headers: JSON_TYPE });
}

/** Holds an answer against the printed one, to the byte. */
function expectPrinted(received: Received, printed: object): void {
  expect([received.status, received.headers.get('content-type'), received.text]).toEqual([
    200,
    'application/json',
    JSON.stringify(printed),
  ]);
}

test('an order that is submitted, listed, paid, shown, and wanted back', async () => {
  at('2024-01-01T12:00:00Z');
  const submitted = await post('/submit', examples.SUBMIT);
  answers.submittedAnswer.parse(submitted.json);
  const { orderId, orderNo } = orderOf(submitted);
  expectPrinted(submitted, { ...examples.SUBMITTED, data: { ...examples.SUBMITTED.data, orderId, orderNo } });

  const listed = await customer.send('/list?userId=1&status=pending_pay&page=1&pageSize=10');
  answers.listAnswer.parse(listed.json);
  const [printedOrder] = examples.LISTED.data.list;
  expectPrinted(listed, {
    ...examples.LISTED,
    data: { ...examples.LISTED.data, list: [{ ...printedOrder, id: orderId, orderNo }], total: 1 },
  });

  at('2024-01-01T12:30:00Z');
  const started = await post(`/pay/${orderId}`, examples.PAY);
  answers.startedAnswer.parse(started.json);
  const paymentParams = ticketOf(started);
  const { data: printed } = examples.STARTED;
  expect(Object.keys(paymentParams)).toEqual(Object.keys(printed.paymentParams));
  expectPrinted(started, { ...examples.STARTED, data: { ...printed, orderId, orderNo, paymentParams } });

  payAtWechat(shop, paymentParams);
  await shop.deliverNotifications();
  const shown = await customer.detail(orderId);
  answers.detailAnswer.parse(shown.json);
  const { transactionId } = shop.wechatPay.ledger.trade(`${orderNo}0001`) ?? {};
  const { data } = examples.SHOWN;
  expectPrinted(shown, {
    ...examples.SHOWN,
    data: { ...data, id: orderId, orderNo, paymentInfo: { ...data.paymentInfo, transactionId } },
  });

  const asked = await post(`/refund/${orderId}`, examples.REFUND);
  const { refundId } = answers.refundAnswer.parse(asked.json).data;
  expectPrinted(asked, { ...examples.REFUND_ASKED, data: { ...examples.REFUND_ASKED.data, refundId } });
  const asking = answers.detailAnswer.parse((await customer.detail(orderId)).json).data.refundInfo;
  expect(asking).toEqual({
    refundId,
    refundAmount: 299,
    refundReason: '服务不满意',
    status: 'pending',
    refundedAt: null,
  });
  expect(await checkBooks(shop, 'any_time')).toEqual([]);
});

test('an order that is cancelled', async () => {
  const { orderId } = orderOf(await post('/submit', examples.SUBMIT));
  const cancelled = await post(`/cancel/${orderId}`, examples.CANCEL);
  answers.cancelledAnswer.parse(cancelled.json);
  expect([cancelled.status, cancelled.text]).toEqual([200, examples.CANCELLED]);
});

test('what WeChat is opened with is signed by the merchant just now, over the lines that WeChat reads', async () => {
  const ticket = await customer.newTicket((await customer.newOrder()).orderId);
  expect(ticket).toMatchObject({
    appId: env.WECHAT_APP_ID,
    timeStamp: String(Math.floor(Date.now() / 1000)),
    signType: 'RSA',
  });
  const lines = `${ticket.appId}\n${ticket.timeStamp}\n${ticket.nonceStr}\n${ticket.package}\n`;
  const merchantKey = createPublicKey(env.SANDBOX_WECHAT_MERCHANT_PUBLIC_KEY);
  expect(verify('RSA-SHA256', Buffer.from(lines), merchantKey, Buffer.from(ticket.paySign, 'base64'))).toBe(true);
});
