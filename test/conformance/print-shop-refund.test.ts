/** Money back at the print shop: asked for before it is printed, decided by operators, and what stands in its way. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkBooks } from '../harness/check-books.ts';
import { newPrintCustomer, type PrintCustomer } from '../harness/print.ts';
import { openShop, type Shop } from '../harness/shop.ts';
import { operatorOf } from './admin-operator.ts';
import { detailAnswer, doneAnswer } from './print-shop-answers.ts';
import { decide, finish, print } from './print-shop-desk.ts';
import { refusal } from './print-shop-refusal.ts';
import { seen } from './refusal.ts';
import { rowCounts, rowsAsText } from './row-counts.ts';

const NOT_PAID = refusal('只有已支付且未打印的订单可以退款');
const PRINTED = refusal('已打印的订单不可退款');
const ASKED = refusal('订单已申请退款，请勿重复申请');
const NOT_UNPAID = refusal('只有待支付的订单可以取消');

let shop: Shop;
let customer: PrintCustomer;
beforeAll(async () => {
  shop = await openShop({ limits: 'off' });
  shop.wechatPay.refunds.setCourse('at_once');
  customer = newPrintCustomer(shop);
});
afterEach(async () => {
  const violations = await checkBooks(shop, 'any_time');
  if (violations.length > 0) throw new Error(violations.join('\n'));
});

const movedFen = (orderID: string) => {
  const { ledger } = shop.wechatPay;
  return [ledger.capturedFen(`${orderID}0001`), ledger.refundedFen(`${orderID}0001`)];
};

describe('a paid order', () => {
  test('asked for, it waits for an operator; approved, the money goes back', async () => {
    const orderID = await customer.newPaidOrder();
    const asked = await customer.refund(orderID);
    doneAnswer.parse(asked.json);
    expect(asked.text).toBe('{"result":"OK"}');
    expect([await customer.stateOf(orderID), movedFen(orderID)]).toEqual(['REFUNDING', [25, 0]]);
    await decide(shop, orderID, 'approve');
    expect([await customer.stateOf(orderID), movedFen(orderID)]).toEqual(['REFUNDED', [25, 25]]);
    expect(detailAnswer.parse((await customer.detail(orderID)).json).info).toMatchObject({
      state: 'REFUNDED',
      payway: 'WXPAY',
      printDate: null,
    });
  });

  test('rejected, it is paid again, can be printed, and the money stays', async () => {
    const orderID = await customer.newPaidOrder();
    await customer.refund(orderID);
    await decide(shop, orderID, 'reject');
    expect([await customer.stateOf(orderID), movedFen(orderID)]).toEqual(['PAID', [25, 0]]);
    await print(shop, orderID);
    expect(await customer.stateOf(orderID)).toBe('PRINTED');
  });

  test('rejected, it may be asked for again', async () => {
    const orderID = await customer.newPaidOrder();
    await customer.refund(orderID);
    await decide(shop, orderID, 'reject');
    expect((await customer.refund(orderID)).text).toBe('{"result":"OK"}');
    await decide(shop, orderID, 'approve');
    expect(movedFen(orderID)).toEqual([25, 25]);
  });

  test('where refunds need no approval, it goes back at once', async () => {
    const auto = await openShop({ limits: 'off', vars: { REFUND_APPROVAL: 'auto' } });
    auto.wechatPay.refunds.setCourse('at_once');
    const somebody = newPrintCustomer(auto);
    const orderID = await somebody.newPaidOrder();
    await somebody.refund(orderID);
    expect(await somebody.stateOf(orderID)).toBe('REFUNDED');
  });

  test('while the provider takes its time, it is on its way', async () => {
    const orderID = await customer.newPaidOrder();
    await customer.refund(orderID);
    shop.wechatPay.refunds.setCourse('when_told');
    await decide(shop, orderID, 'approve');
    expect(await customer.stateOf(orderID)).toBe('REFUNDING');
    shop.wechatPay.refunds.setCourse('at_once');
  });

  test('twenty at once are one', async () => {
    const orderID = await customer.newPaidOrder();
    const received = await Promise.all(Array.from({ length: 20 }, () => customer.refund(orderID)));
    const done = received.filter(({ text }) => text === '{"result":"OK"}');
    expect(done).toHaveLength(1);
    for (const one of received.filter((each) => !done.includes(each))) expect(seen(one)).toEqual(ASKED);
  });

  test('why somebody wants it back lies sealed, and an operator reads it', async () => {
    const orderID = await customer.newPaidOrder();
    await customer.refund(orderID, '我叫密名丁，\n不要了');
    expect((await rowsAsText()).filter((row) => row.includes('密名丁'))).toEqual([]);
    const history = await operatorOf(shop).get(`/orders/${orderID}`);
    expect(history.json).toMatchObject({ refunds: [{ reason: '我叫密名丁，\n不要了', amountFen: 25 }] });
  });
});

describe('is refused', () => {
  test('in every other state, and nothing is written', async () => {
    const paying = await customer.newOrder();
    const cancelled = await customer.newOrder();
    await customer.cancel(cancelled);
    const printed = await customer.newPaidOrder();
    await print(shop, printed);
    const finished = await customer.newPaidOrder();
    await print(shop, finished);
    await finish(shop, finished);
    const refunding = await customer.newPaidOrder();
    await customer.refund(refunding);
    const refunded = await customer.newPaidOrder();
    await customer.refund(refunded);
    await decide(shop, refunded, 'approve');
    const before = await rowCounts();
    expect(seen(await customer.refund(paying))).toEqual(NOT_PAID);
    expect(seen(await customer.refund(cancelled))).toEqual(NOT_PAID);
    expect(seen(await customer.refund(printed))).toEqual(PRINTED);
    expect(seen(await customer.refund(finished))).toEqual(PRINTED);
    expect(seen(await customer.refund(refunding))).toEqual(ASKED);
    expect(seen(await customer.refund(refunded))).toEqual(ASKED);
    expect(await rowCounts()).toEqual(before);
  });

  test.each<[string, unknown, string]>([
    ['none', undefined, 'reason 不能为空'],
    ['an empty one', '', 'reason 必须是 1 到 500 个字符的文本，不含控制字符'],
    ['blanks', ' \n\u3000', 'reason 不能为空'],
    ['null', null, 'reason 必须是 1 到 500 个字符的文本，不含控制字符'],
    ['a number', 1, 'reason 必须是 1 到 500 个字符的文本，不含控制字符'],
    ['501 characters', '啊'.repeat(501), 'reason 必须是 1 到 500 个字符的文本，不含控制字符'],
    ['a control character', 'a\u0000', 'reason 必须是 1 到 500 个字符的文本，不含控制字符'],
    ['half a pair', 'a\uD83D', 'reason 必须是 1 到 500 个字符的文本，不含控制字符'],
  ])('with %s for a reason', async (_what, reason, words) => {
    const orderID = await customer.newPaidOrder();
    const before = await rowCounts();
    const received = await customer.send('/order/refund', { body: { orderID, reason } });
    expect(seen(received)).toEqual(refusal(words));
    expect(await rowCounts()).toEqual(before);
  });

  test('500 characters are a reason, an emoji is one of them', async () => {
    expect((await customer.refund(await customer.newPaidOrder(), '😀'.repeat(500))).text).toBe('{"result":"OK"}');
  });
});

describe('operators', () => {
  test('print what is paid and finish what is printed, and nothing else', async () => {
    const operator = operatorOf(shop);
    const to = async (orderID: string, target: string) =>
      (await operator.post(`/orders/${orderID}/fulfilment`, { to: target })).status;
    const paying = await customer.newOrder();
    const paid = await customer.newPaidOrder();
    for (const target of ['fulfilled', 'completed']) expect(await to(paying, target)).toBe(409);
    for (const target of ['completed', 'in_progress', 'failed', 'partially_fulfilled']) {
      expect(await to(paid, target)).toBeGreaterThanOrEqual(400);
    }
    expect(await to(paid, 'fulfilled')).toBe(200);
    expect(await customer.stateOf(paid)).toBe('PRINTED');
    expect(await to(paid, 'fulfilled')).toBe(409);
    const printDate = String(Date.now());
    shop.pass(60_000);
    expect(await to(paid, 'completed')).toBe(200);
    expect(await to(paid, 'completed')).toBe(409);
    const { state, printDate: shown } = detailAnswer.parse((await customer.detail(paid)).json).info;
    expect([state, shown]).toEqual(['FINISH', printDate]);
  });

  test('do not print what is on its way back', async () => {
    const orderID = await customer.newPaidOrder();
    await customer.refund(orderID);
    expect((await operatorOf(shop).post(`/orders/${orderID}/fulfilment`, { to: 'fulfilled' })).status).toBe(409);
    expect(await customer.stateOf(orderID)).toBe('REFUNDING');
  });

  test('give no money back for what is printed', async () => {
    const orderID = await customer.newPaidOrder();
    await print(shop, orderID);
    const asked = await operatorOf(shop).post(`/orders/${orderID}/refunds`, { amountFen: 25, reason: 'x' });
    expect(asked.status).toBe(409);
    expect(await customer.stateOf(orderID)).toBe('PRINTED');
  });

  test('give back a part, and the order is paid; the customer can have the rest', async () => {
    const orderID = await customer.newPaidOrder();
    const asked = await operatorOf(shop).post(`/orders/${orderID}/refunds`, { amountFen: 5, reason: '少印一面' });
    expect(asked.status).toBe(200);
    expect([await customer.stateOf(orderID), movedFen(orderID)]).toEqual(['PAID', [25, 5]]);
    await customer.refund(orderID);
    await decide(shop, orderID, 'approve');
    expect([await customer.stateOf(orderID), movedFen(orderID)]).toEqual(['REFUNDED', [25, 25]]);
  });
});

describe('cancelling', () => {
  test('ends what is not paid, and its code with it', async () => {
    const orderID = await customer.newOrder();
    const code = await customer.newCode(orderID);
    const cancelled = await customer.cancel(orderID);
    doneAnswer.parse(cancelled.json);
    expect(cancelled.text).toBe('{"result":"OK"}');
    expect(await customer.stateOf(orderID)).toBe('CANCEL');
    expect(shop.wechatPay.pay(code)).toMatchObject({ ok: false, code: 'ORDER_CLOSED' });
  });

  test('is refused in every other state', async () => {
    const cancelled = await customer.newOrder();
    await customer.cancel(cancelled);
    const paid = await customer.newPaidOrder();
    const printed = await customer.newPaidOrder();
    await print(shop, printed);
    const refunding = await customer.newPaidOrder();
    await customer.refund(refunding);
    const before = await rowCounts();
    for (const orderID of [cancelled, paid, printed, refunding]) {
      expect(seen(await customer.cancel(orderID))).toEqual(NOT_UNPAID);
    }
    expect(await rowCounts()).toEqual(before);
  });

  test('finds what was paid unheard: then the order is paid', async () => {
    const orderID = await customer.newOrder();
    const outcome = shop.wechatPay.pay(await customer.newCode(orderID));
    expect(outcome.ok).toBe(true);
    shop.wechatPay.takeNotifications();
    expect(seen(await customer.cancel(orderID))).toEqual(NOT_UNPAID);
    expect(await customer.stateOf(orderID)).toBe('PAID');
  });

  test('waits for a provider that does not answer', async () => {
    const orderID = await customer.newOrder();
    await customer.newCode(orderID);
    shop.wechatPay.faults.plan({ method: 'wechat.query', when: 'before', kind: 'timeout' });
    expect(seen(await customer.cancel(orderID))).toEqual(refusal('支付渠道暂时不可用，请稍后重试', 502, 5));
    expect(await customer.stateOf(orderID)).toBe('PAYING');
  });
});
