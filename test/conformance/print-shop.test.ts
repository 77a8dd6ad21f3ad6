/** The print shop as its document prints it: every call's example, to the byte, with the demo rows. */
import { beforeAll, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { orderOf, payAtWechat, type PrintCustomer, printCustomer } from '../harness/print.ts';
import { openShop, type Received, type Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';
import * as answers from './print-shop-answers.ts';
import * as examples from './print-shop-examples.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

let shop: Shop;
let customer: PrintCustomer;
beforeAll(async () => {
  shop = await openShop();
  customer = printCustomer(shop);
  at(examples.SHOWN.info.orderDate);
});

/** Moves the clock to a moment that the document prints. */
function at(time: string): void {
  shop.pass(Number(time) - Date.now());
}

/** Holds an answer against the printed one, to the byte. */
function expectPrinted(received: Received, printed: object): void {
  expect([received.status, received.headers.get('content-type'), received.text]).toEqual([
    200,
    'application/json',
    JSON.stringify(printed),
  ]);
}

test('the printed list', async () => {
  const reader = printCustomer(shop, 'reader');
  const [printed] = examples.LISTED.info;
  const file = { ...examples.WANTED_IN_DETAIL.files[0], side: 1, startPage: 1, endPage: 1 };
  const mono = { ...file, color: 'mono', fileName: '申报指南.docx' };
  const orderID = await reader.newPaidOrder({ money: 55, files: [file, mono] });
  const listed = await reader.info('?limits=10&page=1&type=ALL');
  expect(answers.listAnswer.parse(listed.json).info).toHaveLength(1);
  expectPrinted(listed, { result: 'OK', info: [{ ...printed, orderID, money: 55 }] });
});

test('the printed order costs its printed 25 fen, and is cancelled', async () => {
  const verified = await customer.send('/order/verify', {
    method: 'POST',
    body: examples.VERIFY,
    headers: JSON_TYPE,
  });
  answers.verifiedAnswer.parse(verified.json);
  const orderID = orderOf(verified);
  expectPrinted(verified, { ...examples.VERIFIED, info: { ...examples.VERIFIED.info, orderID } });
  expect(answers.detailAnswer.parse((await customer.detail(orderID)).json).info).toMatchObject({
    money: 25,
    settle: [{ size: 'A4', caliper: '70g', color: 'mono', side: 1, unit: 25, count: 1 }],
  });

  const cancelled = await customer.cancel(orderID);
  expect([cancelled.status, cancelled.text]).toEqual([200, examples.CANCELLED]);
  expect(await customer.stateOf(orderID)).toBe('CANCEL');
});

test('the printed detail, of an order that is paid, and then printed', async () => {
  const { info: printed } = examples.SHOWN;
  const [file] = examples.WANTED_IN_DETAIL.files;
  // With one page on each face, its figures are those of the rule: three faces are a double sheet and a single one.
  const files = [{ ...file, col: 1 }];
  const orderID = await customer.newOrder({ ...examples.WANTED_IN_DETAIL, files, money: printed.money });
  const expected = { ...printed, orderID, payway: 'WXPAY', files: [{ ...printed.files[0], col: 1 }] };

  at(printed.payDate);
  payAtWechat(shop, await customer.newCode(orderID));
  await shop.deliverNotifications();
  const paid = await customer.detail(orderID);
  answers.detailAnswer.parse(paid.json);
  expectPrinted(paid, { result: 'OK', info: { ...expected, printDate: null } });

  at(printed.printDate);
  await operatorOf(shop).post(`/orders/${orderID}/fulfilment`, { to: 'fulfilled' });
  const done = await customer.detail(orderID);
  answers.detailAnswer.parse(done.json);
  expectPrinted(done, { result: 'OK', info: { ...expected, state: 'PRINTED' } });
  expect(await checkBooks(shop, 'any_time')).toEqual([]);
});

test('the printed detail with the fields that it shows costs what the rule says of them', async () => {
  const orderID = await customer.newOrder({ ...examples.WANTED_IN_DETAIL, money: 50 });
  expect(answers.detailAnswer.parse((await customer.detail(orderID)).json).info).toMatchObject({
    money: 50,
    files: examples.SHOWN.info.files,
    settle: [examples.SHOWN.info.settle[0]],
  });
});

test('the printed counts, in the order of the document', async () => {
  const reader = printCustomer(shop, 'counter');
  await reader.newOrder();
  const counted = await reader.amount();
  expect(answers.amountAnswer.parse(counted.json).info.ALL).toBe(1);
  expectPrinted(counted, { result: 'OK', info: { ALL: 1, PAYING: 1, PAID: 0, PRINTED: 0, FINISH: 0, REFUND: 0 } });
});
